"""The example application of the quickstart: nothing but the standard library.

    asgi-worker hello:app

/ is a page, /json says who answered, /slow waits, /stream sends a line every half second, /echo
answers with what it was sent.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any
from urllib.parse import parse_qs

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 12vh auto; padding: 0 1rem; color: #223; }
  h1 { font-size: 2.4rem; margin: 0; }
  code { background: #eef2f6; padding: .1em .35em; border-radius: .3em; }
  a { color: #06c; }
</style>
<h1>Hello!</h1>
<p>This page comes from a Python application behind <code>asgi-worker</code>, process <code>PID</code>.</p>
<ul>
  <li><a href="/json">/json</a>: who answered, for a script</li>
  <li><a href="/slow?seconds=2">/slow?seconds=2</a>: takes its time</li>
  <li><a href="/stream">/stream</a>: ten lines, one every half second</li>
  <li><code>curl --data-binary @file localhost:8000/echo</code>: what you send comes back</li>
</ul>
</html>
"""


async def answer(send: Any, body: bytes, content_type: str, status: int = 200) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def page(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, PAGE.replace("PID", str(os.getpid())).encode(), "text/html; charset=utf-8")


async def who(scope: Any, receive: Any, send: Any) -> None:
    facts = {"hello": "world", "pid": os.getpid(), "path": scope["path"], "client": scope["client"]}
    await answer(send, json.dumps(facts).encode() + b"\n", "application/json")


async def slow(scope: Any, receive: Any, send: Any) -> None:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    seconds = float(query.get("seconds", ["1"])[0])
    await asyncio.sleep(seconds)
    await answer(send, f"waited {seconds:g} s\n".encode(), "text/plain; charset=utf-8")


async def stream(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    for number in range(1, 11):
        await send({"type": "http.response.body", "body": f"line {number}\n".encode(), "more_body": True})
        await asyncio.sleep(0.5)
    await send({"type": "http.response.body"})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    headers = [(b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while message["type"] == "http.request":
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})
        if not more:
            return
        message = await receive()


ROUTES = {"/": page, "/json": who, "/slow": slow, "/stream": stream, "/echo": echo}


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif route := ROUTES.get(scope["path"]):
        await route(scope, receive, send)
    else:
        await answer(send, b"no such page\n", "text/plain; charset=utf-8", status=404)
