"""Answers that take long, and what became of them: each application's beginning and end is a line on stderr."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def lifespan(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    say("lifespan.shutdown ran")
    await send({"type": "lifespan.shutdown.complete"})


async def listening_stream(receive: Any, send: Any) -> None:
    """As Starlette's: a task waits for the client to go."""

    async def wait_for_end() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    say("stream began")
    waiting = asyncio.create_task(wait_for_end())
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    while not waiting.done():
        await send({"type": "http.response.body", "body": b"data: tick\n\n", "more_body": True})
        await asyncio.wait({waiting}, timeout=0.05)
    say("stream was told of the end")


async def deaf_stream(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    try:
        while True:
            await send({"type": "http.response.body", "body": b"data: tick\n\n", "more_body": True})
            await asyncio.sleep(0.05)
    except OSError:
        say("send raised OSError")
        raise


async def upload(receive: Any, send: Any) -> None:
    say("upload began")
    size = 0
    try:
        while (message := await receive())["type"] == "http.request":
            size += len(message["body"])
            if not message["more_body"]:
                break
    except asyncio.CancelledError:
        say("upload was cancelled")
        raise
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


async def slow(receive: Any, send: Any) -> None:
    say("request began")
    await asyncio.sleep(0.5)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})


ROUTES = {"/listening": listening_stream, "/deaf": deaf_stream, "/upload": upload, "/slow": slow}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await ROUTES[scope["path"]](receive, send)
