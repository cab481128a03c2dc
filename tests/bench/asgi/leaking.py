"""The application of leaks.py: one path for each way that a request can end, and /count."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tracemalloc
from typing import Any

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
STREAM = {"type": "http.response.start", "status": 200, "headers": []}
OK = {"type": "http.response.body", "body": b"ok"}


async def plain(receive: Any, send: Any) -> None:
    await send(START)
    await send(OK)


async def body(receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await plain(receive, send)


async def stream(receive: Any, send: Any) -> None:
    await send(STREAM)
    for number in range(8):
        await send({"type": "http.response.body", "body": b"part %d" % number, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


async def error(receive: Any, send: Any) -> None:
    raise ValueError("on purpose")


async def wrong(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"bad name", b"v")]})


async def disconnect(receive: Any, send: Any) -> None:
    """The client leaves while receive() waits, then send() raises."""
    while (await receive())["type"] != "http.disconnect":
        pass
    await send(STREAM)
    while True:
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(0)


async def cancel(receive: Any, send: Any) -> None:
    """A task that waits in receive() is cancelled, as frameworks do after each stream."""
    await receive()
    listener = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    listener.cancel()
    try:
        await listener
    except asyncio.CancelledError:
        pass
    await plain(receive, send)


async def count(receive: Any, send: Any) -> None:
    for _ in range(3):
        gc.collect()
    with open("/proc/self/status", encoding="ascii") as status:
        rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    figures = {
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
        "references": getattr(sys, "gettotalrefcount", lambda: 0)(),  # a debug interpreter's
        "traced": tracemalloc.get_traced_memory()[0],
        "tasks": len(asyncio.all_tasks()),
        "rss_kib": rss,
    }
    text = json.dumps(figures).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text})


PATHS = {f"/{call.__name__}": call for call in (plain, body, stream, error, wrong, disconnect, cancel, count)}


async def app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await PATHS[scope["path"]](receive, send)
