"""One daemon, Supervisor's or ours, with one configuration in a directory of its own, and the ways to speak to it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
USER, PASSWORD = "operator", "s3cret word"
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONWARNINGS": "ignore"}


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float = 60) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class UnixTransport(xmlrpc.client.Transport):
    """What xmlrpc.client sends, over a Unix socket, one connection for all calls."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._kept: UnixConnection | None = None

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        if self._kept is None:
            self._kept = UnixConnection(self._path)
        return self._kept

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def free_port() -> int:
    """Below those that the kernel gives to connections: none of them can take it meanwhile."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20000, 32000)))
            return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Client:
    """A supervisorctl: the command that starts it, and what its environment needs."""

    name: str
    command: list[str]
    environment: dict[str, str]


class Bed:
    def __init__(self, supervisord: list[str], configuration: str, *, environment: dict[str, str] | None = None) -> None:
        self.dir = Path(tempfile.mkdtemp(prefix="cf."))
        self.port = free_port()
        self.environment = {**ENVIRONMENT, **(environment or {})}
        (self.dir / "conf.d").mkdir()
        for program in (HERE / "programs").iterdir():
            shutil.copy(program, self.dir)
        (self.dir / "not-executable").write_text("no program\n")
        self.conf = self.dir / "supervisord.conf"
        self.conf.write_text(configuration.replace("@PORT@", str(self.port)).replace("@PYTHON@", sys.executable))
        self.terminal = (self.dir / "terminal").open("wb")
        self.process = subprocess.Popen([*supervisord, "-c", str(self.conf)], stdin=subprocess.DEVNULL, stdout=self.terminal,
                                        stderr=subprocess.STDOUT, cwd=self.dir, env=self.environment)

    def connection(self, way: str) -> http.client.HTTPConnection:
        return UnixConnection(str(self.dir / "s.sock")) if way == "unix" else http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def authorization(self, way: str) -> dict[str, str]:
        if way == "unix":
            return {}
        return {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}

    def rpc(self, way: str = "unix") -> xmlrpc.client.ServerProxy:
        if way == "unix":
            return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=UnixTransport(str(self.dir / "s.sock")))
        return xmlrpc.client.ServerProxy(f"http://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/RPC2")

    def states(self) -> dict[str, str]:
        rows: object = self.rpc().supervisor.getAllProcessInfo()
        assert isinstance(rows, list)
        return {f"{row['group']}:{row['name']}": row["statename"] for row in rows}

    def wait(self, wanted: dict[str, str], seconds: float = 40) -> str:
        """Until the processes are in these states; says which are not when they have not come there in time."""
        end = time.monotonic() + seconds
        seen: dict[str, str] = {}
        while time.monotonic() < end:
            if self.process.poll() is not None:
                return f"the daemon has ended with {self.process.returncode}: {self.said()}"
            try:
                seen = self.states()
            except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
                seen = {"": repr(error)}
            if all(seen.get(full_name(name)) == state for name, state in wanted.items()):
                return ""
            time.sleep(0.05)  # between two looks
        return str({name: seen.get(full_name(name), seen.get("")) for name, state in wanted.items() if seen.get(full_name(name)) != state})

    def said(self) -> str:
        return (self.dir / "terminal").read_text(errors="replace")

    def close(self) -> None:
        """Ends the daemon and its programs, by force what is left after a while."""
        try:
            pids = [row["pid"] for row in self.rpc().supervisor.getAllProcessInfo() if row["pid"]]  # type: ignore[union-attr, index, call-overload]
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            pids = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            for pid in [*pids, self.process.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait(10)
        self.terminal.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def full_name(name: str) -> str:
    return name if ":" in name else f"{name}:{name}"
