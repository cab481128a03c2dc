"""Server: one worker in the caller's process and on the caller's loop, as uvicorn.Server is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

from asgi_worker import _asgi_worker, serving
from asgi_worker.config import Config


@contextlib.contextmanager
def _signals_end_a_wait(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """A signal that comes to another thread, or just before the loop begins to wait, would be noticed with
    the next event only."""
    ours, kernels = socket.socketpair()
    with ours, kernels:
        ours.setblocking(False)
        kernels.setblocking(False)
        before = signal.set_wakeup_fd(kernels.fileno(), warn_on_full_buffer=False)
        if before != -1:  # the loop's own, which does the same
            signal.set_wakeup_fd(before, warn_on_full_buffer=False)
            yield
            return
        loop.add_reader(ours, ours.recv, 4096)
        try:
            yield
        finally:
            loop.remove_reader(ours)
            last = signal.set_wakeup_fd(-1)
            if last != kernels.fileno():  # somebody has set another one since
                signal.set_wakeup_fd(last, warn_on_full_buffer=False)


class Server:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.started = False
        self._should_exit = False
        self._force_exit = False
        self._captured: list[int] = []
        self._inner: serving.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # Assigned by whoever wants the end of it, from any thread.

    @property
    def should_exit(self) -> bool:
        return self._should_exit

    @should_exit.setter
    def should_exit(self, value: bool) -> None:
        self._should_exit = value
        self._tell()

    @property
    def force_exit(self) -> bool:
        return self._force_exit

    @force_exit.setter
    def force_exit(self, value: bool) -> None:
        self._force_exit = value
        self._tell()

    def _tell(self) -> None:
        inner, loop = self._inner, self._loop
        if inner is None or loop is None or loop.is_closed():
            return
        if self._force_exit:
            loop.call_soon_threadsafe(inner.stop, serving.FORCE)
        elif self._should_exit:
            loop.call_soon_threadsafe(inner.stop, serving.DRAIN)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        factory = self.config.get_loop_factory()
        if factory is None or sys.version_info < (3, 11):
            return asyncio.run(self.serve(sockets=sockets))
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(self.serve(sockets=sockets))

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        with self.capture_signals():
            await self._serve(sockets)

    async def _serve(self, sockets: list[socket.socket] | None) -> None:
        config = self.config
        settings = _asgi_worker.settings([*config.words(), "--", "in.process:app"])
        settings.app, settings.factory = config.loaded_app if config.loaded else config.app, False
        log = _asgi_worker.log
        log("info", f"Started server process [{os.getpid()}]")
        if not config.loaded:
            try:
                settings.app = config.load_app()
            except Exception as error:
                return log("error", str(error))
        try:
            listening = sockets or [config.bind_socket()]
        except OSError as error:
            log("error", f"[Errno {error.errno}] error while attempting to bind on address ('{config.host}', {config.port}): "
                f"{(error.strerror or '').lower()}")
            raise SystemExit(1) from None
        self._loop = asyncio.get_running_loop()
        self._inner = serving.Server(settings, [one.fileno() for one in listening], log)
        self._tell()  # what was asked before it was there
        notifying = self._loop.create_task(self._notify()) if config.callback_notify else None
        try:
            await self._inner.serve(lambda: self._serves(listening))
        finally:
            self._inner = None
            if notifying:
                notifying.cancel()
            if not sockets:
                for one in listening:
                    one.close()
                if config.uds:
                    with contextlib.suppress(OSError):
                        os.unlink(config.uds)
        log("info", f"Finished server process [{os.getpid()}]")

    def _serves(self, listening: list[socket.socket]) -> None:
        self.started = True
        for one in listening:
            name = one.getsockname()
            if one.family == socket.AF_UNIX:
                where = f"unix socket {name}"
            elif one.family == socket.AF_INET6:
                where = f"http://[{name[0]}]:{name[1]}"
            else:
                where = f"http://{name[0]}:{name[1]}"
            _asgi_worker.log("info", f"asgi-worker running on {where} (Press CTRL+C to quit)")

    async def _notify(self) -> None:
        while True:
            await self.config.callback_notify()
            await asyncio.sleep(self.config.timeout_notify)

    @property
    def servers(self) -> list[Any]:
        return []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """TERM and INT are ours while we serve; once we have ended well they are raised again, for
        whom they would have met without us."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with _signals_end_a_wait(asyncio.get_running_loop()):
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        for number in reversed(self._captured):
            signal.raise_signal(number)

    def install_signal_handlers(self) -> None:
        """uvicorn's of old; serve() sees to signals."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._captured.append(sig)
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self.should_exit = True
