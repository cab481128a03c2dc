"""asgi-worker as a user starts it: the real program, real sockets, an application of tests/apps."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Client

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "tests" / "apps"
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build" / "release" / "bin"))
PYTHON = os.environ.get("ASGI_PYTHON", "/usr/bin/python3")


def of_python(expression: str) -> str:
    """What the interpreter under test says."""
    return subprocess.run([PYTHON, "-c", f"import os, sys; print({expression})"], capture_output=True, text=True, timeout=60).stdout.strip()


VERSION = tuple(int(part) for part in of_python("'%d.%d' % sys.version_info[:2]").split("."))
since_3_11 = pytest.mark.skipif(VERSION < (3, 11), reason="Python 3.10 lacks what the test uses")
PATIENCE = 20.0  # seconds; only a failing test ever waits so long


def wait_until(is_so: Callable[[], object], what: str) -> None:
    """For what cannot be waited for otherwise: a file that another process writes."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.01)  # between two looks


class Lines:
    """What a process prints, line by line, and a way to wait for one."""

    def __init__(self, stream) -> None:
        self._lines: list[str] = []
        self._change = threading.Condition()
        self._is_open = True
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        for line in stream:
            with self._change:
                self._lines.append(line.rstrip("\n"))
                self._change.notify_all()
        with self._change:
            self._is_open = False
            self._change.notify_all()

    def wait_for(self, pattern: str, count: int = 1) -> list[re.Match[str]]:
        """`count` lines that match, in order."""
        def found() -> list[re.Match[str]]:
            return [match for line in self._lines if (match := re.search(pattern, line))]

        with self._change:
            self._change.wait_for(lambda: len(found()) >= count or not self._is_open, PATIENCE)
            matches = found()
        assert len(matches) >= count, f"no line for {pattern!r} in:\n" + self.text()
        return matches

    def whole(self) -> str:
        """Everything, once the process has closed its end."""
        self._thread.join(PATIENCE)
        return self.text()

    def text(self) -> str:
        return "\n".join(self._lines)


class Server:
    def __init__(self, words: list[str], cwd: Path, env: dict[str, str], **options) -> None:
        self.process = subprocess.Popen(
            [str(BIN / "asgi-worker"), "--python", PYTHON, *words], cwd=cwd, env=env, text=True, bufsize=1,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )
        self.out = Lines(self.process.stdout)
        self.log = Lines(self.process.stderr)
        self.address: tuple[str, int] | str = ""

    def wait_ready(self) -> Server:
        where = self.log.wait_for(r"(?:running on|Listening at:) (?:http://(.+):(\d+)|(?:unix socket |unix:)(\S+)) \(")[0]
        self.address = where[3] or (where[1].strip("[]"), int(where[2]))
        return self

    def connect(self) -> Client:
        return Client(self.address)

    def get(self, target: str, **fields: str):
        with self.connect() as client:
            return client.request("GET", target, **fields)

    def workers(self) -> list[int]:
        """Pids, in the order of their start."""
        return [int(match[1]) for match in self.log.wait_for(r"Started server process \[(\d+)\]")]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        status = self.process.wait(PATIENCE)
        self.log.whole()
        self.out.whole()
        return status

    def stop(self) -> int:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()


@pytest.fixture
def environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    # Without a server's name in the command, uvicorn's or gunicorn's own flags would decide on defaults and log lines.
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "ASGI_WORKER_COMPAT": "native"}


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Server]]:
    """start("app:app", "--workers", "2"): the process, in a directory of its own."""
    started: list[Server] = []

    def run(*words: str, cwd: Path | None = None, env: dict[str, str] | None = None, **options) -> Server:
        server = Server(list(words), cwd or tmp_path, {**environment, **(env or {})}, **options)
        started.append(server)
        return server

    yield run
    for server in started:
        if server.process.poll() is None:
            server.signal(signal.SIGTERM)
        try:
            server.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()


@pytest.fixture
def serve(start) -> Callable[..., Server]:
    """serve("hello:app"): an application of tests/apps on a free port, ready."""

    def run(app: str, *words: str, **options) -> Server:
        return start(app, "--app-dir", str(APPS), "--port", "0", *words, **options).wait_ready()

    return run


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken
