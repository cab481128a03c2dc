"""asgi-worker: an ASGI server. `run("main:app")` from code, `asgi-worker main:app` in a shell."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["ClientDisconnected", "EventLoopPolicy", "Loop", "main", "new_event_loop", "run"]


def __getattr__(name: str) -> Any:
    """The event loop, which imports asyncio and the extension only when it is asked for."""
    if name not in ("EventLoopPolicy", "Loop", "new_event_loop"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from asgi_worker import loop

    return getattr(loop, name)


def _load_core() -> Any:
    """The extension for this interpreter; one line and exit status 1 when there is none."""
    try:
        from asgi_worker import _asgi_worker
    except ModuleNotFoundError as error:
        if error.name != "asgi_worker._asgi_worker":
            raise
    except ImportError as error:
        if "_asgi_worker" not in str(error):
            raise
    else:
        return _asgi_worker
    built = sorted(
        os.path.basename(path).split(".")[1] for path in glob.glob(os.path.join(os.path.dirname(__file__), "_asgi_worker.*.so"))
    )
    have = ", ".join(built) if built else "none"
    print(
        f"asgi-worker: no extension for {sys.implementation.cache_tag} ({sys.executable}); there are: {have}",
        file=sys.stderr,
    )
    raise SystemExit(1)


def __getattr__(name: str) -> Any:
    """ClientDisconnected, what send() raises once the client has left: an OSError."""
    if name == "ClientDisconnected":
        return _load_core().ClientDisconnected
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main(arguments: list[str] | None = None) -> int:
    """The command: options, sockets, arbiter. In a worker process it returns too, with that
    worker's exit status."""
    return _load_core().main(sys.argv[1:] if arguments is None else arguments)


def _words(app: str, options: dict[str, Any]) -> list[str]:
    """Keywords as uvicorn.run() takes them, as a command line."""
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None:
            continue
        if value is True:
            words.append(flag)
        elif value is False:
            if name in ("access_log", "server_header", "date_header"):
                words.append("--no-" + flag[2:])
        elif isinstance(value, (list, tuple)):
            for item in value:
                words += [flag, ":".join(item) if isinstance(item, tuple) else str(item)]
        else:
            words += [flag, str(value)]
    return [*words, "--", app]


def run(app: str, **options: Any) -> None:
    """Serves `app` ("module:attribute") as `asgi-worker` does and comes back after a clean stop.
    Takes uvicorn's keywords: host, port, workers, log_level, access_log and so on."""
    if not isinstance(app, str):
        print("You must pass the application as an import string.", file=sys.stderr)
        raise SystemExit(3)
    boot = "import sys; sys.path[:] = {!r}; from importlib.util import spec_from_file_location as s, module_from_spec as m; " \
        "p = {!r}; k = s('asgi_worker', p + '/__init__.py', submodule_search_locations=[p]); " \
        "a = sys.modules['asgi_worker'] = m(k); k.loader.exec_module(a); sys.exit(a.main(sys.argv[1:]))"
    command = [sys.executable, "-c", boot.format(sys.path, os.path.dirname(os.path.abspath(__file__)))]
    child = subprocess.Popen([*command, *_words(app, options)])
    restore = {number: signal.signal(number, _forward(child)) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        status = child.wait()
    finally:
        for number, handler in restore.items():
            signal.signal(number, handler)
    if status:
        raise SystemExit(status if status > 0 else 128 - status)


def _forward(child: subprocess.Popen[bytes]) -> Callable[[int, Any], None]:
    """The terminal sends INT to the child as well; one more would force it, so INT is not sent on."""

    def forward(number: int, _frame: Any) -> None:
        if number != signal.SIGINT:
            child.send_signal(number)

    return forward
