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


def kill_both(suite: Suite) -> None:
    """kill -9 of the keeper, whose daemon goes with it."""
    assert suite.keeper is not None
    daemon = suite.daemon_pid()
    suite.keeper.kill()
    suite.keeper.wait()
    wait_until(lambda: not is_alive(daemon), "the daemon goes with the keeper")


def test_keeper_killed_several_programs_each_in_its_state(suite: Suite) -> None:
    """Some run on, some end while nobody is there: by themselves, or by a signal."""
    go = suite.directory / "go"
    suite.configure(
        "".join(f"[program:runs{n}]\ncommand=cat\nstartsecs=0\n" for n in range(5))
        + f"[program:ends]\ncommand=sh -c 'while ! test -e {go}; do sleep 0.01; done; exit 3'\nstartsecs=0\nautorestart=false\n"
        "[program:killed]\ncommand=cat\nstartsecs=0\nautorestart=true\n"
        "[program:done]\ncommand=true\nstartsecs=0\nautorestart=false\n")
    suite.start()
    for name in [*(f"runs{n}" for n in range(5)), "ends", "killed"]:
        suite.wait_state(name, "RUNNING")
    suite.wait_state("done", "EXITED")
    pids = {name: suite.pid(name) for name in suite.status() if name != "done"}
    kill_both(suite)
    go.touch()
    os.kill(pids["killed"], signal.SIGKILL)
    wait_until(lambda: not is_alive(pids["ends"]) and not is_alive(pids["killed"]), "both have ended")
    suite.start()
    for number in range(5):
        assert suite.pid(f"runs{number}") == pids[f"runs{number}"]
        assert suite.state(f"runs{number}") == "RUNNING"
    suite.wait_state("ends", "EXITED")
    suite.wait_state("killed", "RUNNING")
    assert suite.pid("killed") != pids["killed"]
    assert suite.state("done") == "EXITED"
    assert len(suite.log_lines("exited: (ends|killed) ")) == 2  # once each


def test_keeper_killed_while_a_stop_is_under_way(suite: Suite) -> None:
    suite.configure("[program:deaf]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nstopwaitsecs=3\nstartsecs=0\n"
                    "killasgroup=true\n")
    suite.start()
    suite.wait_state("deaf", "RUNNING")
    pid = suite.pid("deaf")
    stop = subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "stop", "deaf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    suite.wait_state("deaf", "STOPPING")
    kill_both(suite)
    stop.wait(timeout=30)
    assert is_alive(pid)
    suite.start()
    suite.wait_state("deaf", "STOPPED")
    assert not is_alive(pid)


def test_keeper_killed_with_a_start_that_it_has_not_read(suite: Suite) -> None:
    runs = suite.directory / "runs"
    suite.configure(f"[program:once]\ncommand=sh -c 'echo run >> {runs}; exec cat'\nstartsecs=0\nautostart=false\n")
    suite.start()
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGSTOP)
    start = subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "start", "once"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    suite.wait_state("once", "STARTING")
    kill_both(suite)
    start.wait(timeout=30)
    suite.start()
    assert suite.state("once") == "STOPPED"  # as if it had not been asked for
    suite.ctl("start", "once")
    suite.wait_state("once", "RUNNING")
    assert runs.read_text() == "run\n"


def test_keeper_killed_after_a_start(suite: Suite) -> None:
    """The program had been launched; whether its daemon had heard of that does not matter."""
    suite.configure("[program:slow]\ncommand=cat\nstartsecs=2\n")
    suite.start()
    pid = int(str(wait_until(lambda: suite.pid("slow"), "it is started")))
    kill_both(suite)
    suite.start()
    assert suite.pid("slow") == pid
    suite.wait_state("slow", "RUNNING")
    assert suite.pid("slow") == pid
