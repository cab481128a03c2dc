"""supervisord as a whole: in the background, its pid file, its servers, a user's mistakes on the command line."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from conftest import BIN, Suite, is_alive, wait_until
from survival import free_port


def test_goes_to_the_background_and_ends_on_shutdown(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.conf.write_text(suite.conf.read_text().replace("nodaemon=true", "nodaemon=false"))
    started = subprocess.run([BIN / "supervisord", "-c", suite.conf], cwd=suite.directory, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=30, check=False)
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")
    wait_until(lambda: suite.state("cat") == "RUNNING", "it runs")
    pid = int((suite.directory / "supervisord.pid").read_text())
    assert suite.ctl("pid").stdout == f"{pid}\n"
    assert os.getsid(pid) == pid
    assert suite.ctl("shutdown").returncode == 0
    wait_until(lambda: not is_alive(pid), "the keeper has ended")
    assert not (suite.directory / "supervisord.pid").exists()


def test_tcp_server_asks_for_its_password(suite: Suite) -> None:
    port = free_port()
    suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=secret\n[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    url = ["-s", f"http://127.0.0.1:{port}"]
    run = lambda *words: subprocess.run([BIN / "ctl", *words, "status"], capture_output=True, text=True, stdin=subprocess.DEVNULL,  # noqa: E731
                                        timeout=30, check=False)
    assert "RUNNING" in run(*url, "-u", "me", "-p", "secret").stdout
    for wrong in (["-u", "me", "-p", "wrong"], []):
        answer = run(*url, *wrong)
        assert "RUNNING" not in answer.stdout
        assert answer.returncode != 0


def test_usr2_reopens_logs(suite: Suite) -> None:
    suite.configure(f"[program:w]\ncommand={BIN}/test_writer w steady\nstartsecs=0\nstdout_logfile={suite.directory}/w.log\n")
    suite.start()
    suite.wait_state("w", "RUNNING")
    log, moved = suite.directory / "w.log", suite.directory / "w.moved"
    wait_until(lambda: log.exists() and log.stat().st_size > 0, "it writes")
    log.rename(moved)
    suite.log.rename(suite.directory / "moved.log")
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGUSR2)
    wait_until(lambda: log.exists() and log.stat().st_size > 0, "it writes to the new file")
    assert suite.log_lines("supervisord logreopen")
    suite.ctl("stop", "w")
    lines = (moved.read_text() + log.read_text()).splitlines()
    assert [line.split()[1] for line in lines[:-1]] == [str(n) for n in range(len(lines) - 1)]


def test_usage_errors_are_supervisors(tmp_path: Path) -> None:
    for words, text in (
        (["--foo"], "option --foo not recognized"),
        (["-c"], "option -c requires argument"),
        (["-n", "x"], "positional arguments are not supported: ['x']"),
        (["-c", str(tmp_path / "none")], f"could not find config file {tmp_path}/none"),
    ):
        run = subprocess.run([BIN / "supervisord", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                             check=False)
        assert (run.returncode, run.stderr) == (2, f"Error: {text}\nFor help, use {BIN}/supervisord -h\n")


def test_version_is_printed() -> None:
    run = subprocess.run([BIN / "supervisord", "-v"], capture_output=True, text=True, timeout=30, check=True)
    assert run.stdout == "0.1.0\n"
