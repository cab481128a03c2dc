"""A keeper over the fake daemon, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

DEADLINE = 20.0


def parent_of(pid: int) -> int:
    """0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Daemon:
    """One life of the fake daemon: what the keeper tells it comes as lines."""

    def __init__(self, connection: socket.socket, keeper: Keeper) -> None:
        self.keeper = keeper
        connection.settimeout(DEADLINE)
        self.stream = connection.makefile("rw")
        self.hello = dict(word.split("=") for word in self.line().removeprefix("hello ").split())
        self.list: list[str] = []
        while (line := self.line()) != "list end":
            self.list.append(line)

    @property
    def pid(self) -> int:
        return int(self.hello["pid"])

    def line(self) -> str:
        return self.stream.readline().rstrip("\n")

    def wait_for(self, beginning: str) -> str:
        while True:
            line = self.line()
            assert line, f"the daemon ended while a test waited for {beginning!r}"
            if line.startswith(beginning):
                return line

    def say(self, *lines: str) -> None:
        self.stream.write("".join(f"{line}\n" for line in lines))
        self.stream.flush()

    def spawn(self, name: str, script: str) -> int:
        self.say(f"spawn {name} {script}")
        pid = int(self.wait_for(f"spawned {name} ").split("pid=")[1])
        if parent_of(pid) in [process.pid for process in self.keeper.processes]:  # not a number of another pid namespace
            self.keeper.spawned.add(pid)
        return pid

    def child(self, name: str) -> str:
        found = [line for line in self.list if line.startswith(f"child {name} ")]
        assert len(found) == 1, self.list
        return found[0]


class Keeper:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "bin/supervisord"
        for source, target in ((os.environ["KEEPER"], self.program), (os.environ["FAKE_DAEMON"], folder / "libexec/supervisord/supervisord")):
            target.parent.mkdir(parents=True)
            shutil.copy(source, target)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "control"))
        self.listener.listen()
        self.listener.settimeout(DEADLINE)
        self.processes: list[subprocess.Popen[str]] = []
        self.spawned: set[int] = set()

    def start(self, *arguments: str, prefix: tuple[str, ...] = (), environment: dict[str, str] | None = None,
              pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*prefix, str(self.program), str(self.folder), *arguments],
            env={**os.environ, **(environment or {})}, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=pass_fds,
        )
        self.processes.append(process)
        return process

    def daemon(self, seconds: float = DEADLINE) -> Daemon:
        self.listener.settimeout(seconds)
        connection, _ = self.listener.accept()
        return Daemon(connection, self)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path)
    yield keeper
    for process in keeper.processes:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        process.communicate()
    for pid in keeper.spawned:
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    keeper.listener.close()
