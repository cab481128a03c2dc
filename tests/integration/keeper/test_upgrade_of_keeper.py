"""The keeper replaced in place, beside the fake daemon; the whole suite has test_upgrade.py."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

from conftest import DEADLINE, Keeper
from test_keeper import is_gone, wait_until


def test_all_that_was_there_is_there(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    lives = daemon.spawn("lives", "exec sleep 1000")
    daemon.spawn("ended", "exit 3")
    daemon.wait_for("exited ended")
    daemon.say("put process:lives RUNNING", "put other x", "put_fds many 240", "ready", "upgrade")
    daemon = keeper.daemon()
    assert daemon.hello["keeper"] == str(process.pid)
    assert daemon.hello["starts"] == "2"
    assert daemon.child("lives") == f"child lives pid={lives} adopted=0 lives"
    assert daemon.child("ended").endswith(f"exit={3 << 8}")
    assert "record process:lives fds=0 RUNNING" in daemon.list
    assert "record other fds=0 x" in daemon.list
    assert "record many fds=240 " in daemon.list
    assert "record pump fds=1 " in daemon.list
    assert "record stream:lives fds=2 " in daemon.list
    daemon.say("signal lives 15")
    assert daemon.wait_for("exited lives") == "exited lives status=15"  # reaped, so it is a child still
    daemon.say("finish 5")
    assert process.wait(DEADLINE) == 5
    assert not (keeper.folder / "supervisord.d").exists()


def test_nothing_leaks_into_programs_or_from_upgrade_to_upgrade(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    daemon.say("upgrade")
    daemon = keeper.daemon()
    descriptors = sorted(os.readlink(f"/proc/{process.pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{process.pid}/fd"))
    for _ in range(5):
        daemon.say("upgrade")
        daemon = keeper.daemon()
    assert sorted(os.readlink(f"/proc/{process.pid}/fd/{fd}").split(":")[0] for fd in os.listdir(f"/proc/{process.pid}/fd")) == descriptors
    pid = daemon.spawn("a", "exec sleep 1000")
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", "the shell has become sleep")
    wait_until(lambda: sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"], "nothing leaks; its loader is done")
    daemon.say("environment SUPERVISOR_KEEPER_TABLE")
    daemon.wait_for("unset")


def test_exits_and_signals_of_the_moment_are_not_missed(keeper: Keeper) -> None:
    """Programs end and HUP comes just before, while and just after it is replaced."""
    process = keeper.start()
    daemon = keeper.daemon()
    pids = [daemon.spawn(f"p{number}", "exec sleep 1000") for number in range(20)]
    daemon.say("sync")
    daemon.wait_for("synced")
    for round_ in range(4):
        daemon.say("upgrade")
        for pid in pids[round_ * 5:round_ * 5 + 5]:
            os.kill(pid, signal.SIGKILL)  # some before, some while it is replaced
        process.send_signal(signal.SIGHUP)
        daemon = keeper.daemon()
        for number in range(round_ * 5, round_ * 5 + 5):
            if daemon.child(f"p{number}").endswith(" lives"):
                assert daemon.wait_for(f"exited p{number} ").endswith("status=9")
            else:
                assert daemon.child(f"p{number}").endswith("exit=9")


def test_sockets_of_the_service_manager_are_handed_through(keeper: Keeper) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(keeper.folder / "web"))
    listener.listen()
    passes = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); os.execv(sys.argv[2], sys.argv[2:])"
    keeper.start(prefix=(sys.executable, "-c", passes, str(listener.fileno())),
                 environment={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}, pass_fds=(listener.fileno(),))
    daemon = keeper.daemon()
    assert "record listen-fds fds=1 web" in daemon.list
    daemon.say("environment LISTEN_FDS")
    daemon.wait_for("unset")
    listener.close()  # theirs is another descriptor of it
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(keeper.folder / "web"))
    daemon.say("upgrade")
    daemon = keeper.daemon()
    assert "record listen-fds fds=1 web" in daemon.list
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(keeper.folder / "web"))



def test_a_stray_variable_does_no_harm(keeper: Keeper) -> None:
    for value in ("0", "nonsense", "99"):
        process = keeper.start(environment={"SUPERVISOR_KEEPER_TABLE": value})
        keeper.daemon().say("finish 0")
        assert process.wait(DEADLINE) == 0
