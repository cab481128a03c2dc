"""Applications for clients that are slow: they note what they were told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

events: list[str] = []


async def answer(send: Any, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


async def count(receive: Any, send: Any, notes: bool = True) -> None:
    """Reads the body, and notes how it ended."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            if notes:
                events.append(f"{size} bytes, then http.disconnect")
            return
        size += len(message["body"])
        if not message["more_body"]:
            return await answer(send, str(size).encode())


async def paced(receive: Any, send: Any) -> None:
    """Asks for the body byte by byte, at its own pace, and answers with all of it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body, more = b"", True
    while more:
        await asyncio.sleep(0.25)
        await send({"type": "http.response.body", "body": b"next", "more_body": True})
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    await send({"type": "http.response.body", "body": body})


async def download(size: int, send: Any) -> None:
    """So many bytes, in pieces, as fast as they are taken."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(size).encode())]})
    while size > 0:
        piece = min(size, 65536)
        size -= piece
        await send({"type": "http.response.body", "body": bytes(piece), "more_body": size > 0})


async def flood(receive: Any, send: Any) -> None:
    """Sends without end, and notes how it ended."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    gone = asyncio.ensure_future(receive())  # the request, then the disconnect
    await gone
    gone = asyncio.ensure_future(receive())
    while not gone.done():
        await asyncio.wait(
            {gone, asyncio.ensure_future(send({"type": "http.response.body", "body": bytes(65536), "more_body": True}))},
            return_when=asyncio.FIRST_COMPLETED,
        )
    events.append("flood: " + gone.result()["type"])


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    match scope["path"]:
        case "/count": await count(receive, send)
        case "/read": await count(receive, send, notes=False)
        case "/paced": await paced(receive, send)
        case "/flood": await flood(receive, send)
        case "/download": await download(int(scope["query_string"]), send)
        case "/events": await answer(send, json.dumps(events).encode())
        case _: await answer(send, b"ok")
