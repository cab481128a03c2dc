"""A child in a cgroup of its own, on the machine's real tree where that may be written."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from conftest import DEADLINE, Keeper
from test_keeper import is_gone, wait_until


def group_of(pid: int) -> str:
    return next(line[3:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines() if line.startswith("0::"))


def folder_of(group: str) -> Path:
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return Path(next(fields[1] for fields in mounts if fields[2] == "cgroup2") + group)


def escaped(keeper: Keeper) -> str:
    """A script whose one child has left its group and its parents."""
    return f"setsid sh -c 'echo $$ > {keeper.folder}/escaped.new; mv {keeper.folder}/escaped.new {keeper.folder}/escaped; exec sleep 1000' & exec sleep 1000"


def test_a_kill_reaches_who_left_group_and_parents(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    daemon.say(f"spawn_in_cgroup a {escaped(keeper)}")
    pid = int(daemon.wait_for("spawned a ").split("pid=")[1])
    keeper.spawned.add(pid)
    if f"/supervisord-{process.pid}/" not in group_of(pid):
        pytest.skip("cgroups cannot be made here")
    folder = folder_of(group_of(pid))
    wait_until(lambda: (keeper.folder / "escaped").exists(), "it has escaped")
    runaway = int((keeper.folder / "escaped").read_text())
    keeper.spawned.add(runaway)
    daemon.say("upgrade")  # which must not forget it
    daemon = keeper.daemon()
    os.kill(pid, signal.SIGKILL)
    daemon.wait_for("exited a status=9")
    assert not is_gone(runaway)
    daemon.say("kill_cgroup a", "forget a")
    wait_until(lambda: is_gone(runaway), "it is killed")
    wait_until(lambda: not folder.exists(), "its group is removed")
    daemon.say("finish 0")
    assert process.wait(DEADLINE) == 0
    assert not folder.parent.exists()


def test_a_program_that_cannot_be_started_leaves_no_group(keeper: Keeper) -> None:
    process = keeper.start()
    daemon = keeper.daemon()
    daemon.say("spawn_in_cgroup a exec sleep 1000")
    pid = int(daemon.wait_for("spawned a ").split("pid=")[1])
    keeper.spawned.add(pid)
    if f"/supervisord-{process.pid}/" not in group_of(pid):
        pytest.skip("cgroups cannot be made here")
    groups = folder_of(group_of(pid)).parent
    daemon.say("spawn_in_cgroup a exec sleep 1000")  # the name is taken
    daemon.wait_for("failed a")
    assert len([entry for entry in groups.iterdir() if entry.is_dir()]) == 1
    daemon.say("signal a 9", "forget a")
    daemon.wait_for("exited a")
    daemon.say("forget a", "finish 0")
    assert process.wait(DEADLINE) == 0
    assert not groups.exists()
