"""Applications that differ in their lifespan only; / answers "ok"."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

App = Callable[[Any, Any, Any], Awaitable[None]]
COMPLETE = {"type": "lifespan.startup.complete"}
SHUT_DOWN = {"type": "lifespan.shutdown.complete"}


async def answer(send: Any, text: bytes = b"ok") -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text})


def with_requests(lifespan: App) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await lifespan(scope, receive, send)
        else:
            await answer(send)

    return app


@with_requests
async def good(scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["type"] == "lifespan.startup"
    await send(COMPLETE)
    assert (await receive())["type"] == "lifespan.shutdown"
    await send(SHUT_DOWN)


@with_requests
async def returns(scope: Any, receive: Any, send: Any) -> None:
    return


@with_requests
async def returns_after_receive(scope: Any, receive: Any, send: Any) -> None:
    await receive()


@with_requests
async def raises_before_receive(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("no lifespan here")


@with_requests
async def raises_after_receive(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise RuntimeError("no database")


@with_requests
async def names_lifespan(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise NotImplementedError("scope type 'lifespan'")


@with_requests
async def key_error(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise KeyError("DATABASE_URL")


@with_requests
async def cancelled(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    raise asyncio.CancelledError


@with_requests
async def fails(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "db is down"})


@with_requests
async def fails_without_a_word(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed"})


@with_requests
async def wrong_message(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.begun"})


@with_requests
async def completes_twice(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(COMPLETE)
    await send(COMPLETE)


@with_requests
async def fails_at_the_end(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(COMPLETE)
    await receive()
    await send({"type": "lifespan.shutdown.failed", "message": "disk is full"})


@with_requests
async def raises_at_the_end(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(COMPLETE)
    await receive()
    raise ValueError("in the shutdown")


@with_requests
async def hangs_at_the_end(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send(COMPLETE)
    await asyncio.Event().wait()


async def tells_state(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        scope["state"]["set at startup"] = True
        await good(scope, receive, send)
    else:
        await answer(send, str(list(scope["state"])).encode())


async def tells_loop(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        scope["state"]["loop"] = asyncio.get_running_loop()
        await good(scope, receive, send)
    else:
        await answer(send, str(scope["state"]["loop"] is asyncio.get_running_loop()).encode())
