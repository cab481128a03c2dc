"""Lifespans that go well, go wrong, or are none; and things that are no application."""

from __future__ import annotations

import functools
import sys
from typing import Any

not_callable = 5


async def hello(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def good(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "lifespan":
        return await hello(send)
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("shutdown ran", file=sys.stderr, flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def unsupported(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await hello(send)


async def refuses_after_receive(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        raise ValueError("scope type lifespan is not known")
    await hello(send)


async def failed(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "db is down"})


async def broken(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        raise RuntimeError("no database")
    await hello(send)


def asgi2(scope: Any) -> Any:
    async def instance(receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        assert scope["asgi"]["version"] == "2.0"
        await hello(send)

    return instance


async def _with_greeting(greeting: str, scope: Any, receive: Any, send: Any) -> None:
    await unsupported(scope, receive, send)


partial = functools.partial(_with_greeting, "hi")


def decorated(scope: Any, receive: Any, send: Any) -> Any:
    return unsupported(scope, receive, send)


class Instance:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await unsupported(scope, receive, send)


class Holder:
    inner = Instance()


def create(name: str = "x", debug: bool = False) -> Any:
    assert debug or name == "x"
    return unsupported


def needs(argument: str) -> Any:
    return unsupported
