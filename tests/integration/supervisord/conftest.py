"""Fixtures that run the real programs of a build tree, each test in a directory and on sockets of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build/release/bin"))


def _can_unshare() -> bool:
    return subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(not _can_unshare(), reason="no user namespace can be made here (the kernel refuses them in a chroot)")


def wait_until(is_so: Callable[[], object], what: str, seconds: float = 20.0) -> object:
    """What `is_so` answers once it is true; fails when it has not become so in time."""
    end = time.monotonic() + seconds
    while True:
        answer = is_so()
        if answer:
            return answer
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)  # between two looks


def is_alive(pid: int) -> bool:
    """Whether there is a process of that pid that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


@dataclass
class Suite:
    """One supervisord in a directory of its own."""

    directory: Path
    options: list[str] = field(default_factory=list)
    keeper: subprocess.Popen[bytes] | None = None
    programs: Path = BIN  # where supervisord is started from

    @property
    def conf(self) -> Path:
        return self.directory / "supervisord.conf"

    @property
    def log(self) -> Path:
        return self.directory / "supervisord.log"

    @property
    def socket(self) -> Path:
        return self.directory / "s.sock"

    def configure(self, programs: str, supervisord: str = "") -> None:
        self.conf.write_text(
            f"[unix_http_server]\nfile={self.socket}\n"
            f"[supervisord]\nlogfile={self.log}\npidfile={self.directory}/supervisord.pid\n"
            f"childlogdir={self.directory}\nnodaemon=true\nsilent=true\n{supervisord}\n"
            f"[supervisorctl]\nserverurl=unix://{self.socket}\n{programs}\n"
        )

    def start(self, *, wait: bool = True) -> None:
        with (self.directory / "terminal").open("wb") as terminal:
            self.keeper = subprocess.Popen(
                [self.programs / "supervisord", "-c", self.conf, *self.options],
                stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.STDOUT, cwd=self.directory,
            )
        if wait:
            wait_until(lambda: self.ctl("pid").returncode == 0, f"ctl answers\n{self.terminal()}")

    def terminal(self) -> str:
        path = self.directory / "terminal"
        return path.read_text(errors="replace") if path.exists() else ""

    def ctl(self, *words: str, seconds: float = 30, conf: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [BIN / "supervisorctl", "-c", conf or self.conf, *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )

    def status(self) -> dict[str, tuple[str, str]]:
        """name -> (state, description)"""
        rows = {}
        for line in self.ctl("status").stdout.splitlines():
            words = line.split(None, 2)
            if len(words) >= 2:
                rows[words[0]] = (words[1], words[2] if len(words) > 2 else "")
        return rows

    def state(self, name: str) -> str:
        return self.status().get(name, ("", ""))[0]

    def pid(self, name: str) -> int:
        return int(self.ctl("pid", name).stdout or 0)

    def wait_state(self, name: str, state: str, seconds: float = 20) -> None:
        wait_until(lambda: self.state(name) == state, f"{name} is {state} (it is {self.status().get(name)})", seconds)

    def daemon_pid(self) -> int:
        """The daemon: the keeper's child of the keeper's name that runs from libexec."""
        assert self.keeper is not None
        for pid in children_of(self.keeper.pid):
            try:
                if "libexec" in os.readlink(f"/proc/{pid}/exe"):
                    return pid
            except OSError:
                continue
        return 0

    def kill_daemon(self) -> int:
        """kill -9 of the daemon; the pid of its successor, which has been seen running."""
        old = wait_until(self.daemon_pid, "there is a daemon")
        assert isinstance(old, int)
        os.kill(old, signal.SIGKILL)
        return int(str(wait_until(lambda: (pid := self.daemon_pid()) not in (0, old) and pid, "the daemon is back")))

    def kill_keeper(self) -> None:
        """kill -9 of the keeper, whose daemon goes with it; the programs run on."""
        assert self.keeper is not None
        daemon = self.daemon_pid()
        self.keeper.kill()
        self.keeper.wait()
        wait_until(lambda: not is_alive(daemon), "the daemon goes with the keeper")

    def stop(self) -> int:
        """TERM to the keeper; its exit status."""
        if self.keeper is None:
            return 0
        if self.keeper.poll() is None:
            self.keeper.send_signal(signal.SIGTERM)
        try:
            return self.keeper.wait(timeout=60)
        except subprocess.TimeoutExpired:
            for child in children_of(self.keeper.pid):
                os.kill(child, signal.SIGKILL)
            self.keeper.kill()
            raise

    def log_lines(self, pattern: str) -> list[str]:
        if not self.log.exists():
            return []
        return [line for line in self.log.read_text(errors="replace").splitlines() if re.search(pattern, line)]


@pytest.fixture
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    made = Suite(tmp_path_factory.mktemp("s"))
    yield made
    made.stop()


@pytest.fixture
def open_suite() -> Iterator[Suite]:
    """Where every user may look and write: pytest's own folders are their owner's, and each pytest that starts sees to that again."""
    with tempfile.TemporaryDirectory(prefix="suite") as folder:
        made = Suite(Path(folder))
        made.directory.chmod(0o777)
        yield made
        made.stop()
