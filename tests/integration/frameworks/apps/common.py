"""What the five applications share: the same paths, the same answers, whatever the framework."""

from __future__ import annotations

import asyncio
import contextvars
import os
import tempfile
from collections.abc import AsyncIterator

events: list[str] = []  # told by /events
request_name: contextvars.ContextVar[str] = contextvars.ContextVar("request_name", default="unset")

FILE = os.path.join(tempfile.gettempdir(), f"frameworks-{os.getpid()}.bin")
FILE_BYTES = b"".join(b"%08d" % number for number in range(200_000))


def startup() -> None:
    with open(FILE, "wb") as file:
        file.write(FILE_BYTES)
    events.append("started")


def shutdown() -> None:
    os.unlink(FILE)
    print("the application has shut down", flush=True)


async def chunks(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield b"chunk %d\n" % number
        await asyncio.sleep(0)


async def ticks(name: str) -> AsyncIterator[bytes]:
    """Never ends by itself; how it ends is noted."""
    try:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.005)
    except BaseException:
        events.append(f"{name} ended")
        raise


async def grouped() -> int:
    """Three tasks of a group; a context variable is inherited by each."""
    async def part(number: int) -> int:
        await asyncio.sleep(0.001 * number)
        return number * len(request_name.get())

    return sum(await asyncio.gather(*(part(number) for number in range(1, 4))))


async def timed_out() -> str:
    try:
        await asyncio.wait_for(asyncio.sleep(20), 0.01)
    except asyncio.TimeoutError:
        return "timed out"
    return "slept"


async def cancelled_child() -> str:
    child = asyncio.ensure_future(asyncio.sleep(20))
    await asyncio.sleep(0)
    child.cancel("enough")
    try:
        await child
    except asyncio.CancelledError as error:
        return f"cancelled: {error}"
    return "slept"


async def current_task_is_real() -> bool:
    task = asyncio.current_task()
    await asyncio.sleep(0)  # before its first suspension a request's task need not be in all_tasks()
    is_same = asyncio.current_task() is task and task in asyncio.all_tasks()
    return is_same and isinstance(task, asyncio.Task) and not task.done() and task.get_coro() is not None


async def later(name: str, seconds: float = 0.2) -> None:
    await asyncio.sleep(seconds)
    events.append(f"{name} done")
