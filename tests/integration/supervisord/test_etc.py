"""The examples and units under etc/, as they are installed."""

from __future__ import annotations

import getpass
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, ROOT, Suite

UNITS = ("supervisord.service", "asgi-worker@.service", "asgi-worker@.socket")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_units_are_what_systemd_reads(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for path in ("etc/systemd/system", "usr/local/bin", "bin", "usr/lib/systemd/system"):
        (root / path).mkdir(parents=True)
    for program in ("usr/local/bin/asgi-worker", "usr/local/bin/supervisord", "usr/local/bin/supervisorctl", "bin/kill"):
        (root / program).write_bytes(b"")
        (root / program).chmod(0o755)
    for unit in UNITS:
        text = (ROOT / "etc/systemd" / unit).read_text().replace("@PREFIX@", "/usr/local")
        (root / "etc/systemd/system" / unit).write_text(text)
    names = [unit.replace("@.", "@myapp.") for unit in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", "--root", str(root), "--recursive-errors=no", "--man=no", *names],
                          capture_output=True, text=True, timeout=60, check=False)
    about_ours = [line for line in done.stderr.splitlines() if any(name in line for name in [*UNITS, *names])]
    assert about_ours == []
    assert done.returncode == 0, done.stderr


def test_program_file_is_a_good_configuration(suite: Suite) -> None:
    """With a user and directories that are here."""
    text = (ROOT / "etc/supervisor/conf.d/myapp.conf").read_text()
    text = text.replace("www-data", getpass.getuser()).replace("/var/log/myapp", str(suite.directory))
    suite.configure(text)
    checked = subprocess.run([BIN / "supervisord", "--check", "-c", suite.conf], capture_output=True, text=True, timeout=20, check=False)
    assert checked.stdout == f"{suite.conf}: 0 errors, 0 warnings, 1 group, 1 process\n", checked.stderr
