"""What an application does with its loop: connections of its own, children, threads, timers."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


async def backend() -> str:
    """One round trip on asyncio's streams, to a server on the same loop."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    return answer.decode()


async def child() -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "print(input()[::-1])", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(b"olleh\n")
    return out.decode()


async def thread() -> str:
    return await asyncio.to_thread(lambda: "from a thread")


async def timer() -> str:
    loop, order = asyncio.get_running_loop(), []
    done = loop.create_future()
    loop.call_later(0.002, done.set_result, None)
    loop.call_later(0.001, order.append, "first")
    loop.call_later(60, order.append, "never").cancel()
    await done
    return ",".join(order)


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise RuntimeError("only http")
    loop = type(asyncio.get_running_loop())
    body = {"loop": f"{loop.__module__}.{loop.__qualname__}"}
    for part in (backend, child, thread, timer):
        body[part.__name__] = await part()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
