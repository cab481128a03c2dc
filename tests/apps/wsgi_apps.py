"""WSGI applications: what PEP 3333 asks of a server, one path each."""

from __future__ import annotations

import contextvars
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Environ = dict[str, Any]
TEXT = [("Content-Type", "text/plain")]
events: list[str] = []
running = threading.Semaphore(0)  # one for each request that has got into /block
go_on = threading.Event()
variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def environ_told(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    told = {key: value for key, value in environ.items() if isinstance(value, (str, bool, tuple))}
    start("200 OK", TEXT)
    return [json.dumps(told).encode()]


def echo(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    body = environ["wsgi.input"].read()
    start("200 OK", [*TEXT, ("Content-Length", str(len(body)))])
    return [body]


def lines(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", TEXT)
    return [repr(list(environ["wsgi.input"])).encode()]


def chunks(environ: Environ, start: Callable[..., Any]) -> Iterator[bytes]:
    start("200 OK", TEXT)
    yield b""
    yield b"one "
    yield b"two"


def written(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    write = start("201 Created", TEXT)
    write(b"written ")
    return [b"returned"]


def nothing(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    start("204 No Content", [])
    return []


def replaced(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", TEXT)
    try:
        raise ValueError("found too late")
    except ValueError:
        start("418 I'm a Teapot", TEXT, sys.exc_info())
    return [b"replaced"]


def twice(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", TEXT)
    start("200 OK", TEXT)
    return []


def raises(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    raise ValueError("in the thread")


def raises_later(environ: Environ, start: Callable[..., Any]) -> Iterator[bytes]:
    start("200 OK", TEXT)
    yield b"part"
    raise ValueError("in the middle")


class Closing:
    def __init__(self, size: int, count: int) -> None:
        self._size, self._left, self._made = size, count, 0

    def __iter__(self) -> Closing:
        return self

    def __next__(self) -> bytes:
        if self._made == self._left:
            raise StopIteration
        self._made += 1
        return b"x" * self._size

    def close(self) -> None:
        events.append(f"closed after {self._made}")


def endless(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", TEXT)
    return Closing(65536, 1_000_000)


def closing(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", TEXT)
    return Closing(1, 3)


def block(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    running.release()
    go_on.wait(20)
    start("200 OK", TEXT)
    return [threading.current_thread().name.encode()]


def unblock(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    """Once two others run at the same time as this one."""
    for _ in range(2):
        assert running.acquire(timeout=20)
    go_on.set()
    start("200 OK", TEXT)
    return [b"three at a time"]


def context(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    before = variable.get()
    variable.set("set")
    start("200 OK", TEXT)
    return [before.encode()]


def told(environ: Environ, start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", TEXT)
    return [json.dumps(events).encode()]


PATHS = {
    "/environ": environ_told, "/echo": echo, "/lines": lines, "/chunks": chunks, "/written": written, "/nothing": nothing,
    "/replaced": replaced, "/twice": twice, "/raises": raises, "/raises-later": raises_later, "/endless": endless,
    "/closing": closing, "/block": block, "/unblock": unblock, "/context": context, "/events": told,
}


def app(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
    return PATHS.get("/" + environ["PATH_INFO"].split("/")[1], environ_told)(environ, start)
