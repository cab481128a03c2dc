"""ctl upgrade: daemon and keeper are replaced by what is installed, and nobody else notices."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import BIN, Suite, is_alive, needs_namespaces, wait_until
from survival import KINDS, damage

DAEMON = Path("libexec/supervisord/supervisord")
KEEPER = Path("bin/supervisord")


class Installation:
    """The programs in a folder of their own, where new ones can be installed over them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for program in (KEEPER, DAEMON):
            (folder / program).parent.mkdir(parents=True)
            self.install(program)

    def install(self, program: Path, script: str | None = None) -> None:
        """As a package manager does it: beside it, then renamed over it. The program itself, or a script."""
        new = self.folder / (str(program) + ".new")
        if script is None:
            shutil.copy(BIN.parent / program, new)
        else:
            new.write_text("#!/bin/sh\n" + script + "\n")
            new.chmod(0o755)
        new.rename(self.folder / program)

    def runs(self, pid: int, program: Path) -> bool:
        """Whether the process runs the file that is installed now."""
        return os.stat(f"/proc/{pid}/exe").st_ino == (self.folder / program).stat().st_ino


@pytest.fixture
def installation(suite: Suite) -> Installation:
    made = Installation(suite.directory / "prefix")
    suite.programs = made.folder / "bin"
    return made


class Connections:
    """Connects to a socket again and again until told to end."""

    def __init__(self, address: Path) -> None:
        self.address = str(address)
        self.made = 0
        self.failures: list[str] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        while not self.ended.wait(0.001):  # the load's pace
            with socket.socket(socket.AF_UNIX) as client:
                try:
                    client.connect(self.address)
                    self.made += 1
                except OSError as error:
                    self.failures.append(repr(error))

    def end(self) -> None:
        self.ended.set()
        self.thread.join()


def upgrade(suite: Suite) -> None:
    done = suite.ctl("upgrade", seconds=90)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("upgraded: "), done.stdout


def test_twenty_upgrades_under_load(suite: Suite, installation: Installation) -> None:
    directory = suite.directory
    parts = []
    for number, kind in enumerate(KINDS):
        log = f"{directory}/w{number:02d}.log"
        parts.append(
            f"[program:w{number:02d}]\ncommand={BIN}/test_writer w{number:02d} {kind}\nstartsecs=0\n"
            f"stdout_logfile={log}\nstdout_logfile_maxbytes=3000000\nstdout_logfile_backups=2000\n"
            f"stderr_logfile={log if kind == 'both' else 'NONE'}\nstderr_logfile_maxbytes=3000000\nstderr_logfile_backups=2000\n")
    suite.configure("".join(parts))
    suite.start()
    assert suite.keeper is not None
    names = [f"w{number:02d}" for number in range(len(KINDS))]
    for name in names:
        suite.wait_state(name, "RUNNING", 60)
    pids = {name: suite.pid(name) for name in names}
    connections = Connections(suite.socket)
    daemons = {suite.daemon_pid()}
    for _ in range(20):
        installation.install(KEEPER)
        installation.install(DAEMON)
        upgrade(suite)
        assert installation.runs(suite.keeper.pid, KEEPER)
        daemon = suite.daemon_pid()
        assert daemon not in daemons
        assert installation.runs(daemon, DAEMON)
        daemons.add(daemon)
    connections.end()
    assert connections.failures == []
    assert connections.made > 100
    assert {name: suite.pid(name) for name in names} == pids
    assert all(is_alive(pid) for pid in pids.values())
    assert int(suite.ctl("pid").stdout) == suite.keeper.pid == int((directory / "supervisord.pid").read_text())
    assert len(suite.log_lines("was replaced in place")) == 20
    assert not suite.log_lines("daemon died|reaped unknown")
    suite.ctl("stop", "all", seconds=60)
    assert suite.stop() == 0
    assert [wrong for number in range(len(KINDS)) for wrong in damage(directory, f"w{number:02d}", KINDS[number])] == []
    assert not (directory / "supervisord.pid").exists()
    assert not (directory / "supervisord.d").exists()


def test_upgrades_during_starts_and_stops_miss_no_exit(suite: Suite, installation: Installation) -> None:
    directory = suite.directory
    suite.configure(
        "".join(f"[program:p{number}]\ncommand=cat\nstartsecs=0\n" for number in range(4))
        + f"[program:short]\ncommand=sh -c 'echo run >> {directory}/runs; sleep 0.02'\nstartsecs=0\nautorestart=true\n")
    suite.start()
    ended = threading.Event()

    def busy(number: int) -> None:
        while not ended.is_set():
            suite.ctl("restart", f"p{number}")  # may be cut off by an upgrade

    threads = [threading.Thread(target=busy, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        upgrade(suite)
    ended.set()
    for thread in threads:
        thread.join()
    suite.ctl("stop", "short")
    wait_until(lambda: suite.state("short") in ("STOPPED", "EXITED"), "it has ended, or been stopped")
    spawned = len(suite.log_lines("spawned: 'short'"))
    assert (directory / "runs").read_text().count("run") in (spawned, spawned - 1)  # the last may be stopped before its first word
    assert len(suite.log_lines("(exited|stopped): short ")) == spawned
    suite.ctl("start", "all")
    for number in range(4):
        suite.wait_state(f"p{number}", "RUNNING")
        assert is_alive(suite.pid(f"p{number}"))
    assert not suite.log_lines("exit status unknown")


def breaks(program: Path, script: str | None) -> Callable[[Installation], None]:
    return lambda installation: installation.install(program, script)


def unexecutable(installation: Installation) -> None:
    (installation.folder / DAEMON).chmod(0o644)


def missing_keeper(installation: Installation) -> None:
    (installation.folder / KEEPER).unlink()


@pytest.mark.parametrize(("how", "why"), [
    (breaks(DAEMON, "echo cannot load >&2; exit 3"), "exit status 3.*: cannot load"),
    (breaks(DAEMON, "echo 1.0"), "is no daemon of supervisord"),
    (breaks(DAEMON, "kill -SEGV $$"), "SIGSEGV"),
    (breaks(DAEMON, "exec sleep 1000"), "does not end"),
    (unexecutable, "EACCES"),
    (missing_keeper, "ENOENT"),
    (breaks(KEEPER, "echo 1.0"), "is no supervisord that can be upgraded to: 1.0"),
    (breaks(KEEPER, "echo of another version >&2; exit 1"), "exit status 1.*: of another version"),
], ids=["DaemonFails", "NoDaemon", "DaemonCrashes", "DaemonHangs", "DaemonNotExecutable", "KeeperMissing", "NoKeeper", "KeeperCannotReadTheTable"])
def test_a_broken_program_changes_nothing(suite: Suite, installation: Installation, how: Callable[[Installation], None], why: str) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    before = (suite.pid("cat"), suite.daemon_pid())
    how(installation)
    done = suite.ctl("upgrade")
    assert done.returncode == 1
    assert done.stdout.startswith("ERROR: not upgraded, nothing has changed: ")
    assert re.search(why, done.stdout), done.stdout
    assert (suite.pid("cat"), suite.daemon_pid()) == before
    installation.install(DAEMON)
    installation.install(KEEPER)
    upgrade(suite)
    assert suite.pid("cat") == before[0]


def test_a_keeper_that_cannot_be_executed_goes_on(suite: Suite, installation: Installation) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    daemon = suite.daemon_pid()
    installation.install(KEEPER, 'echo "keeper 9"; rm -- "$0"')  # good when it is tried, gone afterwards
    done = suite.ctl("upgrade")
    assert done.returncode == 1
    assert "only the daemon was replaced" in done.stdout
    assert suite.daemon_pid() not in (0, daemon)
    assert suite.pid("cat") == pid
    assert suite.log_lines("cannot execute .*ENOENT")
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: suite.pid("cat") not in (0, pid), "its end is seen, and it is started again")


def test_after_an_upgrade_the_killed_keepers_programs_are_adopted(suite: Suite, installation: Installation) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    upgrade(suite)
    suite.kill_keeper()
    suite.start()
    assert suite.pid("cat") == pid
    upgrade(suite)  # with an adopted child in the table
    assert suite.pid("cat") == pid
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: suite.pid("cat") not in (0, pid), "its death is seen, and it is started again")


@pytest.fixture
def as_pid_1(suite: Suite, installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child",
         suite.programs / "supervisord", "-c", suite.conf],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait()


@needs_namespaces
def test_as_pid_1(suite: Suite, installation: Installation, as_pid_1: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: suite.socket.exists() and suite.state("cat") == "RUNNING", "cat runs")
    pid = suite.pid("cat")  # in its own pid namespace
    for _ in range(3):
        installation.install(KEEPER)
        installation.install(DAEMON)
        upgrade(suite)
        assert suite.ctl("pid").stdout == "1\n"
        assert suite.pid("cat") == pid
    suite.ctl("shutdown")
    assert as_pid_1.wait(timeout=20) == 0
