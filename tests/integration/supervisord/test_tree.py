"""Stopping reaches what a program leaves behind: children that left its group, its session, their parents."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from conftest import BIN, Suite, is_alive, wait_until

# Five members: the program, a plain child, a setsid child, a daemonised grandchild, and one with an empty environment.
FAMILY = """
import os, signal, sys, time
folder, deaf = sys.argv[1], sys.argv[2] == "deaf"
if deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

def member(name, environment=None):
    with open(f"{folder}/{name}.new", "w") as file:
        file.write(str(os.getpid()))
    os.rename(f"{folder}/{name}.new", f"{folder}/{name}")
    if environment is not None:
        os.execve("/usr/bin/sleep", ["sleep", "1000"], environment)
    time.sleep(1000)

if os.fork() == 0:
    member("plain")
if os.fork() == 0:
    os.setsid()
    member("setsid")
for name, environment in (("daemonised", None), ("emptied", {})):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            member(name, environment)
        os._exit(0)
    os.wait()
if deaf:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # of the program itself only
member("main")
"""
MEMBERS = ["plain", "setsid", "daemonised", "emptied"]


class Family:
    def __init__(self, suite: Suite, options: str, deaf: bool = False) -> None:
        self.suite = suite
        (suite.directory / "family.py").write_text(FAMILY)
        suite.configure(f"[program:family]\ncommand=/usr/bin/python3 {suite.directory}/family.py {suite.directory} {'deaf' if deaf else 'hears'}\n"
                        f"startsecs=0\n{options}\n")
        suite.start()
        suite.wait_state("family", "RUNNING")
        for name in ["main", *MEMBERS]:
            wait_until((suite.directory / name).exists, f"{name} is there")
        self.pids = {name: int((suite.directory / name).read_text()) for name in MEMBERS}
        wait_until(lambda: Path(f"/proc/{self.pids['emptied']}/comm").read_text() == "sleep\n", "the last has become sleep")
        self.has_cgroup = "/supervisord-" in Path(f"/proc/{self.pids['emptied']}/cgroup").read_text()

    def living(self) -> set[str]:
        return {name for name, pid in self.pids.items() if is_alive(pid)}

    def reachable(self) -> set[str]:
        """Those that are found at all: without a cgroup, one without parent, group and environment is not."""
        return set(MEMBERS) if self.has_cgroup else set(MEMBERS) - {"emptied"}

    def end(self) -> None:
        for pid in self.pids.values():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def test_a_stop_reaches_all(suite: Suite) -> None:
    family = Family(suite, "stopasgroup=true")
    suite.ctl("stop", "family")
    assert suite.state("family") == "STOPPED"
    wait_until(lambda: not family.living() & family.reachable(), "all are gone")
    suite.stop()
    family.end()


@pytest.mark.parametrize("options", ["", "killasgroup=true\nstop_whole_tree=false"], ids=["ByDefault", "WhenToldSo"])
def test_without_it_a_stop_is_supervisors(suite: Suite, options: str) -> None:
    family = Family(suite, options)
    suite.ctl("stop", "family")
    assert suite.state("family") == "STOPPED"
    assert family.living() == set(MEMBERS)
    suite.stop()
    family.end()


def test_who_does_not_hear_is_killed_at_the_deadline(suite: Suite) -> None:
    family = Family(suite, "stopasgroup=true\nstopwaitsecs=1", deaf=True)
    began = time.monotonic()
    suite.ctl("stop", "family")
    assert time.monotonic() - began >= 1
    assert suite.state("family") == "STOPPED"
    wait_until(lambda: not family.living() & family.reachable(), "all are gone")
    assert suite.log_lines("killing . more processes of 'family'")
    suite.stop()
    family.end()


def test_the_stop_is_over_when_the_last_has_ended(suite: Suite) -> None:
    """A child that takes its time at TERM is waited for, and the exit of its parent is told after it."""
    script = suite.directory / "slow.sh"
    script.write_text(f"(trap 'sleep 0.5; echo bye > {suite.directory}/bye; exit 0' TERM; touch {suite.directory}/ready; while :; do sleep 0.05; done) &\n"
                      "sleep 1000\n")
    suite.configure(f"[program:slow]\ncommand=sh {script}\nstartsecs=0\nstopasgroup=true\n")
    suite.start()
    wait_until((suite.directory / "ready").exists, "the child is ready")
    suite.ctl("stop", "slow")
    assert (suite.directory / "bye").exists()
    assert suite.state("slow") == "STOPPED"
    assert not suite.log_lines("SIGKILL")


def test_a_killed_daemon_s_successor_goes_on_waiting(suite: Suite) -> None:
    family = Family(suite, "stopasgroup=true\nstopwaitsecs=3", deaf=True)
    main = suite.pid("family")
    stop = subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, "stop", "family"], stdout=subprocess.DEVNULL)
    wait_until(lambda: not is_alive(main), "the program has ended")
    suite.kill_daemon()
    assert suite.state("family") == "STOPPING"
    suite.wait_state("family", "STOPPED")
    stop.wait(timeout=30)
    wait_until(lambda: not family.living() & (family.reachable() - {"emptied"}), "all are gone")
    suite.stop()
    family.end()


def test_every_run_bears_a_mark_of_its_own(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    marks = []
    for _ in range(2):
        suite.wait_state("cat", "RUNNING")
        environment = Path(f"/proc/{suite.pid('cat')}/environ").read_bytes().split(b"\0")
        marks += [entry for entry in environment if entry.startswith(b"SUPERVISOR_RUN=")]
        suite.ctl("restart", "cat")
    assert marks[0].startswith(b"SUPERVISOR_RUN=cat:cat:1:")
    assert marks[1].startswith(b"SUPERVISOR_RUN=cat:cat:2:")
    assert len(marks) == 2
