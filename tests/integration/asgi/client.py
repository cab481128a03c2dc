"""A small HTTP/1.1 client over a raw socket: it shows what was really sent."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    status_line: str
    fields: list[tuple[str, str]]
    body: bytes = b""
    is_whole: bool = True  # as its framing says
    closed: bool = field(default=False)

    @property
    def status(self) -> int:
        return int(self.status_line.split(" ")[1])

    def get(self, name: str) -> str | None:
        return next((value for known, value in self.fields if known == name), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, address: tuple[str, int] | str) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(20)
        self.socket.connect(address)
        self._buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, method: str, target: str, body: bytes = b"", **fields: str) -> Answer:
        lines = [f"{method} {target} HTTP/1.1", "host: test", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
        if body:
            lines.append(f"content-length: {len(body)}")
        self.send("\r\n".join([*lines, "", ""]).encode() + body)
        return self.answer(to_head=method == "HEAD")

    def _more(self) -> bool:
        try:
            data = self.socket.recv(262144)
        except ConnectionResetError:
            data = b""
        self._buffer += data
        return bool(data)

    def _take(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not self._more():
                return None
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _line(self) -> bytes | None:
        while b"\r\n" not in self._buffer:
            if not self._more():
                return None
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def head(self) -> Answer:
        first = self._line()
        assert first is not None, "the connection was closed without an answer"
        fields = []
        while line := self._line():
            name, _, value = line.decode("latin-1").partition(":")
            fields.append((name, value.strip()))
        return Answer(first.decode("latin-1"), fields)

    def chunk(self) -> bytes | None:
        """The next chunk; b"" is the last one, None a connection that ended before it."""
        size = self._line()
        if size is None:
            return None
        data = self._take(int(size, 16))
        return data if data is not None and self._line() is not None else None

    def answer(self, to_head: bool = False) -> Answer:
        answer = self.head()
        if to_head or answer.status in (204, 304):
            return answer
        length = answer.get("content-length")
        if length is not None:
            body = self._take(int(length))
            answer.is_whole = body is not None
            answer.body = body if body is not None else self._buffer
            self._buffer = self._buffer if answer.is_whole else b""
        elif answer.get("transfer-encoding") == "chunked":
            while chunk := self.chunk():
                answer.body += chunk
            answer.is_whole = chunk is not None
        else:
            while self._more():
                pass
            answer.body, self._buffer = self._buffer, b""
        return answer

    def is_closed(self) -> bool:
        """Waits until the server closes; False when it sends something instead."""
        return not self._buffer and not self._more()
