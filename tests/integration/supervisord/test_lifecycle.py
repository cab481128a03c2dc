"""Start, stop, restart, signals and exits of real programs, as ctl shows them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from conftest import Suite, is_alive, wait_until


def test_started_program_is_running_after_startsecs(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    assert suite.ctl("status", "cat").stdout.startswith(f"cat{' ' * 30}RUNNING   pid {pid}, uptime 0:00:0")
    assert suite.log_lines("success: cat entered RUNNING state, process has stayed up for > than 1 seconds")


def test_stop_start_restart_and_their_exit_statuses(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n[program:off]\ncommand=cat\nautostart=false\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    first = suite.pid("cat")

    stopped = suite.ctl("stop", "cat")
    assert (stopped.stdout, stopped.returncode) == ("cat: stopped\n", 0)
    assert not is_alive(first)
    status = suite.ctl("status")
    assert status.returncode == 3
    assert f"off{' ' * 30}STOPPED   Not started\n" in status.stdout

    again = suite.ctl("stop", "cat")
    assert (again.stdout, again.returncode) == ("cat: ERROR (not running)\n", 0)
    started = suite.ctl("start", "cat", "off")
    assert (started.stdout, started.returncode) == ("cat: started\noff: started\n", 0)
    already = suite.ctl("start", "cat")
    assert (already.stdout, already.returncode) == ("cat: ERROR (already started)\n", 0)
    restarted = suite.ctl("restart", "cat")
    assert (restarted.stdout, restarted.returncode) == ("cat: stopped\ncat: started\n", 0)
    assert suite.ctl("status").returncode == 0
    unknown = suite.ctl("start", "nope")
    assert (unknown.stdout, unknown.returncode) == ("nope: ERROR (no such process)\n", 1)


def test_killed_program_is_started_again(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    first = suite.pid("cat")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: suite.pid("cat") not in (0, first), "a successor runs")
    assert suite.log_lines(r"WARN exited: cat \(terminated by SIGKILL; not expected\)")


def test_expected_exit_is_final(suite: Suite) -> None:
    suite.configure('[program:two]\ncommand=sh -c "read x; exit 2"\nexitcodes=0,2\nstartsecs=0\n')
    suite.start()
    suite.wait_state("two", "RUNNING")
    os.kill(suite.pid("two"), signal.SIGKILL)  # by a signal: not expected, so it is started again
    wait_until(lambda: suite.log_lines("exited: two .terminated by SIGKILL; not expected"), "the kill is logged")
    suite.wait_state("two", "RUNNING")
    assert suite.ctl("signal", "TERM", "two").stdout == "two: signalled\n"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/no/such/program", "can't find command '/no/such/program'"),
        ("no-such-program", "can't find command 'no-such-program'"),
        ("/etc/passwd", "command at '/etc/passwd' is not executable"),
        ("/etc", "command at '/etc' is a directory"),
        ('sh "', "can't parse command 'sh \"': No closing quotation"),
    ],
)
def test_command_that_cannot_run_is_named(suite: Suite, command: str, text: str) -> None:
    suite.configure(f"[program:bad]\ncommand={command}\nstartretries=0\n[program:good]\ncommand=cat\n")
    suite.start()
    suite.wait_state("bad", "FATAL")
    assert suite.status()["bad"] == ("FATAL", text)
    assert suite.log_lines("spawnerr: " + text.replace("'", ".").replace('"', "."))
    suite.wait_state("good", "RUNNING")


def test_step_that_failed_in_the_child_is_named(suite: Suite, tmp_path: Path) -> None:
    suite.configure(f"[program:bad]\ncommand=cat\ndirectory={tmp_path}/missing\nstartretries=0\n")
    suite.start()
    suite.wait_state("bad", "FATAL")
    assert suite.status()["bad"][1] == f"couldn't chdir to {tmp_path}/missing: ENOENT"
    assert f"supervisor: couldn't chdir to {tmp_path}/missing: ENOENT" in suite.ctl("tail", "bad", "stderr").stdout


def test_program_that_exits_too_quickly_backs_off_and_gives_up(suite: Suite) -> None:
    suite.configure("[program:quick]\ncommand=true\nstartretries=1\n")
    suite.start()
    suite.wait_state("quick", "BACKOFF")
    assert suite.status()["quick"][1] == "Exited too quickly (process log may have details)"
    suite.wait_state("quick", "FATAL")
    assert len(suite.log_lines("spawned: 'quick'")) == 2
    assert suite.log_lines("gave up: quick entered FATAL state, too many start retries too quickly")


def test_stubborn_program_is_killed_after_stopwaitsecs(suite: Suite) -> None:
    suite.configure("[program:deaf]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nstopwaitsecs=1\n"
                    "startsecs=0\nkillasgroup=true\n")
    suite.start()
    suite.wait_state("deaf", "RUNNING")
    assert suite.ctl("stop", "deaf").stdout == "deaf: stopped\n"
    assert suite.log_lines(r"WARN killing 'deaf' \(\d+\) with SIGKILL")
    assert suite.log_lines(r"WARN stopped: deaf \(terminated by SIGKILL\)")


def test_groups_numprocs_and_environment(suite: Suite) -> None:
    suite.configure(
        "[program:web]\ncommand=sh -c 'echo $NAME $SUPERVISOR_PROCESS_NAME $SUPERVISOR_GROUP_NAME; exec cat'\n"
        "process_name=%(program_name)s_%(process_num)02d\nnumprocs=2\nstartsecs=0\n"
        'environment=NAME="number %(process_num)d"\n'
        "[group:site]\nprograms=web\n"
    )
    suite.start()
    wait_until(lambda: suite.state("site:web_01") == "RUNNING", "both run")
    wait_until(lambda: suite.ctl("tail", "site:web_01").stdout, "it has printed")
    assert suite.ctl("tail", "site:web_01").stdout == "number 1 web_01 site\n\n"
    assert sorted(suite.ctl("stop", "site:*").stdout.splitlines()) == ["site:web_00: stopped", "site:web_01: stopped"]


def test_ready_notification_holds_starting_until_ready(suite: Suite, tmp_path: Path) -> None:
    script = tmp_path / "ready.py"
    script.write_text(
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "a = os.environ['NOTIFY_SOCKET']\n"
        "a = '\\0' + a[1:] if a[0] == '@' else a\n"
        "sys.stdin.readline()\n"
        "s.sendto(b'READY=1\\nSTATUS=serving\\n', a)\n"
        "sys.stdin.read()\n"
    )
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    suite.configure(f"[program:app]\ncommand=sh -c 'exec python3 {script} < {fifo}'\nstartsecs=0\n"
                    "ready_notification=notify_socket\n")
    suite.start()
    with fifo.open("w") as go:
        suite.wait_state("app", "STARTING")
        suite.kill_daemon()
        assert suite.state("app") == "STARTING"
        go.write("go\n")
        go.flush()
        suite.wait_state("app", "RUNNING")
        assert suite.ctl("status").stdout.rstrip().endswith(", serving")


def test_not_ready_in_time_is_a_failed_start(suite: Suite) -> None:
    suite.configure("[program:app]\ncommand=cat\nready_notification=notify_socket\nready_timeout=1\nstartretries=0\n")
    suite.start()
    suite.wait_state("app", "FATAL")
    assert suite.status()["app"][1] == "Not ready within 1 seconds (ready_timeout)"


def test_shutdown_ends_everything_with_status_0(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    assert suite.ctl("shutdown").stdout == "Shut down\n"
    assert suite.keeper is not None
    assert suite.keeper.wait(timeout=20) == 0
    assert not is_alive(pid)
    left = {path.name for path in suite.directory.iterdir()}
    assert left & {"s.sock", "supervisord.pid", "supervisord.d"} == set()
