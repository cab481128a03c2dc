"""supervisord --check and echo_supervisord_conf: what they print, and that they start nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import BIN


def supervisord(*words: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "supervisord", *words], cwd=directory, capture_output=True, text=True, timeout=20, check=False)


def test_good_file_is_counted_and_nothing_is_left(tmp_path: Path) -> None:
    conf = tmp_path / "s.conf"
    conf.write_text("[unix_http_server]\nfile=s.sock\n[supervisord]\n[program:a]\ncommand=cat\nstartsec=5\n")
    check = supervisord("--check", "-c", str(conf), directory=tmp_path)
    assert check.returncode == 0
    assert check.stdout.splitlines() == [
        f"Warning: {conf}:6: [program:a] startsec: unknown option, ignored (did you mean startsecs?)",
        f"{conf}: 0 errors, 1 warning, 1 group, 1 process",
    ]
    assert check.stderr == ""
    assert list(tmp_path.iterdir()) == [conf]


def test_bad_file_has_all_its_errors_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "supervisord.conf").write_text("[supervisord]\nloglevel=loud\n[program:a]\nautostart=perhaps\n[nonsense]\n")
    check = supervisord("--check", directory=tmp_path)
    assert check.returncode == 2
    assert check.stdout == ""
    assert check.stderr.count("Error: supervisord.conf:") == 3
    assert "supervisord.conf:2: [supervisord] loglevel: bad logging level name 'loud'" in check.stderr
    assert "Warning: supervisord.conf:5: [nonsense]: unknown section, ignored" in check.stderr
    assert check.stderr.splitlines()[-1] == "supervisord.conf: 3 errors, 1 warning"


def test_command_line_counts_too(tmp_path: Path) -> None:
    (tmp_path / "s.conf").write_text("[supervisord]\n")
    check = supervisord("--check", "-c", "s.conf", "-e", "loud", directory=tmp_path)
    assert check.returncode == 2
    assert "Error: invalid value for -e 'loud': bad logging level name 'loud'" in check.stderr
    check = supervisord("--check", "-c", "s.conf", "--logl=loud", directory=tmp_path)
    assert "Error: invalid value for --loglevel 'loud': bad logging level name 'loud'" in check.stderr


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    check = supervisord("--check", "-c", "none.conf", directory=tmp_path)
    assert check.returncode == 2
    assert "Error: could not find config file none.conf" in check.stderr


def test_sample_passes_the_check(tmp_path: Path) -> None:
    sample = subprocess.run([BIN / "echo_supervisord_conf"], capture_output=True, text=True, timeout=20, check=True).stdout
    (tmp_path / "s.conf").write_text(sample)
    check = supervisord("--check", "-c", "s.conf", directory=tmp_path)
    assert (check.returncode, check.stdout, check.stderr) == (0, "s.conf: 0 errors, 0 warnings, 0 groups, 0 processes\n", "")


def test_limits_that_cannot_be_had_are_named(tmp_path: Path) -> None:
    (tmp_path / "s.conf").write_text("[supervisord]\nminfds=2000000000\n")  # above the kernel's own, also for root
    start = supervisord("-n", "-c", "s.conf", directory=tmp_path)
    assert start.returncode == 2
    assert "The minimum number of file descriptors required to run this process is 2000000000 as per the \"minfds\"" in start.stderr
