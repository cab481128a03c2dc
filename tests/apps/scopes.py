"""Answers with what it was called with, so that a test can look at it."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any

events: list[Any] = []
started = contextvars.ContextVar("started", default="no")


def plain(value: Any) -> Any:
    """JSON cannot say bytes and tuples: they become {"bytes": ...} and {"tuple": ...}."""
    if isinstance(value, bytes):
        return {"bytes": value.decode("latin-1")}
    if isinstance(value, tuple):
        return {"tuple": [plain(item) for item in value]}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


async def answer(send: Any, value: Any) -> None:
    data = json.dumps(plain(value)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(data)).encode())]})
    await send({"type": "http.response.body", "body": data})


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            scope["state"]["pool"] = "made"
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def wait_for_disconnect(receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    message = await receive()
    while message["type"] != "http.disconnect":
        message = await receive()
    await send({"type": "http.response.body", "body": b"into the void", "more_body": True})
    events.append("disconnected, and send() was silent")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(scope, receive, send)
    path = scope["path"].removeprefix(scope["root_path"])
    if path == "/give-up":  # as Starlette's streams do
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        events.append("gave up")
    elif path == "/disconnect":
        await wait_for_disconnect(receive, send)
    elif path == "/cancelled":
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
    elif path == "/events":
        await answer(send, events)
    elif path == "/state":
        scope["state"]["mine"] = scope["state"].get("mine", 0) + 1
        scope["asgi"]["touched"] = True
        await answer(send, scope["state"])
    elif path == "/task":
        task = asyncio.current_task()
        before = task
        await asyncio.sleep(0)
        await answer(send, {"type": type(task).__name__, "same": before is asyncio.current_task(), "known": task in asyncio.all_tasks()})
    elif path == "/receive-twice":
        first, second = asyncio.create_task(receive()), asyncio.create_task(receive())
        done, pending = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        got = done.pop().result()
        pending.pop().cancel()
        await asyncio.sleep(0)
        await answer(send, [got["type"], (await asyncio.wait_for(asyncio.shield(later(receive)), 5))])
    elif path == "/timeout":
        await receive()
        try:
            await asyncio.wait_for(receive(), 0.01)
            result = "returned"
        except asyncio.TimeoutError:
            result = "timed out"
        await answer(send, result)
    elif path == "/after":
        await answer(send, [])
        events.append((await receive())["type"])
    elif path == "/background":
        await answer(send, [])
        await asyncio.sleep(0.2)
        events.append("background")
    elif path == "/context":
        seen = started.get()
        started.set("set by a request")
        await answer(send, seen)
    else:
        await answer(send, scope)


async def later(receive: Any) -> str:
    task = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    state = "waits" if not task.done() else "returned"
    task.cancel()
    return state
