"""What a killed daemon, or a killed keeper, leaves to its successor."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

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
    suite.kill_keeper()
    assert is_alive(pid)
    suite.start()
    assert suite.pid("cat") == pid
    assert suite.state("cat") == "RUNNING"
    assert suite.state("off") == "STOPPED"
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: suite.pid("cat") not in (0, pid), "its death is seen, and it is started again")


def as_of_another_boot(state: Path) -> None:
    """Makes the keeper's state file one that an earlier boot of the system left: its first row says which."""
    whole = state.read_bytes()
    size = int.from_bytes(whole[:4], "little")
    boot = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    header = whole[8 : 8 + size]
    assert boot in header
    header = header.replace(boot, boot[::-1])
    total = 2166136261  # FNV-1a
    for byte in header:
        total = (total ^ byte) * 16777619 % 2**32
    state.write_bytes(whole[:4] + total.to_bytes(4, "little") + header + whole[8 + size :])


def test_after_a_reboot_all_begins_anew(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n[program:off]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    suite.ctl("stop", "off")
    pid = suite.pid("cat")
    suite.kill_keeper()
    os.kill(pid, signal.SIGKILL)
    as_of_another_boot(suite.directory / "supervisord.d/keeper.state")
    suite.start()
    suite.wait_state("off", "RUNNING")  # the stop was of then
    suite.wait_state("cat", "RUNNING")
    assert not suite.log_lines("exited: cat")  # its end was no exit to be told


def test_http_in_the_backlog_is_answered_by_the_next_daemon(suite: Suite) -> None:
    suite.configure("")
    suite.start()
    daemon = suite.daemon_pid()
    os.kill(daemon, signal.SIGSTOP)  # it accepts no more
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(suite.socket))
        client.sendall(b"GET /ok.html HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        os.kill(daemon, signal.SIGKILL)
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b"OK")


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
    suite.kill_keeper()
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
    suite.kill_keeper()
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
    suite.kill_keeper()
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
    suite.kill_keeper()
    suite.start()
    assert suite.pid("slow") == pid
    suite.wait_state("slow", "RUNNING")
    assert suite.pid("slow") == pid
