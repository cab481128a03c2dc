"""The keeper with real processes: what holds when it, the daemon, or both are killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import DEADLINE, Keeper, parent_of


def wait_until(condition, what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)  # between two looks; the deadline decides


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.parametrize(("mode", "number", "status"), [("preflight-exit", 0, 0), ("preflight-exit", 2, 2), ("preflight-signal", 9, 137)])
def test_a_preflight_without_values_gives_the_status(keeper: Keeper, mode: str, number: int, status: int) -> None:
    process = keeper.start(mode, str(number))
    assert process.wait(DEADLINE) == status
    assert process.stderr is not None
    said = process.stderr.read()
    assert ("was terminated by SIGKILL while it read its configuration" in said) == (mode == "preflight-signal"), said
    assert not (keeper.folder / "supervisord.pid").exists()


def test_term_ends_a_preflight(keeper: Keeper) -> None:
    process = keeper.start("preflight-wait")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(lambda: children.read_text().strip(), "the daemon starts")
    process.terminate()
    assert process.wait(DEADLINE) == 128 + signal.SIGTERM


def test_finish_gives_the_status_and_leaves_nothing(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    assert daemon.hello["keeper"] == str(process.pid)
    assert (keeper.folder / "supervisord.pid").read_text() == f"{process.pid}\n"
    assert (keeper.folder / "supervisord.d").stat().st_mode & 0o777 == 0o711
    assert (keeper.folder / "supervisord.d/pump").stat().st_mode & 0o777 == 0o600
    assert (keeper.folder / "supervisord.d/pump").stat().st_size == 4096 + 1024 * 1024
    assert (keeper.folder / "supervisord.d/keeper.state").stat().st_mode & 0o777 == 0o600
    daemon.say("finish 5")
    assert process.wait(DEADLINE) == 5
    assert not (keeper.folder / "supervisord.pid").exists()
    assert not (keeper.folder / "supervisord.d").exists()


def test_records_of_the_preflight_and_the_pump_are_listed(keeper: Keeper) -> None:
    keeper.start()
    listed = keeper.daemon().list
    assert "record config fds=0 as accepted" in listed
    assert "record pump fds=1 " in listed


def test_a_program_is_spawned_signalled_and_its_exit_told(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    pid = daemon.spawn("a", "exec sleep 1000")
    assert parent_of(pid) == process.pid
    assert os.getpgid(pid) == pid
    wait_until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", "the shell has become sleep")
    wait_until(lambda: sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2"], "nothing leaks; its loader is done")
    status = Path(f"/proc/{pid}/status").read_text()
    assert "SigBlk:\t0000000000000000" in status
    daemon.say("signal a 15")
    assert daemon.wait_for("exited a") == "exited a status=15"


def test_a_group_signal_reaches_the_program_s_children(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    pid = daemon.spawn("a", "sleep 1000 & sleep 1001; true")
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_until(lambda: len(children.read_text().split()) == 2, "both sleeps run")
    sleeps = [int(word) for word in children.read_text().split()]
    daemon.say("signal_group a 9")
    daemon.wait_for("exited a status=9")
    wait_until(lambda: all(is_gone(pid) for pid in sleeps), "both are killed")


def test_a_group_signal_after_the_leaders_exit_reaches_the_group(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    daemon.spawn("a", f"sleep 1000 & echo $! > {keeper.folder}/member; exit 0")
    daemon.wait_for("exited a status=0")
    member = int((keeper.folder / "member").read_text())
    assert not is_gone(member)
    daemon.say("signal_group a 9")
    wait_until(lambda: is_gone(member), "the rest of the group is killed")


def test_a_name_is_taken_until_it_is_forgotten(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    daemon.spawn("a", "exit 3")
    daemon.wait_for("exited a status=768")
    daemon.say("spawn a exit 0")
    assert daemon.wait_for("failed a") == "failed a step=name argument=a error=17"
    daemon.say("forget a")
    daemon.spawn("a", "exit 0")


def test_a_killed_daemon_s_successor_has_it_all(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    lives = daemon.spawn("lives", "exec sleep 1000")
    ends = daemon.spawn("ends", "read x; exit 4")
    daemon.say("put process:lives RUNNING", "put other x", "drop other", "put_big big 5000000", "put_fds many 240", "put_fds more 200", "ready", "sync")
    daemon.wait_for("synced")
    os.kill(daemon.pid, signal.SIGKILL)
    wait_until(lambda: is_gone(daemon.pid), "the daemon is dead")
    os.kill(ends, signal.SIGKILL)
    daemon = keeper.daemon()
    assert (daemon.hello["starts"], daemon.hello["previous"]) == ("2", "9")
    assert daemon.child("lives") == f"child lives pid={lives} adopted=0 lives"
    assert "record process:lives fds=0 RUNNING" in daemon.list
    assert "record stream:lives fds=2 " in daemon.list
    assert "record big fds=0 " + "x" * 100 in daemon.list
    assert "record many fds=240 " in daemon.list and "record more fds=200 " in daemon.list
    assert not any(line.startswith("record other") for line in daemon.list)
    if "exit=" not in daemon.child("ends"):
        daemon.wait_for("exited ends status=9")


def test_what_a_dying_daemon_asked_for_is_done(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    # Answers that nobody reads are in its socket when it dies, which resets the keeper's end.
    daemon.say("die_after 300")
    daemon = keeper.daemon()
    assert sum(line.startswith("child many") for line in daemon.list) == 300


def test_no_exit_is_missed_or_told_twice_while_the_daemon_is_killed(keeper: Keeper) -> None:
    runs = 40
    process = keeper.start("storm", str(runs))
    pid_file = keeper.folder / "daemon.pid"
    killed: set[str] = set()
    while process.poll() is None:
        pid = pid_file.read_text().strip() if pid_file.exists() else ""
        if pid and pid not in killed:
            time.sleep(0.002 * (len(killed) % 12))  # another moment of its life each time
            killed.add(pid)
            if parent_of(int(pid)) == process.pid:
                os.kill(int(pid), signal.SIGKILL)
    assert process.wait(DEADLINE) == 7
    assert len(killed) > 10
    for number in range(20):
        assert (keeper.folder / f"runs.n{number}").read_text().count("run") == runs


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR2])
def test_signals_reach_the_daemon_as_messages(keeper: Keeper, number: signal.Signals) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    process.send_signal(number)
    assert daemon.wait_for("signalled") == f"signalled {number.value}"


def test_orphans_are_reaped_and_told(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    daemon.spawn("a", "(setsid sh -c 'exit 0' &) ; exec sleep 1000")
    assert daemon.wait_for("note reaped unknown pid").endswith("(exit status 0)")
    assert process.poll() is None


def test_a_daemon_that_never_says_ready_is_started_ever_later(keeper: Keeper) -> None:
    keeper.start()
    begun = time.monotonic()
    for start in range(1, 5):
        daemon = keeper.daemon()
        assert daemon.hello["starts"] == str(start)
        daemon.say(f"die {signal.SIGKILL.value}")
    assert time.monotonic() - begun >= 0.05 + 0.1 + 0.2


def test_term_with_a_daemon_that_cannot_start_stops_the_programs(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    pid = daemon.spawn("a", "exec sleep 1000")
    (keeper.folder / "libexec/supervisord/supervisord").unlink()
    os.kill(daemon.pid, signal.SIGKILL)
    process.terminate()
    assert process.wait(DEADLINE) == 1
    assert is_gone(pid)


def test_a_second_keeper_is_refused(keeper: Keeper) -> None:
    keeper.start()
    keeper.daemon()
    second = keeper.start()
    assert second.wait(DEADLINE) == 2
    assert "already running" in (second.stderr.read() if second.stderr else "")


def test_keeper_and_daemon_killed_the_next_keeper_adopts(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    lives = daemon.spawn("lives", "echo before; while ! test -e %s/go; do sleep 0.01; done; echo after; exec sleep 1000" % keeper.folder)
    dies = daemon.spawn("dies", "exec sleep 1000")
    ended = daemon.spawn("ended", "exit 6")
    keeper.spawned |= {lives, dies, ended}
    daemon.wait_for("exited ended")
    daemon.say("put process:lives RUNNING", "put volatile x")
    daemon.spawn("last", "exit 0")  # the keeper has read what came before it
    process.kill()
    process.wait()
    wait_until(lambda: is_gone(daemon.pid), "the daemon dies with its keeper")
    os.kill(dies, signal.SIGKILL)
    wait_until(lambda: is_gone(dies), "a program dies while nobody is there")

    keeper.start()
    daemon = keeper.daemon()
    assert daemon.hello["adopted"] == "1"
    assert daemon.child("lives") == f"child lives pid={lives} adopted=1 lives fd0 fd1"
    assert daemon.child("dies").endswith("exit=unknown")
    assert daemon.child("ended") == f"child ended pid={ended} adopted=1 exit={6 << 8}"
    assert "record process:lives fds=0 RUNNING" in daemon.list
    assert not any(line.startswith("record volatile") for line in daemon.list)
    daemon.say("read lives/1")
    assert daemon.wait_for("read") == "read before|"
    (keeper.folder / "go").touch()
    end = time.monotonic() + DEADLINE
    line = "read nothing"
    while line == "read nothing" and time.monotonic() < end:
        daemon.say("read lives/1")
        line = daemon.wait_for("read")
    assert line == "read after|"
    daemon.say("signal lives 15")
    assert daemon.wait_for("exited lives") in ("exited lives status=15", "exited lives status=unknown")


def test_a_torn_last_row_of_the_state_is_ignored(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    lives = daemon.spawn("lives", "exec sleep 1000")
    keeper.spawned.add(lives)
    process.kill()
    process.wait()
    with (keeper.folder / "supervisord.d/keeper.state").open("ab") as state:
        state.write(b"\x40\x00\x00\x00torn")
    keeper.start()
    assert keeper.daemon().child("lives") == f"child lives pid={lives} adopted=1 lives fd0 fd1"


def test_ready_and_stopping_go_to_the_service_manager_only(keeper: Keeper) -> None:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(keeper.folder / "notify"))
    manager.settimeout(DEADLINE)
    process = keeper.start(environment={"NOTIFY_SOCKET": str(keeper.folder / "notify")})
    daemon = keeper.daemon()
    daemon.say("environment NOTIFY_SOCKET", "ready")
    daemon.wait_for("unset")
    assert manager.recv(100) == b"READY=1"
    process.terminate()
    assert manager.recv(100) == b"STOPPING=1"
    manager.close()


def test_it_goes_to_the_background(keeper: Keeper) -> None:
    (keeper.folder / "preflight").write_text("daemonize yes\n")
    process = keeper.start()
    daemon = keeper.daemon()
    assert process.wait(DEADLINE) == 0
    pid = int(daemon.hello["keeper"])
    assert pid != process.pid
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/fd/0") == "/dev/null"
    program = daemon.spawn("a", "exit 1")
    daemon.wait_for("exited a status=256")
    assert program > 0
    os.kill(pid, signal.SIGTERM)
    daemon.wait_for("signalled 15")
    daemon.say("finish 0")
    wait_until(lambda: is_gone(pid), "the keeper ends")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop to another user")
def test_it_drops_to_the_user_who_then_owns_the_rundir(keeper: Keeper) -> None:
    for folder in [keeper.folder, *list(keeper.folder.parents)[:3]]:
        folder.chmod(0o777)
    (keeper.folder / "control").chmod(0o777)
    (keeper.folder / "preflight").write_text("uid 65534\n")
    process = keeper.start()
    daemon = keeper.daemon()
    assert "Uid:\t65534\t65534\t65534\t65534" in Path(f"/proc/{process.pid}/status").read_text()
    for name in ("", "pump", "keeper.state", "notify"):
        assert (keeper.folder / "supervisord.d" / name).stat().st_uid == 65534
    pid = daemon.spawn("a", "exec sleep 1000")
    assert "Uid:\t65534" in Path(f"/proc/{pid}/status").read_text()
    daemon.say("finish 0")
    assert process.wait(DEADLINE) == 0
    os.kill(pid, signal.SIGKILL)


def test_as_pid_1_it_reaps_and_ends_with_the_status(keeper: Keeper) -> None:
    probe = subprocess.run(["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "true"], check=False)
    if probe.returncode != 0:
        pytest.skip("no user namespaces here")
    process = keeper.start(prefix=("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"))
    daemon = keeper.daemon()
    assert (daemon.hello["keeper"], daemon.hello["survives"]) == ("1", "0")
    daemon.spawn("a", "for i in 1 2 3 4 5; do (setsid sh -c 'exit 0' &); done; kill -TERM 1; exec sleep 1000")
    daemon.wait_for("signalled 15")
    daemon.say("ready", f"die {signal.SIGKILL.value}")
    daemon = keeper.daemon()
    assert daemon.hello["starts"] == "2"
    daemon.wait_for("signalled 15")  # it is still asked for
    assert daemon.child("a").endswith("lives")
    daemon.say("finish 9")
    assert process.wait(DEADLINE) == 9


def test_sockets_meant_for_another_process_are_not_taken(keeper: Keeper) -> None:
    keeper.start(environment={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
    assert not any(line.startswith("record listen-fds") for line in keeper.daemon().list)
