"""[supervisord] exit_on: a program's end is supervisord's, with its exit status."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from conftest import BIN, Suite, is_alive, needs_namespaces, wait_until

DEAF = "sh -c 'trap \"\" TERM; while :; do sleep 1; done'"
OTHER = "[program:other]\ncommand=cat\nstartsecs=0\n"


def end_of(suite: Suite, seconds: float = 30) -> int:
    assert suite.keeper is not None
    return suite.keeper.wait(timeout=seconds)


@pytest.mark.parametrize(
    ("exit_on", "program", "status"),
    [
        ("exit:job", "command=sh -c 'exit 3'\nstartsecs=0", 3),
        ("exit:job", "command=true\nstartsecs=0\nautorestart=true", 0),
        ("exit:job:job", "command=sh -c 'kill -9 $$'\nstartsecs=0", 137),
        ("exit:job", "command=sh -c 'exit 4'\nstartretries=0", 4),
        ("fatal", "command=sh -c 'exit 5'\nstartretries=1", 5),
        ("fatal:job", "command=/no/such/program\nstartretries=0", 1),
        ("fatal", "command=cat\ndirectory=/no/such\nstartretries=0", 127),
        ("fatal", "command=true\nstartretries=0", 1),
    ],
)
def test_ends_with_the_programs_status(suite: Suite, exit_on: str, program: str, status: int) -> None:
    suite.configure(f"[program:job]\n{program}\n{OTHER}", f"exit_on={exit_on}")
    suite.start(wait=False)
    assert end_of(suite) == status
    lines = suite.log_lines("exit_on ends supervisord with exit status")
    assert len(lines) == 1 and lines[0].endswith(f"with exit status {status}") and "WARN job entered " in lines[0]
    assert len(suite.log_lines("spawned: 'job'")) == (2 if "startretries=1" in program else 0 if "no/such" in program else 1)
    assert suite.log_lines(r"stopped: other \(terminated by SIGTERM\)")
    assert not (suite.directory / "supervisord.pid").exists()


def test_other_ends_and_stops_by_hand_do_not_count(suite: Suite) -> None:
    suite.configure("[program:job]\ncommand=cat\nstartsecs=0\n[program:quick]\ncommand=false\nstartretries=0\n" + OTHER, "exit_on=exit:job")
    suite.start()
    suite.wait_state("quick", "FATAL")
    assert suite.ctl("stop", "job").stdout == "job: stopped\n"
    assert suite.ctl("start", "job").stdout == "job: started\n"
    assert suite.keeper is not None
    assert suite.keeper.poll() is None
    os.kill(suite.pid("job"), signal.SIGTERM)
    assert end_of(suite) == 128 + signal.SIGTERM


def test_daemon_killed_in_the_middle_ends_it_all_the_same(suite: Suite) -> None:
    suite.configure(f"[program:job]\ncommand=sh -c 'read x; exit 6'\nstartsecs=0\n[program:deaf]\ncommand={DEAF}\nstartsecs=0\nstopwaitsecs=3\n"
                    "killasgroup=true\n", "exit_on=exit:job")
    suite.start()
    wait_until(lambda: suite.state("job") == "RUNNING" and suite.state("deaf") == "RUNNING", "both run")
    deaf = suite.pid("deaf")
    os.kill(suite.pid("job"), signal.SIGINT)
    suite.wait_state("deaf", "STOPPING")
    suite.kill_daemon()
    assert end_of(suite) == 128 + signal.SIGINT
    assert not is_alive(deaf)
    assert len(suite.log_lines("exit_on ends supervisord")) == 1


def test_exit_while_there_is_no_daemon(suite: Suite) -> None:
    suite.configure("[program:job]\ncommand=cat\nstartsecs=0\n" + OTHER, "exit_on=exit:job")
    suite.start()
    suite.wait_state("job", "RUNNING")
    daemon, job = suite.daemon_pid(), suite.pid("job")
    os.kill(daemon, signal.SIGSTOP)
    os.kill(job, signal.SIGKILL)
    wait_until(lambda: not is_alive(job), "the program is dead")
    os.kill(daemon, signal.SIGKILL)
    assert end_of(suite) == 137


@needs_namespaces
def test_as_pid_1(suite: Suite) -> None:
    suite.configure("[program:job]\ncommand=sh -c 'exit 9'\nstartsecs=0\n" + OTHER, "exit_on=exit:job")
    run = subprocess.run(["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child",
                          BIN / "supervisord", "-c", suite.conf], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert run.returncode == 9
