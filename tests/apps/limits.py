"""Applications that take their time, for tests of limits."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def say(what: str) -> None:
    print("WARNING:  " + what, file=sys.stderr, flush=True)


async def answer(send: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


async def forever() -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        say("cancelled")
        raise


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    match scope["path"]:
        case "/hold":
            say("holding")
            await asyncio.sleep(1)
            await answer(send, b"held")
        case "/order":
            await answer(send, scope["query_string"])
        case "/background":
            await answer(send, b"answered")
            await asyncio.sleep(0.5)
        case "/forever":
            await forever()
        case "/forever-streaming":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await forever()
        case _:
            await answer(send, b"ok")
