"""One worker's story: load, start up, serve until told, drain, shut down."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asgi_worker import _asgi_worker, loading
from asgi_worker.lifespan import Lifespan, StartupFailed

DRAIN, FORCE = 1, 2  # how strongly the server has been asked to stop


@dataclass
class Settings:
    """What the worker needs to know; the extension fills it from its options."""

    app: Any
    app_dir: str = ""
    factory: bool = False
    interface: str = "auto"
    loop: str = "auto"
    threads: int = 0  # of WSGI; 0: as many as it thinks right
    lifespan: str = "auto"
    spec_version: str = "2.5"
    reset_contextvars: bool = False
    root_path: str = ""
    graceful_timeout: float = 30.0
    lifespan_shutdown: float = 5.0
    shutdown_delay: float = 0.0  # serve on for so long, when all stop
    timeout: float = 0.0  # the arbiter replaces a worker whose loop stands still so long
    lifetime: float = 0.0  # a worker asks for its successor at that age,
    max_rss_mib: int = 0  # or when it has grown so large,
    rss_sample_interval: float = 30.0  # looked at so often,
    rss_samples: int = 1  # so many times in a row
    error_fd: int = 2
    compat: str = "native"  # whose way holds
    reload: bool = False  # while somebody changes the code: what is wrong with it is shown to the browser, too
    core: dict[str, Any] = field(default_factory=dict)  # what _asgi_worker.Core takes besides


class Server:
    """Serves one application on the running loop. `listeners` are descriptors of listening sockets,
    kept open by the caller."""

    def __init__(self, settings: Settings, listeners: list[int], log: Callable[[str, str], None]) -> None:
        self.settings = settings
        self.listeners = listeners
        self.log = log
        self.started = False
        self._asked = 0
        self._wake = asyncio.Event()

    @property
    def should_exit(self) -> bool:
        return self._asked >= DRAIN

    def stop(self, how: int = DRAIN) -> None:
        """Asks to stop; more than once is the same as once."""
        self._asked = max(self._asked, how)
        self._wake.set()

    async def serve(self, on_ready: Callable[[], None] = lambda: None) -> int:
        """Runs until stop(); the exit status of a process that did this."""
        loop = asyncio.get_running_loop()
        settings = self.settings
        try:
            application = settings.app
            if isinstance(application, str):
                application = loading.load(application, factory=settings.factory, compat=settings.compat, warn=functools.partial(self.log, "warning"))
        except loading.LoadError as error:
            self.log("error", str(error))
            if not settings.reload:
                return loading.exit_status(error, settings.compat)
            application = loading.error_page(str(error))
        call, version = loading.as_asgi3(application, settings.interface, settings.threads)
        call = self.around(call)
        mode = "off" if settings.interface in ("wsgi", "asginl") else settings.lifespan
        lifespan = Lifespan(call, version, mode, self.log)
        try:
            await lifespan.startup()
        except StartupFailed:
            if not settings.reload:
                return loading.CANNOT_START
            call, version = loading.error_page("The application's startup failed; the log says why."), "3.0"

        core = _asgi_worker.Core(
            loop=loop,
            application=call,
            state=lifespan.state,
            asgi_version=version,
            spec_version=settings.spec_version,
            root_path=settings.root_path,
            retire=self.retire,
            on_empty=self._wake.set,
            **settings.core,
        )
        if settings.reset_contextvars:  # tasks get a copy of the context in which the server joined the loop
            contextvars.Context().run(core.start, self.listeners)
        else:
            core.start(self.listeners)
        self.started = True
        on_ready()
        while not self._asked:
            await self._pause(None)
        await self._linger()
        await self._drain(core)
        if self._asked < FORCE:
            await lifespan.shutdown(settings.lifespan_shutdown)
        core.close()
        return 0

    def retire(self) -> None:
        """The core has served max_requests. Overridden by a worker, which asks for its successor."""
        self.stop()

    def around(self, application: Any) -> Any:
        """The application with what has to be done before and after each request."""
        return application

    def interrupted(self) -> None:
        """INT or QUIT has come."""

    def about_to_stop(self) -> None:
        """Whoever asks is told to send no more clients."""

    def has_successor(self) -> bool:
        """Whether somebody else serves in our place already."""
        return False

    def stopped_accepting(self) -> None:
        """The listeners are not needed any more."""

    async def _linger(self) -> None:
        """Serves on for the shutdown delay: whoever sends us clients has to learn first that we go."""
        if self.has_successor():
            return
        self.about_to_stop()
        until = time.monotonic() + self.settings.shutdown_delay
        while self._asked < FORCE and (left := until - time.monotonic()) > 0:
            await self._pause(left)

    async def _drain(self, core: Any) -> None:
        """No new connections; requests may end. Streams learn of it when a fifth of the time is left, and at its end
        what still runs is cancelled."""
        self.log("info", "Shutting down")
        core.stop_accepting()
        self.stopped_accepting()
        core.drain()
        limit = self.settings.graceful_timeout
        until = time.monotonic() + limit
        tell_streams_at: float | None = until - limit / 5
        has_said = False
        while self._asked < FORCE and (core.connections or core.tasks):
            now = time.monotonic()
            if now >= until:
                self.log("error", f"Cancel {core.tasks} running task(s), timeout graceful shutdown exceeded")
                break
            if tell_streams_at is not None and now >= tell_streams_at:
                core.end_streams()
                tell_streams_at = None
            if not has_said:
                what = "connections to close" if core.connections else "background tasks to complete"
                self.log("info", f"Waiting for {what}. (CTRL+C to force quit)")
                has_said = True
            await self._pause(min(tell_streams_at or until, until) - now if core.connections else 0.05)
        core.cancel_tasks()
        for _ in range(3):  # let what was cancelled run its finally blocks
            if core.tasks:
                await asyncio.sleep(0)
        if core.tasks and self._asked < FORCE:
            await self._pause(0.2)
        core.close_all()

    async def _pause(self, seconds: float | None) -> None:
        """Until stop() is called again, or for so long."""
        self._wake.clear()
        if self._asked >= FORCE:
            return
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except asyncio.TimeoutError:
            pass


def finish_loop(loop: asyncio.AbstractEventLoop) -> None:
    """As asyncio.run() ends a loop: what is left is cancelled and waited for."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=2))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def handle_signals(loop: asyncio.AbstractEventLoop, server: Server) -> None:
    """TERM drains; INT drains, the second one forces; QUIT forces. HUP and the arbiter's other
    signals are none of a worker's business."""
    interrupts = 0

    def on_interrupt() -> None:
        nonlocal interrupts
        interrupts += 1
        server.interrupted()
        server.stop(DRAIN if interrupts == 1 else FORCE)

    loop.add_signal_handler(signal.SIGTERM, server.stop, DRAIN)
    loop.add_signal_handler(signal.SIGINT, on_interrupt)
    def on_quit() -> None:
        server.interrupted()
        server.stop(FORCE)

    loop.add_signal_handler(signal.SIGQUIT, on_quit)
    for number in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2, signal.SIGWINCH):
        signal.signal(number, signal.SIG_IGN)
