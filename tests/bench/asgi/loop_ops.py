#!/usr/bin/env python3
"""What single operations of an event loop cost: asgi-worker's loop, uvloop's and asyncio's, turn about in one run.

    loop_ops.py [--package build/release/lib/asgi-worker] [--rounds 5] [--seconds 0.3] [--only WORD]

Microseconds of this process's CPU time for one operation (both ends of it are in this process, on one loop), medians over the
rounds, the range in brackets, and what share of the others' asgi-worker's is. A Markdown table. uvloop is left out where it is not
installed. Pin it to a CPU: `taskset -c 0`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Operation = Callable[[int], Awaitable[None]]  # does it so many times


async def create_future() -> Operation:
    create = asyncio.get_running_loop().create_future

    async def run(count: int) -> None:
        for _ in range(count):
            create()

    return run


async def create_task() -> Operation:
    loop = asyncio.get_running_loop()

    async def nothing() -> None:
        pass

    async def run(count: int) -> None:
        for _ in range(count):
            await loop.create_task(nothing())

    return run


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, is_server: bool) -> None:
        self.is_server, self.left, self.over = is_server, 0, None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        if self.is_server:
            self.transport.sendto(data, address)
        elif self.left:
            self.left -= 1
            self.transport.sendto(data)
        else:
            self.over.set_result(None)


async def udp_echo() -> Operation:
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(lambda: Datagrams(True), local_addr=("127.0.0.1", 0))
    transport, client = await loop.create_datagram_endpoint(lambda: Datagrams(False), remote_addr=server.get_extra_info("sockname"))

    async def run(count: int) -> None:
        client.left, client.over = count - 1, loop.create_future()
        transport.sendto(b"x" * 100)
        await client.over

    return run


class Pipe(asyncio.Protocol):
    def __init__(self) -> None:
        self.writer, self.left, self.over = None, 0, None

    def data_received(self, data: bytes) -> None:
        if self.left is None:
            self.writer.write(data)
        elif self.left:
            self.left -= 1
            self.writer.write(data)
        else:
            self.over.set_result(None)


async def pipe_echo() -> Operation:
    loop = asyncio.get_running_loop()
    protocols = []
    for _ in range(2):
        read, write = os.pipe()
        _, protocol = await loop.connect_read_pipe(Pipe, os.fdopen(read, "rb", 0))
        protocol.to, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write, "wb", 0))
        protocols.append(protocol)
    client, server = protocols
    client.writer, server.writer, server.left = server.to, client.to, None

    async def run(count: int) -> None:
        client.left, client.over = count - 1, loop.create_future()
        client.writer.write(b"x" * 100)
        await client.over

    return run


async def connect_accept() -> Operation:
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    listener.setblocking(False)
    address = listener.getsockname()

    async def run(count: int) -> None:
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # leaves no TIME_WAIT
            await loop.sock_connect(client, address)
            accepted, _ = await loop.sock_accept(listener)
            client.close()
            accepted.close()

    return run


async def accept_connect() -> Operation:
    """The accepting side waits first."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    listener.setblocking(False)
    address = listener.getsockname()

    async def accept(count: int) -> None:
        for _ in range(count):
            accepted, _ = await loop.sock_accept(listener)
            accepted.close()

    async def run(count: int) -> None:
        task = loop.create_task(accept(count))
        for _ in range(count):
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            await loop.sock_connect(client, address)
            await asyncio.sleep(0)
            client.close()
        await task

    return run


async def sock_echo() -> Operation:
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)

    async def answer() -> None:
        while True:
            await loop.sock_sendall(far, await loop.sock_recv(far, 1000))

    task = loop.create_task(answer())

    async def run(count: int) -> None:
        assert not task.done()
        for _ in range(count):
            await loop.sock_sendall(near, b"x" * 100)
            await loop.sock_recv(near, 1000)

    return run


OPERATIONS = {
    "`create_future()`": create_future,
    "`create_task()` of a coroutine that only returns, awaited": create_task,
    "UDP echo, there and back": udp_echo,
    "pipe echo, there and back": pipe_echo,
    "`sock_connect()`, then `sock_accept()`, both closed": connect_accept,
    "the same, `sock_accept()` waiting": accept_connect,
    "`sock_sendall()`, `sock_recv()` echo, there and back": sock_echo,
}


async def measured(make: Callable[[], Awaitable[Operation]], seconds: float) -> float:
    """Microseconds of CPU time for one."""
    run = await make()
    count, took = 50, 0.0
    await run(count)
    while took < seconds:
        began = time.process_time()
        await run(count)
        took = time.process_time() - began
        if took < seconds:
            count = max(count + 1, min(count * 10, int(count * seconds / max(took, 1e-6) * 1.1)))
    return took / count * 1e6


def one(factory: Callable[[], Any], make: Callable[[], Awaitable[Operation]], seconds: float) -> float:
    loop = factory()
    try:
        return loop.run_until_complete(measured(make, seconds))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, default=Path(__file__).resolve().parents[3] / "build" / "release" / "lib" / "asgi-worker")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each measurement")
    parser.add_argument("--only", default="", help="operations whose name has this in it")
    options = parser.parse_args()
    import warnings

    warnings.simplefilter("ignore", ResourceWarning)  # what a loop leaves behind is not measured
    sys.path.insert(0, str(options.package))
    import asgi_worker

    loops: dict[str, Callable[[], Any]] = {"asgi-worker": asgi_worker.new_event_loop, "asyncio": asyncio.SelectorEventLoop}
    versions = f"Python {platform.python_version()}"
    try:
        import uvloop
    except ImportError:
        print("uvloop is not installed", file=sys.stderr)
    else:
        loops["uvloop"] = uvloop.new_event_loop
        versions += f", uvloop {uvloop.__version__}"
    others = [name for name in ("uvloop", "asyncio") if name in loops]
    print(f"{versions}; {options.rounds} rounds of {options.seconds} s\n")
    print("| µs | " + " | ".join(["asgi-worker", *others, *(f"share of {name}'s" for name in others)]) + " |")
    print("| --- |" + " --- |" * (1 + 2 * len(others)))
    for text, make in OPERATIONS.items():
        if options.only not in text:
            continue
        found: dict[str, list[float]] = {name: [] for name in loops}
        for number in range(options.rounds):
            names = list(loops)
            for name in names[number % len(names):] + names[: number % len(names)]:
                found[name].append(one(loops[name], make, options.seconds))
        cells = [f"{statistics.median(found[name]):.2f} ({min(found[name]):.2f}–{max(found[name]):.2f})" for name in ("asgi-worker", *others)]
        for name in others:
            cells.append(f"{statistics.median(mine / theirs for mine, theirs in zip(found['asgi-worker'], found[name])):.2f}")
        print(f"| {text} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
