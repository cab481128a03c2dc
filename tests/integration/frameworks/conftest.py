"""An application of apps/ under a server that the environment names. The same tests run under any server; run.py compares.

FRAMEWORKS_APP     module of apps/: fastapi_app, starlette_app, django_app, quart_app, litestar_app
FRAMEWORKS_SERVER  the command, with {app} and {port} in it
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "asgi"))

from client import Answer, Client  # noqa: E402

APP = os.environ["FRAMEWORKS_APP"]
PATIENCE = 20.0  # seconds; only a failing test ever waits so long


def wait_until(is_so: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.01)  # between two looks


class Server:
    def __init__(self, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = free.getsockname()[:2]
        words = shlex.split(os.environ["FRAMEWORKS_SERVER"].format(app=f"{APP}:app", port=self.address[1]))
        env = {**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        self._log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(words, cwd=HERE / "apps", env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait_until(self._answers, f"an answer from {words}")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/json").status == 200
        except OSError:
            return False

    def log(self) -> str:
        return self._log.read_text()

    def connect(self) -> Client:
        return Client(self.address)

    def get(self, target: str, **fields: str) -> Answer:
        with self.connect() as client:
            return client.request("GET", target, **fields)

    def events(self) -> list[str]:
        return self.get("/events").json()

    def stop(self) -> str:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()  # nothing, when it has ended
        return self.log()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of a module."""
    started = Server(tmp_path_factory.mktemp("server") / "log")
    yield started
    started.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "log")
    yield started
    started.stop()


@pytest.fixture
def has() -> Callable[[str], bool]:
    """Skips where the framework has no such path."""
    def check(path: str) -> None:
        if f'"{path}' not in (HERE / "apps" / f"{APP}.py").read_text() and f'"{path[1:]}' not in (HERE / "apps" / f"{APP}.py").read_text():
            pytest.skip(f"{APP} has no {path}")

    return check
