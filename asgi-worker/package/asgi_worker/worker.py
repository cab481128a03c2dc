"""What a forked worker runs. Called by the arbiter's child with the GIL held."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from asgi_worker import loading, serving
from asgi_worker import _asgi_worker

READY, RETIRE = b"R", b"M"  # what a worker tells its arbiter, a byte each


class Worker(serving.Server):
    """A server that reports to an arbiter over a pipe."""

    def __init__(self, settings: serving.Settings, listeners: list[int], arbiter: int) -> None:
        super().__init__(settings, listeners, _asgi_worker.log)
        self._arbiter = arbiter

    def tell(self, word: bytes) -> None:
        try:
            os.write(self._arbiter, word)
        except OSError:
            self.stop()  # the arbiter has gone

    def retire(self) -> None:
        self.log("info", "Maximum request limit exceeded. Terminating process.")
        self.tell(RETIRE)  # serves on until its successor is ready, then gets TERM


def run(settings: serving.Settings, listeners: list[int], arbiter: int) -> int:
    """The worker's exit status."""
    sys.path.insert(0, os.path.abspath(settings.app_dir or "."))
    sys.argv = [settings.app]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    async def main() -> int:
        worker = Worker(settings, listeners, arbiter)
        serving.handle_signals(loop, worker)
        loop.add_signal_handler(signal.SIGUSR1, _asgi_worker.reopen_logs)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        worker.log("info", f"Started server process [{os.getpid()}]")
        status = await worker.serve(lambda: worker.tell(READY))
        worker.log("info", f"Finished server process [{os.getpid()}]")
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
