"""asgi-worker: an ASGI server. `run("main:app")` from code, `asgi-worker main:app` in a shell."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asgi_worker._asgi_worker import ClientDisconnected
    from asgi_worker.aliases import install_as_gunicorn, install_as_uvicorn
    from asgi_worker.config import Config
    from asgi_worker.loop import EventLoopPolicy, Loop, new_event_loop
    from asgi_worker.running import run
    from asgi_worker.server import Server

__all__ = [
    "ClientDisconnected",
    "Config",
    "EventLoopPolicy",
    "Loop",
    "Server",
    "install_as_gunicorn",
    "install_as_uvicorn",
    "main",
    "new_event_loop",
    "run",
]

# Loaded when asked for: the command needs none of it, and starts the sooner.
_HOMES = {
    "Config": "config",
    "EventLoopPolicy": "loop",
    "Loop": "loop",
    "Server": "server",
    "new_event_loop": "loop",
    "run": "running",
    "install_as_uvicorn": "aliases",
    "install_as_gunicorn": "aliases",
}


def __getattr__(name: str) -> Any:
    if name == "ClientDisconnected":  # what send() raises once the client has left: an OSError
        return _load_core().ClientDisconnected
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


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
    import glob

    built = sorted(
        os.path.basename(path).split(".")[1] for path in glob.glob(os.path.join(os.path.dirname(__file__), "_asgi_worker.*.so"))
    )
    have = ", ".join(built) if built else "none"
    print(
        f"asgi-worker: no extension for {sys.implementation.cache_tag} ({sys.executable}); there are: {have}",
        file=sys.stderr,
    )
    raise SystemExit(1)


def main(arguments: list[str] | None = None) -> int:
    """The command: options, sockets, arbiter. In a worker process it returns too, with that
    worker's exit status. Without arguments those of sys.argv, whose first word may be a server's
    name (a link called gunicorn) and then says whose defaults hold."""
    if arguments is None:
        name = os.path.basename(sys.argv[0])
        as_named = ["--compat", name] if name in ("uvicorn", "gunicorn", "granian") else []
        arguments = [*as_named, *sys.argv[1:]]
    return _load_core().main(arguments)
