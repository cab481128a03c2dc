"""Logs that are no plain files, and plain ones that are moved, cleared or cannot be had."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, Suite, wait_until

LINES = "".join(f"line {n}\n" for n in range(2000))
PRINTS = "sh -c 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; exec cat'"


def start_on(suite: Suite, fd: int) -> None:
    """As Suite.start(), with `fd` for standard output and error."""
    suite.keeper = subprocess.Popen([BIN / "supervisord", "-c", suite.conf], stdin=subprocess.DEVNULL, stdout=fd, stderr=fd,
                                    cwd=suite.directory)
    os.close(fd)


def read_until(fd: int, size: int) -> str:
    got = b""
    while len(got) < size:
        got += os.read(fd, 65536)
    return got.decode()


KINDS = ["pipe", "terminal", "file", "appended"]
CASES = [(kind, target, "1KB", False) for kind in KINDS for target in ("/dev/stdout", "/dev/stderr", "/dev/fd/1")]
CASES += [("pipe", "/dev/stdout", "0", False)] + [(kind, "/dev/stdout", "1KB", True) for kind in KINDS]


@pytest.mark.parametrize(("kind", "target", "maxbytes", "tapped"), CASES)
def test_inherited_output_takes_every_line_and_is_never_rotated(suite: Suite, kind: str, target: str, maxbytes: str,
                                                                tapped: bool) -> None:
    suite.configure(f"[program:a]\ncommand={PRINTS}\nstartsecs=0\nstdout_logfile={target}\nstdout_logfile_maxbytes={maxbytes}\n"
                    f"stdout_capture_maxbytes={int(tapped)}\n")
    out = suite.directory / "out"
    if kind == "pipe":
        reader, writer = os.pipe()
        start_on(suite, writer)
        assert read_until(reader, len(LINES)) == LINES
    elif kind == "terminal":
        reader, writer = pty.openpty()
        start_on(suite, writer)
        assert read_until(reader, len(LINES) + LINES.count("\n")).replace("\r\n", "\n") == LINES
    else:
        more = os.O_APPEND if kind == "appended" else 0
        start_on(suite, os.open(out, os.O_WRONLY | os.O_CREAT | more, 0o600))
        wait_until(lambda: len(out.read_text()) >= len(LINES), "all lines are there")
        assert out.read_text() == LINES
        assert not Path(f"{out}.1").exists()
    wait_until(lambda: suite.state("a") == "RUNNING", "a runs")
    assert not suite.log_lines("ERRO|CRIT .*log")


def test_fifo_waits_for_its_reader(suite: Suite) -> None:
    fifo = suite.directory / "fifo"
    os.mkfifo(fifo)
    suite.configure(f"[program:a]\ncommand={PRINTS}\nstartsecs=0\nstdout_logfile={fifo}\n")
    suite.start()
    suite.wait_state("a", "RUNNING")
    with fifo.open("rb", buffering=0) as reader:
        assert read_until(reader.fileno(), len(LINES)) == LINES


def test_usr2_opens_logs_by_their_names(suite: Suite) -> None:
    log = suite.directory / "a.log"
    suite.configure(f"[program:a]\ncommand=cat\nstartsecs=0\nstdout_logfile={log}\n[program:b]\ncommand={BIN}/test_writer b steady\n"
                    f"startsecs=0\nstdout_logfile={suite.directory}/b.log\n")
    suite.start()
    suite.wait_state("b", "RUNNING")
    moved = suite.directory / "b.moved"
    (suite.directory / "b.log").rename(moved)
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGUSR2)
    wait_until(lambda: suite.log_lines("supervisord logreopen"), "logs are reopened")
    wait_until(lambda: (suite.directory / "b.log").exists() and (suite.directory / "b.log").stat().st_size > 1000, "b goes on in the new file")
    suite.ctl("stop", "b")
    lines = (moved.read_text() + (suite.directory / "b.log").read_text()).splitlines()
    assert [int(line.split()[1]) for line in lines[:-1]] == list(range(len(lines) - 1))


def test_output_waits_for_a_missing_directory(suite: Suite) -> None:
    gone = suite.directory / "gone"
    gone.mkdir()
    suite.configure(f"[program:a]\ncommand=sh -c 'echo kept; exec cat'\nstartsecs=0\nautostart=false\nstdout_logfile={gone}/a.log\n")
    suite.start()
    for path in gone.iterdir():
        path.unlink()
    gone.rmdir()
    suite.ctl("start", "a")
    suite.wait_state("a", "RUNNING")
    assert len(suite.log_lines(r"CRIT cannot open log: .*gone/a\.log.*ENOENT")) == 1
    gone.mkdir()
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGUSR2)
    wait_until(lambda: (gone / "a.log").exists() and (gone / "a.log").read_text() == "kept\n", "what waited is there")


def test_a_stopped_process_log_can_be_read_and_cleared(suite: Suite) -> None:
    log = suite.directory / "a.log"
    suite.configure(f"[program:a]\ncommand=sh -c 'echo 0123456789; exec cat'\nstartsecs=0\nstdout_logfile={log}\n")
    suite.start()
    wait_until(lambda: log.exists() and log.read_text() == "0123456789\n", "it has printed")
    suite.ctl("stop", "a")
    assert suite.ctl("tail", "-4", "a").stdout == "789\n\n"
    assert suite.ctl("tail", "-1000", "a").stdout == "0123456789\n\n"
    assert suite.ctl("clear", "a").stdout == "a: cleared\n"
    assert log.read_text() == ""


def test_output_that_is_not_utf8_is_kept_and_shown_as_it_is(suite: Suite) -> None:
    log = suite.directory / "a.log"
    printed = b"ok \xc3\xa9 \xff\xfe \x1b[1m end\n"
    (suite.directory / "text").write_bytes(printed)
    suite.configure(f"[program:a]\ncommand=sh -c 'cat {suite.directory}/text; exec cat'\nstartsecs=0\nstdout_logfile={log}\n")
    suite.start()
    wait_until(lambda: log.exists() and log.read_bytes() == printed, "it has printed")
    tail = subprocess.run([BIN / "supervisorctl", "-c", suite.conf, "tail", "a"], capture_output=True, timeout=30, check=True)
    assert tail.stdout.startswith(printed)


def test_taps_change_what_is_logged_over_the_daemons_death(suite: Suite) -> None:
    log = suite.directory / "a.log"
    script = suite.directory / "a.sh"
    script.write_text(r"""printf 'red\nhalf <!--XSUPERVISOR:BEG'
while [ ! -e go ]; do sleep 0.05; done
printf 'IN-->event<!--XSUPERVISOR:END-->line\nopen <!--XSUPER'
""")
    suite.configure(f"[program:a]\ncommand=sh {script}\ndirectory={suite.directory}\nstartsecs=0\nautorestart=false\nstdout_logfile={log}\n"
                    "stdout_capture_maxbytes=1KB\n", "loglevel=debug")
    suite.start()
    wait_until(lambda: log.exists() and log.read_text() == "red\nhalf ", "the first half is there")
    assert suite.log_lines("DEBG 'a' stdout output:")
    suite.kill_daemon()
    (suite.directory / "go").touch()
    wait_until(lambda: log.read_text() == "red\nhalf line\nopen <!--XSUPER", "the rest is there")
    wait_until(lambda: suite.log_lines("DEBG 'a' stdout emitted a comm event"), "the event is told")
