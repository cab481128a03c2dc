"""Each case of tests/data/http1 against the real server: the answers, the connection's fate and what the application saw."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from client import Answer, Client
from conftest import APPS, PATIENCE, Server
from corpus import Case, Send, Shut, Wait, read_all

CASES = read_all()
PROBE = b"GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n"


def shown(data: bytes) -> str:
    """As tests/apps/wire.py writes it."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in data)


class Worker:
    """One server for each set of options, and a connection that asks its application what it saw."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        words = ["wire:app", "--compat", "uvicorn", "--app-dir", str(APPS), "--port", "0", "--no-access-log", "--keep-alive", "60", *options]
        env = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "ASGI_WORKER_COMPAT": "native"}
        self.server = Server(words, folder, env).wait_ready()
        self.control = self.server.connect()

    def seen_by(self, port: int) -> list[str]:
        body = self.control.request("GET", f"/seen/{port}").body
        return body.decode().split("\n") if body else []

    def stop(self) -> None:
        self.control.socket.close()
        self.server.signal(signal.SIGTERM)
        self.server.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[tuple[str, ...]], Worker]]:
    workers: dict[tuple[str, ...], Worker] = {}

    def of(options: tuple[str, ...]) -> Worker:
        if options not in workers:
            workers[options] = Worker(tmp_path_factory.mktemp("worker"), options)
        return workers[options]

    yield of
    for one in workers.values():
        one.stop()


class Talk:
    """A case's side of one connection."""

    def __init__(self, address: tuple[str, int], piece: int | None) -> None:
        self.client = Client(address)
        self.client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = self.client.socket.getsockname()[1]
        self._piece = piece

    def send(self, data: bytes) -> None:
        size = self._piece or max(len(data), 1)
        try:
            for at in range(0, len(data), size):
                self.client.send(data[at : at + size])
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has refused already, and will be read

    def shut(self) -> None:
        try:
            self.client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # likewise

    def play(self, case: Case) -> None:
        for step in case.steps:
            if isinstance(step, Send):
                self.send(step.data)
            elif isinstance(step, Wait):
                head = self.client.head()
                assert head.status == step.status
                self.body(head, "")
            elif isinstance(step, Shut):
                self.shut()

    def body(self, head: Answer, framing: str) -> None:
        """Reads it as RFC 9112 6.3 says, and compares how it was framed."""
        length = head.get("content-length")
        if framing == "none" or head.status < 200:
            return
        if head.get("transfer-encoding") is not None:
            assert length is None
            while (chunk := self.client.chunk()) != b"":
                assert chunk is not None, "the last chunk is missing"
            actual = "chunked"
        elif length is not None:
            whole = self.client._take(int(length)) is not None
            actual = "length" if whole else "short"
        else:
            assert head.get("connection") == "close"
            while self.client._more():
                pass
            self.client._buffer = b""
            actual = "until-close"
        assert framing in ("", actual)


def check_answers(talk: Talk, case: Case) -> None:
    pending: Answer | None = None
    for said in case.answers:
        head = pending or talk.client.head()
        pending = None
        status, _, how = said.partition("/")
        if status.endswith("?"):
            if head.status != int(status[:-1]):
                pending = head
            continue
        framing, _, connection = how.partition("/")
        assert head.status == int(status)
        assert head.status_line.startswith("HTTP/1.1 ")
        talk.body(head, framing)
        if connection:
            assert head.get("connection") == connection
        elif how:
            assert head.get("connection") is None
        if head.status >= 200:
            assert head.get("date") is not None
    last = case.answers[-1].split("/")[0] if case.answers else ""
    if case.fate == "closed" and last.isdigit() and int(last) >= 400 and case.file != "answers":
        assert head.get("connection") == "close"


WHOLE, BYTES = "whole", "in pieces"
RUNS = [(case, WHOLE) for case in CASES] + [(case, BYTES) for case in CASES if case.is_first]


@pytest.mark.parametrize(("case", "how"), RUNS, ids=[f"{case.id}, {how}" for case, how in RUNS])
def test_means_one_thing(worker: Callable[[tuple[str, ...]], Worker], case: Case, how: str) -> None:
    piece = None if how == WHOLE else 1 if len(case.data) <= 4000 else 997
    at = worker(case.options)
    assert isinstance(at.server.address, tuple)
    talk = Talk(at.server.address, piece)
    with talk.client:
        talk.play(case)
        check_answers(talk, case)
        expected = [shown(seen) for seen in case.seen]
        if case.fate == "closed":
            assert talk.client.is_closed()
        else:
            talk.send(PROBE)
            assert talk.client.answer().status == 200
            expected.append("GET /probe 1.1 {host: probe}")
        # Of a body that is wrong as far as it has come the application may never have heard.
        seen = at.seen_by(talk.port)
        may_lack = [one for one in expected if not one.endswith(" cut")]
        assert seen in (expected, may_lack)
