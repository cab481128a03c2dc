"""ASGI's HTTP extensions, one path each. FILE is 1 MiB and a bit; /last tells what send() raised."""

from __future__ import annotations

import asyncio
import os
import tempfile
from typing import Any

CONTENT = b"".join(b"%08d" % number for number in range(150_000))
FOLDER = tempfile.mkdtemp(prefix="extensions-")
FILE = os.path.join(FOLDER, "file")
with open(FILE, "wb") as made:
    made.write(CONTENT)
SIZE = str(len(CONTENT)).encode()
last: list[str] = []


def start(*headers: tuple[bytes, bytes], trailers: bool = False) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": headers, "trailers": trailers}


def body(data: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def trailers(*headers: tuple[bytes, bytes], more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.trailers", "headers": headers, "more_trailers": more}


def hint(*links: bytes) -> dict[str, Any]:
    return {"type": "http.response.early_hint", "links": links}


def path(name: str) -> dict[str, Any]:
    return {"type": "http.response.pathsend", "path": name}


def part(file: Any, more: bool = False, **where: int) -> dict[str, Any]:
    return {"type": "http.response.zerocopysend", "file": file, "more_body": more, **where}


MESSAGES = {
    "/trailers": [start(trailers=True), body(b"body"), trailers((b"X-Sum", b"5"))],
    "/trailers-in-parts": [start(trailers=True), body(b"body"), trailers((b"a", b"1"), more=True), trailers((b"b", b"2"))],
    "/trailers-forbidden": [start(trailers=True), body(b"body"), trailers((b"content-length", b"1"), (b"ok", b"1"))],
    "/trailers-beside-length": [start((b"content-length", b"4"), trailers=True), body(b"body"), trailers((b"x-sum", b"5"))],
    "/trailers-unannounced": [start(), body(b"body"), trailers((b"x-sum", b"5"))],
    "/trailers-missing": [start(trailers=True), body(b"body")],
    "/trailers-bad": [start(trailers=True), body(b"body"), trailers((b"x", b"a\r\nb"))],
    "/hint": [hint(b"</a.css>; rel=preload", b"</b.js>; rel=preload"), start((b"content-length", b"2")), body(b"ok")],
    "/hint-after-start": [start((b"content-length", b"2")), hint(b"</a.css>"), body(b"ok")],
    "/hint-late": [start((b"content-length", b"2")), body(b"o", more=True), hint(b"</a.css>"), body(b"k")],
    "/hint-bad": [hint(b"a\nb"), start((b"content-length", b"2")), body(b"ok")],
    "/path": [start((b"content-length", SIZE)), path(FILE)],
    "/path-chunked": [start(), path(FILE)],
    "/path-missing": [start(), path(FILE + ".not")],
    "/path-folder": [start(), path(FOLDER)],
    "/path-shorter": [start((b"content-length", b"%d" % (len(CONTENT) + 1))), path(FILE)],
    "/path-longer": [start((b"content-length", b"9")), path(FILE)],
    "/path-first": [path(FILE)],
}


async def zero_copy(send: Any) -> None:
    """Parts of a file between pieces of a body; where no offset is given, the file's position counts and moves."""
    with open(FILE, "rb", buffering=0) as file:
        await send(start())
        await send(body(b"<", more=True))
        await send(part(file, more=True, offset=8, count=8))
        await send(part(file, more=True, count=8))
        position = file.tell()
        await send(body(b"|%d|" % position, more=True))
        file.seek(16)
        await send(part(file, more=True, count=4))
        await send(part(file, count=4))


async def zero_copy_closed(send: Any) -> None:
    """The file is closed while the server sends it, and its number goes to another one."""
    with open(FILE, "rb", buffering=0) as file:
        await send(start((b"content-length", SIZE)))
        sending = asyncio.ensure_future(send(part(file)))
        await asyncio.sleep(0)
    with open("/dev/zero", "rb"):
        await sending


async def path_shrinks(send: Any) -> None:
    """A file of which nobody reads so much that it would fit into the socket's buffers."""
    name, size = os.path.join(FOLDER, "shrinks"), 64 * 1024 * 1024
    with open(name, "wb") as file:
        file.truncate(size)
    await send(start((b"content-length", b"%d" % size)))
    sending = asyncio.ensure_future(send(path(name)))
    await asyncio.sleep(0)
    os.truncate(name, size // 64)
    try:
        await sending
    except Exception as error:
        last.append(f"{type(error).__name__}: {error}")


async def app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    name = scope["path"]
    if name == "/zero-copy":
        await zero_copy(send)
    elif name == "/zero-copy-closed":
        await zero_copy_closed(send)
    elif name == "/path-shrinks":
        await path_shrinks(send)
    elif name == "/last":
        text = (last[-1] if last else "").encode()
        await send(start((b"content-length", str(len(text)).encode())))
        await send(body(text))
    else:
        try:
            for message in MESSAGES[name]:
                await send(message)
        except Exception as error:
            last.append(f"{type(error).__name__}: {error}")
            raise
