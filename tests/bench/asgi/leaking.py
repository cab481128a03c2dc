"""The application of leaks.py: one path for each way that a request can end, and /count."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import os
import socket
import sys
import tracemalloc
from typing import Any

import asgi_worker

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
STREAM = {"type": "http.response.start", "status": 200, "headers": []}
FILE = asyncio.base_events.__file__
FILE_SIZE = os.path.getsize(FILE)
NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")
TASKS: set[asyncio.Future[Any]] = set()
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


async def background(receive: Any, send: Any) -> None:
    """Goes on after its answer, and leaves a task behind that ends by itself."""
    await plain(receive, send)
    left = asyncio.ensure_future(asyncio.sleep(0))
    await asyncio.sleep(0)
    TASKS.add(left)
    left.add_done_callback(TASKS.discard)


async def group(receive: Any, send: Any) -> None:
    """Tasks of its own with context variables, one of which is cancelled by the failure of another."""
    async def fails() -> None:
        NAME.set("fails")
        await asyncio.sleep(0)
        raise ValueError("on purpose")

    waits = asyncio.ensure_future(asyncio.Event().wait())
    await asyncio.gather(fails(), asyncio.sleep(0), return_exceptions=True)
    waits.cancel()
    await asyncio.gather(waits, return_exceptions=True)
    await plain(receive, send)


async def file(receive: Any, send: Any) -> None:
    """Large enough to go out by sendfile."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % FILE_SIZE)]})
    await send({"type": "http.response.pathsend", "path": FILE})


async def lifespan(receive: Any, send: Any) -> None:
    """A server within this one: started, asked once, stopped."""
    async def inner(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            return await plain(receive, send)
        for said in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{said}"
            scope["state"]["held"] = [object()]
            await send({"type": f"lifespan.{said}.complete"})

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = asgi_worker.Server(asgi_worker.Config(inner, lifespan="on", log_level="critical", access_log=False))
        serving = asyncio.ensure_future(server.serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"ok")
        writer.close()
        await writer.wait_closed()
        server.should_exit = True
        await serving
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


PATHS = {f"/{call.__name__}": call for call in (plain, body, stream, error, wrong, disconnect, cancel, background, group, file, lifespan, count)}


async def app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    await PATHS[scope["path"]](receive, send)
