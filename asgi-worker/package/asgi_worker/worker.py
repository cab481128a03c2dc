"""What a forked worker runs, and the template that it may be forked from. Called by the arbiter's child with the GIL
held."""

from __future__ import annotations

import asyncio
import faulthandler
import functools
import gc
import os
import signal
import sys
from typing import Any

from asgi_worker import loading, logs, loops, serving
from asgi_worker import _asgi_worker

READY, REQUESTS, AGE, MEMORY = b"R", b"M", b"L", b"S"  # what a worker tells its arbiter, a byte each


class Worker(serving.Server):
    """A server that reports to an arbiter over a pipe."""

    def __init__(self, settings: serving.Settings, listeners: list[int], arbiter: int, hooks: Any) -> None:
        super().__init__(settings, listeners, _asgi_worker.log)
        self._arbiter = arbiter
        self._hooks = hooks  # an asgi_worker.hooks.Hooks, or None
        self._samples_too_large = 0

    def tell(self, word: bytes) -> None:
        try:
            os.write(self._arbiter, word)
        except OSError:
            self.stop()  # the arbiter has gone

    def serves(self) -> None:
        """The application has started: from now on the arbiter may count on us."""
        settings = self.settings
        loop = asyncio.get_running_loop()
        if settings.timeout:
            self._beat(min(1.0, settings.timeout / 4))
        if settings.lifetime:
            loop.call_later(settings.lifetime, self._is_old)
        if settings.max_rss_mib:
            loop.call_later(settings.rss_sample_interval, self._weigh)
        logs.heed()
        if self._hooks is not None:
            self._hooks.post_worker_init()
        self.tell(READY)

    def around(self, application: Any) -> Any:
        return application if self._hooks is None else self._hooks.around(application)

    def interrupted(self) -> None:
        if self._hooks is not None:
            self._hooks.worker_int()

    # After each of these it serves on until its successor is ready, and then gets TERM.

    def retire(self) -> None:
        self.log("info", "Maximum request limit exceeded. Terminating process.")
        self.tell(REQUESTS)

    def _is_old(self) -> None:
        self.log("info", f"Worker is {self.settings.lifetime:g} s old. Terminating process.")
        self.tell(AGE)

    def _weigh(self) -> None:
        mib = resident_mib()
        self._samples_too_large = self._samples_too_large + 1 if mib > self.settings.max_rss_mib else 0
        if self._samples_too_large >= max(1, self.settings.rss_samples):
            self.log("info", f"Worker has grown to {mib} MiB. Terminating process.")
            return self.tell(MEMORY)
        asyncio.get_running_loop().call_later(self.settings.rss_sample_interval, self._weigh)

    def _beat(self, interval: float) -> None:
        _asgi_worker.beat()
        asyncio.get_running_loop().call_later(interval, self._beat, interval)

    def about_to_stop(self) -> None:
        _asgi_worker.not_ready()

    def has_successor(self) -> bool:
        return bool(_asgi_worker.is_retiring())

    def stopped_accepting(self) -> None:
        """The last one that closes a listening socket has new clients refused at once."""
        for fd in self.listeners:
            os.close(fd)
        self.listeners = []


def resident_mib() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // (1024 * 1024)


def before_forks(loop: str) -> None:
    """In the arbiter: what has been imported here is imported once for all workers, and is in memory once."""
    loops.find(loop)
    gc.freeze()  # or the first collection in each worker would touch, and so copy, all of it


def prepare(settings: serving.Settings) -> None:
    """What an application finds around it when it is imported."""
    sys.path.insert(0, os.path.abspath(settings.app_dir or "."))
    sys.argv = [settings.app]
    if settings.reload:
        # Python tells new code from old by the second of its last change.
        sys.dont_write_bytecode = True
    logs.attach()
    # A crash, or the arbiter's SIGABRT, has the stacks of all threads in the log, whoever holds the GIL.
    faulthandler.enable(file=settings.error_fd, all_threads=True)


def preload(settings: serving.Settings) -> tuple[Any, int]:
    """In the template: the application, imported; None, and an exit status, when it cannot be."""
    handled = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU)
    for number in handled:  # it ends with its arbiter; a handler, since what is ignored stays so in what it starts
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGUSR1, lambda *_: _asgi_worker.reopen_logs())
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    prepare(settings)
    try:
        application = loading.load(settings.app, factory=settings.factory, compat=settings.compat, warn=functools.partial(_asgi_worker.log, "warning"))
    except loading.LoadError as error:
        _asgi_worker.log("error", str(error))
        return (loading.error_page(str(error)) if settings.reload else None), loading.exit_status(error, settings.compat)
    gc.collect()
    gc.freeze()
    _asgi_worker.log("info", f"Application loaded in template process [{os.getpid()}]")
    return application, 0


def run(settings: serving.Settings, listeners: list[int], arbiter: int, application: Any = None, hooks: Any = None) -> int:
    """The worker's exit status."""
    if application is None:
        prepare(settings)
    else:
        settings.app, settings.factory = application, False
    if hooks is not None and "worker_abort" in hooks.functions:

        def on_abort(*_: Any) -> None:
            hooks.worker_abort()
            os._exit(1)

        faulthandler.disable()
        signal.signal(signal.SIGABRT, on_abort)
        faulthandler.enable(file=settings.error_fd, all_threads=True)  # writes the stacks, then does what was set before
    loop = loops.make(settings.loop, _asgi_worker.log)
    asyncio.set_event_loop(loop)

    async def main() -> int:
        worker = Worker(settings, listeners, arbiter, hooks)
        serving.handle_signals(loop, worker)
        loop.add_signal_handler(signal.SIGUSR1, _asgi_worker.reopen_logs)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        if settings.compat == "gunicorn":
            worker.log("info", f"Booting worker with pid: {os.getpid()}")
        worker.log("info", f"Started server process [{os.getpid()}]")
        status = await worker.serve(worker.serves)
        worker.log("info", f"Finished server process [{os.getpid()}]")
        if settings.compat == "gunicorn":
            worker.log("info", f"Worker exiting (pid: {os.getpid()})")
        return status

    try:
        return loop.run_until_complete(main())
    finally:
        # TERM may come twice, from the arbiter and from who stops the whole group: the second one must not end what is
        # ending well. The loop takes its handlers away, and the default action would.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT})
        serving.finish_loop(loop)


def check(app: str, app_dir: str, factory: str) -> None:
    """Loads the application and no more; raises loading.LoadError."""
    sys.path.insert(0, os.path.abspath(app_dir or "."))
    loading.load(app, factory=bool(factory))
