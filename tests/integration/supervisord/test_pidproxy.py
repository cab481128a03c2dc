"""pidproxy: signals go to the process that the pid file names."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from conftest import BIN, is_alive, wait_until


def start(pidfile: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen([BIN / "pidproxy", pidfile, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def test_hands_signals_to_the_named_process_and_ends_at_term(tmp_path: Path) -> None:
    heard, pidfile = tmp_path / "heard", tmp_path / "pid"
    script = (f"echo $$ > {pidfile}; trap 'echo hup >> {heard}' HUP; trap 'echo term >> {heard}; exit 0' TERM; "
              f"echo ready >> {heard}; while :; do sleep 0.05; done")
    proxy = start(pidfile, "sh", "-c", script)
    wait_until(lambda: heard.exists() and "ready" in heard.read_text(), "the program is ready")
    program = int(pidfile.read_text())
    proxy.send_signal(signal.SIGHUP)
    wait_until(lambda: "hup" in heard.read_text(), "HUP has arrived")
    assert proxy.poll() is None
    proxy.send_signal(signal.SIGTERM)
    assert proxy.wait(timeout=10) == 0
    wait_until(lambda: "term" in heard.read_text(), "TERM has arrived")
    wait_until(lambda: not is_alive(program), "the program has ended")


def test_ends_when_its_command_ends(tmp_path: Path) -> None:
    assert start(tmp_path / "none", "true").wait(timeout=10) == 0


def test_pid_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    proxy = start(tmp_path / "none", "sh", "-c", f"touch {ready}; sleep 30")
    wait_until(ready.exists, "the command runs")
    proxy.send_signal(signal.SIGTERM)
    assert proxy.wait(timeout=10) == 0
    assert proxy.stdout is not None
    assert proxy.stdout.readline() == f"Can't read child pidfile {tmp_path}/none!\n"


def test_usage_error_ends_with_1() -> None:
    assert subprocess.run([BIN / "pidproxy"], stdout=subprocess.DEVNULL, check=False).returncode == 1
