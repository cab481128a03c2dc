"""Which event loop `--loop` means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


def make(name: str, log: Callable[[str, str], None]) -> asyncio.AbstractEventLoop:
    """`auto` is asgi-worker's own; `none` is what the process's policy says."""
    if name == "none":
        return asyncio.new_event_loop()
    if name == "asyncio":
        return asyncio.SelectorEventLoop()
    if name == "uvloop":
        try:
            import uvloop

            return uvloop.new_event_loop()
        except ImportError:
            log("warning", "uvloop is not installed; asgi-worker's own loop is used instead")
    from asgi_worker import loop

    return loop.new_event_loop()
