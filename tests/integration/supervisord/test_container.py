"""supervisord as a container runtime starts and ends it: pid 1, all output inherited, no writable path."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import BIN, ROOT, Suite, children_of, needs_namespaces, wait_until

PID_1 = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
READ_ONLY = "findmnt -rno TARGET | while read m; do mount -o remount,bind,ro \"$m\" 2>/dev/null; done; ! touch /tmp/x /run/x 2>/dev/null && "


def start(suite: Suite, *, read_only: bool = False) -> None:
    """As pid 1 of a container whose standard output is a pipe that somebody collects into `terminal`."""
    command = f"{READ_ONLY if read_only else ''}exec {BIN}/supervisord -c {suite.conf}"
    with (suite.directory / "terminal").open("wb") as terminal:
        collector = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=terminal)
        suite.keeper = subprocess.Popen([*PID_1, "sh", "-c", command], stdin=subprocess.DEVNULL, stdout=collector.stdin,
                                        stderr=subprocess.STDOUT)
        assert collector.stdin is not None
        collector.stdin.close()


@pytest.fixture
def container(suite: Suite) -> Iterator[Suite]:
    yield suite
    if suite.keeper is not None and suite.keeper.poll() is None:
        suite.keeper.kill()  # --kill-child ends all that is inside
        suite.keeper.wait()


def signal_pid_1(suite: Suite, number: int) -> None:
    assert suite.keeper is not None
    (inside,) = children_of(suite.keeper.pid)
    subprocess.run(["kill", f"-{number}", str(inside)], check=True)


@needs_namespaces
@pytest.mark.parametrize(("number", "output"), [(signal.SIGTERM, "/dev/stdout"), (signal.SIGQUIT, "/dev/fd/1"), (signal.SIGINT, "/proc/self/fd/1")])
def test_output_is_the_containers_own_and_signals_end_it(container: Suite, number: int, output: str) -> None:
    container.conf.write_text(
        "[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=/run/supervisord.pid\nuser=root\n"
        f"[program:app]\ncommand=sh -c 'echo out; echo err >&2; exec cat'\nstartsecs=0\nstdout_logfile={output}\nstdout_logfile_maxbytes=0\n"
        "stderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n"
    )
    start(container, read_only=True)
    wait_until(lambda: "\nout\n" in "\n" + container.terminal() and "err\n" in container.terminal(), "all output is there")
    wait_until(lambda: "success: app entered RUNNING" in container.terminal(), "the main log is there")
    signal_pid_1(container, number)
    assert container.keeper is not None
    assert container.keeper.wait(timeout=15) == 0
    text = container.terminal()
    assert "CRIT could not write pidfile /run/supervisord.pid" in text
    assert f"received {signal.Signals(number).name} indicating exit request" in text
    assert "stopped: app (terminated by SIGTERM)" in text


@needs_namespaces
def test_logfile_is_dev_stdout_and_silent(container: Suite) -> None:
    container.conf.write_text(
        f"[supervisord]\nnodaemon=true\nsilent=true\nlogfile=/dev/stdout\nlogfile_maxbytes=0\npidfile={container.directory}/p.pid\nuser=root\n"
        "[program:app]\ncommand=cat\nstartsecs=0\n"
        "stdout_logfile=NONE\nstderr_logfile=NONE\n"
    )
    start(container)
    wait_until(lambda: "success: app entered RUNNING" in container.terminal(), "the main log is there")
    signal_pid_1(container, signal.SIGTERM)
    assert container.keeper is not None
    assert container.keeper.wait(timeout=15) == 0
    assert container.terminal().count("spawned: 'app'") == 1  # silent: no copy


def test_silent_in_the_foreground_says_nothing(suite: Suite) -> None:
    suite.configure("[program:app]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("app", "RUNNING")
    assert suite.stop() == 0
    assert suite.terminal() == ""


def test_example_of_the_container_is_accepted(suite: Suite) -> None:
    text = (ROOT / "etc/container/supervisord.conf").read_text()
    text = text.replace("/tmp/supervisor", f"{suite.directory}/supervisor").replace("/app", str(suite.directory))
    text = text.replace("command=asgi-worker main:app", "command=sh -c 'echo here; exec cat'")
    text = text.replace("tcp://0.0.0.0:8000", f"unix://{suite.directory}/app.sock")
    text = text.replace("ready_notification=notify_socket\n", "startsecs=0\n")
    suite.conf.write_text(text)
    suite.start()
    suite.wait_state("app", "RUNNING")
    wait_until(lambda: "here\n" in suite.terminal(), "its output is on standard output")
