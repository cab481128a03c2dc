"""Which event loop `--loop` means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

Factory = Callable[[], asyncio.AbstractEventLoop]


def find(name: str) -> Factory | None:
    """`auto` is asgi-worker's own; `none` is what the process's policy says. None: it is not installed."""
    if name == "none":
        return asyncio.new_event_loop
    if name == "asyncio":
        return asyncio.SelectorEventLoop
    if name == "uvloop":
        try:
            import uvloop
        except ImportError:
            return None
        return uvloop.new_event_loop
    from asgi_worker import loop

    return loop.new_event_loop


def make(name: str, log: Callable[[str, str], Any]) -> asyncio.AbstractEventLoop:
    factory = find(name)
    if factory is None:
        log("warning", f"{name} is not installed; asgi-worker's own loop is used instead")
        factory = find("auto")
        assert factory is not None
    return factory()
