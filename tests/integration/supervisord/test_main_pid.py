"""MAINPID on the notify socket: a program that puts another process in its own place has not ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from conftest import Suite, is_alive, wait_until

# On USR2 it starts itself once more and names that one; on TERM the first ends with 7, which nobody is to see.
SUCCEEDED = '''
import contextlib, os, signal, socket, sys, time
def say(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one, contextlib.suppress(OSError):  # nobody there
        one.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1))
        one.send(text.encode())
def succeed(*_):
    pid = os.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, *sys.argv])
    say(f"MAINPID={pid}\\nSTATUS=named {pid}")
def foreign(*_):
    say("MAINPID=1\\nSTATUS=named 1")
signal.signal(signal.SIGUSR2, succeed)
signal.signal(signal.SIGUSR1, foreign)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
say("READY=1")
while True:
    time.sleep(100)
'''


@pytest.fixture
def program(suite: Suite) -> Suite:
    script = suite.directory / "succeeded.py"
    script.write_text(SUCCEEDED)
    suite.configure(f"[program:p]\ncommand=/usr/bin/python3 {script}\nready_notification=notify_socket\nstartsecs=0\nstopwaitsecs=30\n")
    suite.start()
    suite.wait_state("p", "RUNNING")
    return suite


def second(suite: Suite) -> int:
    """Its pid, once it is named."""
    os.kill(suite.pid("p"), signal.SIGUSR2)
    row = wait_until(lambda: "named" in (text := suite.status()["p"][1]) and text, "it is named")
    return int(str(row).split()[-1])


def test_program_goes_on_as_the_process_that_it_named(program: Suite) -> None:
    first, heir = program.pid("p"), second(program)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: program.pid("p") == heir, "the second one has its place")
    assert program.state("p") == "RUNNING"
    assert program.log_lines(f"'p' goes on with pid {heir}, in the place of {first}")
    assert not program.log_lines("exited: p")
    program.kill_daemon()
    assert program.pid("p") == heir
    os.kill(heir, signal.SIGTERM)
    wait_until(lambda: program.log_lines("exited: p .exit status 7; not expected"), "its end is an exit")


def test_stop_reaches_both(program: Suite) -> None:
    first, heir = program.pid("p"), second(program)
    assert program.ctl("stop", "p").stdout == "p: stopped\n"
    assert not is_alive(first) and not is_alive(heir)


def test_heir_is_found_again_when_all_else_was_killed(program: Suite) -> None:
    first, heir = program.pid("p"), second(program)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: program.pid("p") == heir, "the second one has its place")
    program.kill_keeper()
    program.start()
    assert program.pid("p") == heir
    assert program.ctl("stop", "p").stdout == "p: stopped\n"
    assert not is_alive(heir)


def test_process_of_somebody_else_is_not_followed(program: Suite) -> None:
    first = program.pid("p")
    os.kill(first, signal.SIGUSR1)
    wait_until(lambda: program.log_lines("'p:p' names pid 1 as its main process, which is none of its process group"), "it is refused")
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: program.log_lines("exited: p .exit status 7"), "its end is an exit")
