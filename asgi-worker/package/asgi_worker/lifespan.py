"""The lifespan protocol of one worker: startup before it serves, shutdown after."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

Log = Callable[[str, str], None]  # level, text
KINDS = tuple(f"lifespan.{phase}.{end}" for phase in ("startup", "shutdown") for end in ("complete", "failed"))


class StartupFailed(Exception):
    """The application said so, or broke; it has been logged."""


class WrongMessage(AssertionError):
    """The application knows the protocol and does not keep to it."""


class Lifespan:
    """One call of the application with a scope of type lifespan. `mode` is auto, on, off or uvicorn-auto."""

    def __init__(self, call: Callable[..., Any], version: str, mode: str, log: Log) -> None:
        self.state: dict[str, Any] = {}
        self._call = call
        self._version = version
        self._mode = mode
        self._log = log
        self._task: asyncio.Task[None] | None = None
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._started = asyncio.Event()
        self._stopped = asyncio.Event()
        self._was_told = False  # the application has received lifespan.startup
        self._is_running = False  # startup.complete came
        self._failure: str | None = None

    async def startup(self) -> None:
        if self._mode == "off":
            return
        self._log("info", "Waiting for application startup.")
        self._messages.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.get_running_loop().create_task(self._run())
        await self._started.wait()
        if self._failure is not None:
            if self._failure:
                self._log("error", self._failure)
            self._log("error", "Application startup failed. Exiting.")
            raise StartupFailed
        self._log("info", "Application startup complete.")

    async def shutdown(self, budget: float) -> None:
        """Always told, also when requests had to be cancelled; waits at most `budget` seconds."""
        if not self._is_running or self._stopped.is_set():
            return
        self._log("info", "Waiting for application shutdown.")
        self._failure = None
        self._messages.put_nowait({"type": "lifespan.shutdown"})
        try:
            await asyncio.wait_for(self._stopped.wait(), budget)
        except asyncio.TimeoutError:
            self._log("error", f"Application shutdown took longer than {budget:g} s.")
            return
        if self._failure is not None:
            if self._failure:
                self._log("error", self._failure)
            self._log("error", "Application shutdown failed. Exiting.")
        else:
            self._log("info", "Application shutdown complete.")

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": self._version, "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._call(scope, self._receive, self._send)
            if self._mode == "on" and not self._started.is_set():
                self._failure = "ASGI callable returned without completing lifespan startup."
        except Exception as error:
            self._on_error(error)
        except BaseException as error:  # a cancellation, or an exit
            if not self._started.is_set():
                self._on_error(error)
            raise
        finally:
            if not self._started.is_set() and self._failure is None:
                self._log("info", "ASGI 'lifespan' protocol appears unsupported.")
            self._started.set()
            self._stopped.set()

    def _on_error(self, error: BaseException) -> None:
        if self._failure is not None:
            return  # it raises after startup.failed or shutdown.failed, which said enough
        if not self._started.is_set() and self._mode != "on" and self._is_refusal(error):
            return
        self._log("error", f"Exception in 'lifespan' protocol\n{traceback.format_exc().rstrip()}")
        self._failure = ""

    def _is_refusal(self, error: BaseException) -> bool:
        """Whether the application does not know lifespan, rather than breaks in its startup. uvicorn
        takes any exception for that."""
        if self._mode == "uvicorn-auto" or not self._was_told:
            return isinstance(error, Exception)
        kinds = (AssertionError, KeyError, ValueError, NotImplementedError)
        return isinstance(error, kinds) and not isinstance(error, WrongMessage) and "lifespan" in str(error)

    async def _receive(self) -> dict[str, Any]:
        message = await self._messages.get()
        self._was_told = True
        return message

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind not in KINDS:
            raise WrongMessage(f"Got unexpected ASGI message '{kind}' on lifespan protocol.")
        is_startup = kind.startswith("lifespan.startup")
        event = self._started if is_startup else self._stopped
        if event.is_set() or not (is_startup or self._started.is_set()):
            raise WrongMessage("Got invalid state transition on lifespan protocol.")
        if kind.endswith(".failed"):
            self._failure = message.get("message", "")
        elif is_startup:
            self._is_running = True
        event.set()
