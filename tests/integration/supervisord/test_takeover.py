"""What a killed daemon, or a killed keeper, leaves to its successor."""

from __future__ import annotations

import os
import signal
import subprocess

from conftest import BIN, Suite, is_alive, wait_until


def test_exit_while_there_is_no_daemon_is_not_missed(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\nautorestart=false\nexitcodes=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    daemon = suite.daemon_pid()
    os.kill(daemon, signal.SIGSTOP)  # it hears of nothing
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), "the program is dead")
    os.kill(daemon, signal.SIGKILL)
    suite.wait_state("cat", "EXITED")
    assert suite.log_lines("exited: cat .terminated by SIGKILL; not expected")


def test_stop_in_progress_goes_on(suite: Suite) -> None:
    suite.configure("[program:deaf]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nstopwaitsecs=2\nstartsecs=0\n"
                    "killasgroup=true\n")
    suite.start()
    suite.wait_state("deaf", "RUNNING")
    pid = suite.pid("deaf")
    stop = subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "stop", "deaf"], stdout=subprocess.DEVNULL)
    suite.wait_state("deaf", "STOPPING")
    suite.kill_daemon()
    suite.wait_state("deaf", "STOPPED")
    stop.wait(timeout=30)
    assert not is_alive(pid)


def test_manual_stop_is_sticky(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    suite.ctl("stop", "cat")
    suite.kill_daemon()
    wait_until(lambda: suite.state("cat"), "ctl answers")
    assert suite.state("cat") == "STOPPED"


def test_keeper_and_daemon_killed_next_start_adopts(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n[program:off]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    suite.wait_state("off", "RUNNING")
    suite.ctl("stop", "off")
    pid = suite.pid("cat")
    assert suite.keeper is not None
    daemon = suite.daemon_pid()
    suite.keeper.kill()
    suite.keeper.wait()
    wait_until(lambda: not is_alive(daemon), "the daemon goes with the keeper")
    assert is_alive(pid)
    suite.start()
    assert suite.pid("cat") == pid
    assert suite.state("cat") == "RUNNING"
    assert suite.state("off") == "STOPPED"
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: suite.pid("cat") not in (0, pid), "its death is seen, and it is started again")


def test_broken_file_does_not_matter_to_a_successor(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    good = suite.conf.read_text()
    suite.conf.write_text(good + "stopsignal=NOPE\n")
    suite.kill_daemon()
    wait_until(lambda: suite.state("cat") == "RUNNING", "ctl answers")
    assert suite.pid("cat") == pid
    suite.conf.write_text(good)
