"""Programs' output on its way to files, and to ctl tail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conftest import BIN, Suite, wait_until


def test_rotation_keeps_whole_lines_and_every_one(suite: Suite) -> None:
    suite.configure(
        "[program:count]\ncommand=sh -c 'i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; exec cat'\nstartsecs=0\n"
        f"stdout_logfile={suite.directory}/count.log\nstdout_logfile_maxbytes=10KB\nstdout_logfile_backups=20\n"
    )
    suite.start()
    log = suite.directory / "count.log"
    files = lambda: [p for n in range(20, 0, -1) if (p := Path(f"{log}.{n}")).exists()] + [log]  # noqa: E731
    read = lambda: "".join(p.read_text() for p in files() if p.exists())  # noqa: E731
    wait_until(lambda: read().endswith("line 4999\n"), "all lines are there")
    assert read().splitlines() == [f"line {n}" for n in range(5000)]
    assert len(files()) >= 5
    for path in files():
        assert path.stat().st_size <= 10 * 1024 + 20
        assert path.read_text().endswith("\n")


def test_auto_log_is_made_and_removed_at_the_next_start(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=sh -c 'echo hello; exec cat'\nstartsecs=0\n")
    suite.start()
    wait_until(lambda: suite.ctl("tail", "cat").stdout == "hello\n\n", "tail shows it")
    made = list(suite.directory.glob("cat-stdout---supervisor-*.log"))
    assert len(made) == 1
    assert made[0].stat().st_mode & 0o777 == 0o600
    assert suite.stop() == 0
    suite.start()
    wait_until(lambda: suite.state("cat") == "RUNNING", "it runs again")
    assert made[0] not in suite.directory.glob("cat-stdout---supervisor-*.log")


def test_tail_f_goes_on_over_the_daemons_death(suite: Suite) -> None:
    suite.configure(f"[program:steady]\ncommand={BIN}/test_writer steady steady\nstartsecs=0\n"
                    f"stdout_logfile={suite.directory}/steady.log\n")
    suite.start()
    suite.wait_state("steady", "RUNNING")
    seen = suite.directory / "seen"
    with seen.open("wb") as out:
        tail = subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "tail", "-f", "steady"], stdin=subprocess.DEVNULL,
                                stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: len(seen.read_bytes()) > 10_000, "the tail runs")
        for _ in range(3):
            suite.kill_daemon()
            before = len(seen.read_bytes())
            wait_until(lambda: len(seen.read_bytes()) > before + 10_000, "the tail goes on")
    finally:
        tail.terminate()
        tail.wait(timeout=10)
    lines = seen.read_text().splitlines()
    assert lines[0] == "==> Press Ctrl-C to exit <=="
    numbers = [int(line.split()[1]) for line in lines[2:-1]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_log_that_cannot_be_opened_is_named_and_disturbs_nothing(suite: Suite) -> None:
    (suite.directory / "gone").mkdir()
    suite.configure(f"[program:a]\ncommand=sh -c 'echo a; exec cat'\nstartsecs=0\nstdout_logfile={suite.directory}/gone/a.log\n"
                    f"[program:b]\ncommand=sh -c 'echo b; exec cat'\nstartsecs=0\nstdout_logfile={suite.directory}/b.log\nautostart=true\n")
    suite.start()
    wait_until(lambda: suite.state("a") == "RUNNING", "a runs")
    suite.ctl("stop", "a")
    for path in (suite.directory / "gone").iterdir():
        path.unlink()
    (suite.directory / "gone").rmdir()
    suite.ctl("start", "a")
    suite.wait_state("a", "RUNNING")
    wait_until(lambda: suite.log_lines(r"CRIT .*gone/a\.log.*ENOENT"), "the line is there")
    assert suite.state("b") == "RUNNING"


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/stderr"])
def test_inherited_output_as_log(suite: Suite, target: str) -> None:
    suite.configure(f"[program:a]\ncommand=sh -c 'echo to the terminal; exec cat'\nstartsecs=0\nstdout_logfile={target}\n"
                    "stdout_logfile_maxbytes=0\n")
    suite.start()
    wait_until(lambda: "to the terminal\n" in suite.terminal(), "it is on the terminal")
