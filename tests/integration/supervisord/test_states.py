"""Supervisor's process life, row by row, with real processes: texts, counters, orders, and what update does to it."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, Suite, is_alive, wait_until

DEAF = "sh -c 'trap \"\" TERM; while :; do sleep 1; done'"


def order_of(suite: Suite, pattern: str) -> list[str]:
    """The names in quotes of the lines that match, in their order."""
    return [line.split("'")[1] for line in suite.log_lines(pattern)]


def test_failure_behind_the_fork_is_in_the_stderr_log_and_an_exit_with_127(suite: Suite) -> None:
    script = suite.directory / "noexec"
    script.write_bytes(b"\x7fno such format")
    script.chmod(0o755)
    suite.configure(f"[program:bad]\ncommand={script}\nstartretries=0\nstderr_logfile={suite.directory}/bad.err\n"
                    f"[program:lost]\ncommand=cat\ndirectory={suite.directory}/none\nstartretries=0\nstderr_logfile={suite.directory}/lost.err\n")
    suite.start()
    suite.wait_state("bad", "FATAL")
    suite.wait_state("lost", "FATAL")
    errors = (suite.directory / "bad.err").read_text()
    assert errors == f"supervisor: couldn't exec {script}: ENOEXEC\nsupervisor: child process was not spawned\n"
    errors = (suite.directory / "lost.err").read_text()
    assert errors == f"supervisor: couldn't chdir to {suite.directory}/none: ENOENT\nsupervisor: child process was not spawned\n"
    assert suite.log_lines(r"WARN exited: bad \(exit status 127; not expected\)")
    assert suite.log_lines(r"INFO gave up: bad entered FATAL state, too many start retries too quickly")
    assert suite.ctl("start", "bad").stdout == "bad: ERROR (spawn error)\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user first")
def test_user_that_cannot_be_had_without_root(open_suite: Suite) -> None:
    suite = open_suite
    suite.configure(f"[program:bad]\ncommand=cat\nuser=daemon\nstartretries=0\nstderr_logfile={suite.directory}/bad.err\n", "user=nobody")
    suite.start()
    suite.wait_state("bad", "FATAL")
    assert (suite.directory / "bad.err").read_text().startswith(
        "supervisor: couldn't setuid to 1: Can't drop privilege as nonroot user\nsupervisor: child process was not spawned\n")
    assert suite.log_lines("INFO Set uid to user 65534 succeeded")


def test_early_exit_ends_a_waiting_start_with_a_spawn_error(suite: Suite) -> None:
    suite.configure("[program:quick]\ncommand=true\nautostart=false\nstartretries=1\n")
    suite.start()
    assert suite.ctl("start", "quick").stdout == "quick: ERROR (spawn error)\n"
    assert suite.state("quick") in ("BACKOFF", "STARTING")  # it goes on in the background
    suite.wait_state("quick", "FATAL")
    assert suite.status()["quick"][1] == "Exited too quickly (process log may have details)"


@pytest.mark.parametrize("seconds", ["0", "-3"])
def test_startsecs_of_nothing_is_running_at_once(suite: Suite, seconds: str) -> None:
    suite.configure(f"[program:once]\ncommand=sh -c 'exit 3'\nstartsecs={seconds}\nautorestart=false\n")
    suite.start()
    suite.wait_state("once", "EXITED")
    assert suite.log_lines(rf"success: once entered RUNNING state, process has stayed up for > than {seconds} seconds \(startsecs\)")
    assert suite.log_lines(r"WARN exited: once \(exit status 3; not expected\)")


def test_backoff_is_left_by_stop_at_once(suite: Suite) -> None:
    suite.configure("[program:quick]\ncommand=false\nstartretries=100\n")
    suite.start()
    suite.wait_state("quick", "BACKOFF")
    assert suite.ctl("start", "quick").stdout == "quick: ERROR (already started)\n"
    wait_until(lambda: suite.state("quick") == "BACKOFF" and suite.ctl("stop", "quick").stdout == "quick: stopped\n", "it is stopped")
    assert suite.state("quick") == "STOPPED"


def test_stop_and_start_while_a_stop_is_in_progress(suite: Suite) -> None:
    suite.configure(f"[program:deaf]\ncommand={DEAF}\nstartsecs=0\nstopwaitsecs=3\nkillasgroup=true\n")
    suite.start()
    suite.wait_state("deaf", "RUNNING")
    with subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "stop", "deaf"], stdout=subprocess.PIPE, text=True) as first:
        suite.wait_state("deaf", "STOPPING")
        assert suite.ctl("stop", "deaf").stdout == "deaf: ERROR (not running)\n"
        assert suite.ctl("start", "deaf").stdout == "deaf: ERROR (abnormal termination)\n"
        assert suite.log_lines("WARN process 'deaf' already running")
        assert first.stdout is not None
        assert first.stdout.read() == "deaf: stopped\n"
    waiting = suite.log_lines("INFO waiting for deaf to stop")
    assert len(waiting) == 2  # at once, and 2 s later
    assert suite.log_lines(r"WARN killing 'deaf' \(\d+\) with SIGKILL")


def test_stop_log_level_follows_exitcodes(suite: Suite) -> None:
    suite.configure("[program:polite]\ncommand=sh -c 'trap \"exit 7\" TERM; while :; do sleep 0.1; done'\nstartsecs=0\nexitcodes=7\n"
                    "[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    wait_until(lambda: suite.state("polite") == "RUNNING" and suite.state("cat") == "RUNNING", "both run")
    suite.ctl("stop", "all")
    if not suite.log_lines(r"INFO stopped: polite \(exit status 7\)"):  # TERM came before its trap was set
        assert suite.log_lines(r"WARN stopped: polite \(terminated by SIGTERM\)")
    assert suite.log_lines(r"WARN stopped: cat \(terminated by SIGTERM\)")


def test_orders_of_autostart_start_stop_and_shutdown(suite: Suite) -> None:
    program = "[program:{}]\ncommand=cat\nstartsecs=0\npriority={}\n"
    suite.configure(program.format("late", 30) + program.format("early", 10) + program.format("b", 20) + program.format("a", 20)
                    + program.format("x", 5) + program.format("y", 1) + "[group:g]\nprograms=x,y\npriority=40\n")
    suite.start()
    wait_until(lambda: len(suite.log_lines("spawned: ")) == 6, "all are started")
    # by (priority, name) of the group; inside a group as listed, whatever the program's priority
    assert order_of(suite, "spawned: ") == ["early", "a", "b", "late", "x", "y"]
    suite.ctl("stop", "all")
    suite.ctl("start", "all")
    assert order_of(suite, "spawned: ")[6:] == ["early", "a", "b", "late", "y", "x"]  # by priority inside the group too
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGTERM)
    assert suite.keeper.wait(timeout=20) == 0
    stops = [line.split("stopped: ")[1].split()[0] for line in suite.log_lines("stopped: ")][6:]
    assert set(stops[:2]) == {"x", "y"} and stops[2] == "late" and set(stops[3:5]) == {"a", "b"} and stops[5] == "early"


def test_equal_priorities_stop_together(suite: Suite) -> None:
    suite.configure("".join(f"[program:d{n}]\ncommand={DEAF}\nstartsecs=0\nstopwaitsecs=2\nkillasgroup=true\n" for n in range(4)))
    suite.start()
    wait_until(lambda: all(suite.state(f"d{n}") == "RUNNING" for n in range(4)), "all run")
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGTERM)
    assert suite.keeper.wait(timeout=7) == 0  # one after the other would take 8
    assert suite.log_lines("INFO waiting for d0, d1, d2, d3 to die")


def test_nothing_is_started_again_once_all_is_going_down(suite: Suite) -> None:
    suite.configure(f"[program:deaf]\ncommand={DEAF}\nstartsecs=0\nstopwaitsecs=3\nkillasgroup=true\npriority=100\n"
                    "[program:cat]\ncommand=cat\nstartsecs=0\nautorestart=true\npriority=1\n")
    suite.start()
    wait_until(lambda: suite.state("deaf") == "RUNNING" and suite.state("cat") == "RUNNING", "both run")
    pid = suite.pid("cat")
    suite.ctl("shutdown")
    suite.wait_state("deaf", "STOPPING")
    os.kill(pid, signal.SIGKILL)
    assert suite.keeper is not None
    assert suite.keeper.wait(timeout=20) == 0
    assert order_of(suite, "spawned: 'cat'") == ["cat"]


def test_update_of_one_group_and_while_starts_are_in_progress(suite: Suite) -> None:
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n[program:b]\ncommand=cat\nstartsecs=0\n[program:slow]\ncommand=cat\nstartsecs=30\n")
    suite.start()
    wait_until(lambda: suite.state("a") == "RUNNING" and suite.state("b") == "RUNNING", "both run")
    a, b, slow = (suite.pid(name) for name in ("a", "b", "slow"))
    suite.configure("[program:a]\ncommand=cat -u\nstartsecs=0\n[program:b]\ncommand=cat -u\nstartsecs=0\n[program:slow]\ncommand=cat\nstartsecs=0\n")
    assert suite.ctl("update", "a").stdout.splitlines() == ["a: stopped", "a: updated process group"]
    assert suite.pid("b") == b and suite.pid("a") != a and suite.pid("slow") == slow
    with subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "restart", "slow"], stdout=subprocess.PIPE, text=True) as client:
        wait_until(lambda: suite.pid("slow") not in (0, slow), "it is being started")
        assert suite.state("slow") == "STARTING"
        assert sorted(suite.ctl("update").stdout.splitlines()) == sorted(
            ["b: stopped", "b: updated process group", "slow: stopped", "slow: updated process group"])
        assert client.stdout is not None
        assert "slow: ERROR" in client.stdout.read()
    assert suite.state("slow") == "RUNNING"


def test_update_of_a_group_in_backoff_leaves_it_stopped_first(suite: Suite) -> None:
    suite.configure("[program:quick]\ncommand=false\nstartretries=100\n")
    suite.start()
    suite.wait_state("quick", "BACKOFF")
    suite.configure("[program:quick]\ncommand=cat\nstartsecs=0\n")
    assert suite.ctl("update").stdout.splitlines() == ["quick: stopped", "quick: updated process group"]
    suite.wait_state("quick", "RUNNING")


def test_directory_and_umask_hold_in_the_foreground_too(suite: Suite) -> None:
    place = suite.directory / "place"
    place.mkdir()
    suite.configure("[program:p]\ncommand=sh -c 'pwd; umask; exec cat'\nstartsecs=0\n", f"directory={place}\numask=027")
    suite.start()
    wait_until(lambda: suite.ctl("tail", "p").stdout == f"{place}\n0027\n\n", "both are seen by the program")
    assert suite.log_lines(f"INFO set current directory: '{place}'")


def test_start_lines_are_supervisors(suite: Suite) -> None:
    suite.configure("")
    suite.start()
    lines = [line.split(" ", 2)[2] for line in suite.log.read_text().splitlines()]
    assert "INFO RPC interface 'supervisor' initialized" in lines
    assert "CRIT Server 'unix_http_server' running without any HTTP authentication checking" in lines
    assert suite.keeper is not None
    assert f"INFO supervisord started with pid {suite.keeper.pid}" in lines
    assert not suite.log_lines("daemonizing")
    assert is_alive(suite.keeper.pid)
