"""Applications that do not keep to ASGI, one a path. What was raised inside is told by /last."""

from __future__ import annotations

import asyncio
from typing import Any

last: list[str] = []

TEXT = [(b"content-type", b"text/plain")]


def start(status: int = 200, headers: Any = TEXT) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def body(data: bytes = b"", more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


MESSAGES: dict[str, list[dict[str, Any]]] = {
    "/body-first": [body(b"x")],
    "/start-twice": [start(), start()],
    "/after-completion": [start(headers=[(b"content-length", b"2")]), body(b"ok"), body(b"more")],
    "/too-long": [start(headers=[(b"content-length", b"3")]), body(b"four")],
    "/too-short": [start(headers=[(b"content-length", b"5")]), body(b"four")],
    "/too-long-later": [start(headers=[(b"content-length", b"5")]), body(b"four", more=True), body(b"more")],
    "/too-short-later": [start(headers=[(b"content-length", b"9")]), body(b"four", more=True), body(b"more")],
    "/body-is-text": [start(), {"type": "http.response.body", "body": "text"}],
    "/unknown-first": [{"type": "http.response.begin"}],
    "/unknown-later": [start(), {"type": "websocket.accept"}],
    "/not-a-dict": [["http.response.start"]],  # type: ignore[list-item]
    "/headers-no-pairs": [start(headers=[(b"name",)])],
    "/header-number": [start(headers=[(b"name", 5)])],
    "/header-empty-name": [start(headers=[(b"", b"v")])],
    "/header-nul": [start(headers=[(b"name", b"a\0b")])],
    "/status-text": [start("200")],  # type: ignore[arg-type]
    "/status-100": [start(100)],
    "/bad-name": [start(headers=[(b"na me", b"v")])],
    "/bad-value": [start(headers=[(b"name", b"a\r\nb")])],
    "/bad-length": [start(headers=[(b"content-length", b"-1")])],
    "/bad-status": [start(999)],
    "/no-status": [{"type": "http.response.start"}],
    "/no-type": [{"status": 200}],
    "/no-start": [],
    "/no-completion": [start(), body(b"part", more=True)],
    "/str-headers": [start(headers=[("X-Str", "v"), ("content-length", "2")]), body(b"ok")],
    "/bytearray": [start(headers=[(b"content-length", b"4")]), body(bytearray(b"ab"), more=True), body(memoryview(b"cd"))],
    "/own-encoding": [start(headers=[(b"transfer-encoding", b"chunked"), (b"content-length", b"2")]), body(b"ok")],
    "/204": [start(204), body(b"dropped")],
    "/304": [start(304, [(b"content-length", b"17"), (b"etag", b'"a"')]), body()],
    "/299": [start(299, [(b"content-length", b"0")]), body()],
}


async def app(scope: Any, receive: Any, send: Any) -> Any:
    assert scope["type"] == "http", scope["type"]
    path = scope["path"]
    if path == "/last":
        text = last[-1].encode() if last else b""
        await send(start(headers=[(b"content-length", str(len(text)).encode())]))
        await send(body(text))
    elif path == "/raise":
        raise ValueError("before the answer")
    elif path == "/raise-later":
        await send(start())
        await send(body(b"part", more=True))
        raise ValueError("after the start")
    elif path == "/raise-suspended":
        await asyncio.sleep(0)
        raise ValueError("from a task that was suspended")
    elif path == "/return-5":
        await send(start(headers=[(b"content-length", b"2")]))
        await send(body(b"ok"))
        return 5
    else:
        try:
            for message in MESSAGES[path]:
                await send(message)
        except Exception as error:
            last.append(f"{type(error).__name__}: {error}")
            raise
    return None
