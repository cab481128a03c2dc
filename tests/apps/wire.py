"""Notes each request as it saw it, by the client's port, and answers as the path says (tests/data/http1/answers.txt)."""

from __future__ import annotations

from typing import Any

seen: dict[int, list[str]] = {}


def shown(data: bytes) -> str:
    """ASCII as it is; the rest, line ends and backslashes escaped."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02x}" for byte in data)


def head_of(scope: Any) -> str:
    target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
    fields = b", ".join(name + b": " + value for name, value in scope["headers"])
    return shown(b"%s %s %s {%s}" % (scope["method"].encode(), target, scope["http_version"].encode(), fields))


async def read(receive: Any) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def start(status: int, length: int | None) -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def answer(send: Any, status: int, how: str) -> None:
    if how == "length":
        await send(start(status, 5))
        await send({"type": "http.response.body", "body": b"hello"})
    elif how == "stream":
        await send(start(status, None))
        await send({"type": "http.response.body", "body": b"hel", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": b"lo"})
    else:  # said/N: that length, and nothing
        await send(start(status, int(how.removeprefix("said/"))))
        try:
            await send({"type": "http.response.body"})
        except RuntimeError as error:
            assert str(error) == "Response content shorter than Content-Length"


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError("no lifespan")
    path = scope["path"]
    if path.startswith("/seen/"):
        text = "\n".join(seen.pop(int(path.removeprefix("/seen/")), [])).encode()
        await send(start(200, len(text)))
        await send({"type": "http.response.body", "body": text})
        return
    notes = seen.setdefault(scope["client"][1], [])
    index = len(notes)
    notes.append(head_of(scope) + " cut")  # until its body is whole
    if path == "/unread":
        notes[index] = head_of(scope) + " unread"
    elif path == "/late":
        await send(start(200, 5))
    if path != "/unread":
        body = await read(receive)
        if body is None:
            return
        notes[index] = head_of(scope) + (f" [{shown(body)}]" if body else "")
    status, _, how = path.strip("/").partition("/")
    if path == "/late":
        await send({"type": "http.response.body", "body": b"hello"})
    elif status.isdigit() and how.startswith(("length", "stream", "said/")):
        await answer(send, int(status), how)
    else:
        await answer(send, 200, "length")
