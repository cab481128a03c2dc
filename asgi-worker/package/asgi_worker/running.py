"""run(): an application by its name in a child, an application object in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from asgi_worker.words import words

CANNOT_START = 3

# What the child runs: this very package, wherever it lies, and sys.path as it is here.
_BOOT = (
    "import sys; sys.path[:] = {path!r}\n"
    "from importlib.util import module_from_spec, spec_from_file_location\n"
    "spec = spec_from_file_location('asgi_worker', {here!r} + '/__init__.py', submodule_search_locations=[{here!r}])\n"
    "package = sys.modules['asgi_worker'] = module_from_spec(spec)\n"
    "spec.loader.exec_module(package)\n"
    "sys.exit(package.main(sys.argv[1:]))"
)


def run(app: Any, **options: Any) -> None:
    """Serves `app` and comes back after a clean stop. Takes uvicorn's keywords and the names of all
    options. "module:attribute" is served as `asgi-worker` does it, by a child of the same
    interpreter; an application object in this process, by one worker."""
    if isinstance(app, str):
        return _run_child([*words(options), "--", app])
    if options.get("reload") or (options.get("workers") or 1) > 1:
        print(
            "WARNING:  You must pass the application as an import string to enable 'reload' or 'workers'.",
            file=sys.stderr,
        )
        raise SystemExit(CANNOT_START)
    from asgi_worker.config import Config
    from asgi_worker.server import Server

    server = Server(Config(app, **options))
    try:
        server.run()
    except KeyboardInterrupt:
        pass  # it has stopped well: what stands after run() is to be executed
    if not server.started:
        raise SystemExit(CANNOT_START)


def _run_child(arguments: list[str]) -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    child = subprocess.Popen([sys.executable, "-c", _BOOT.format(path=sys.path, here=here), *arguments])
    forwarded = (
        signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTTIN, signal.SIGTTOU,
    )
    restore = {}
    try:
        for number in forwarded:
            restore[number] = signal.signal(number, _forward(child))
    except ValueError:
        pass  # not the main thread: signals are somebody else's
    try:
        status = child.wait()
    finally:
        for number, handler in restore.items():
            signal.signal(number, handler)
    if status:
        raise SystemExit(status if status > 0 else 128 - status)


def _is_in_foreground() -> bool:
    """Whether a terminal sends its signals to us, and so to the child as well."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _forward(child: subprocess.Popen[bytes]) -> Callable[[int, Any], None]:
    """One more INT than the terminal's own would force the child's end."""

    def forward(number: int, _frame: Any) -> None:
        if number not in (signal.SIGINT, signal.SIGQUIT) or not _is_in_foreground():
            child.send_signal(number)

    return forward
