"""The names `uvicorn` and `gunicorn` for those who import them, where neither is installed. Opt-in:
asgi_worker.install_as_uvicorn() before the first import."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from asgi_worker import formatters

LOG_LEVELS = {"critical": 50, "error": 40, "warning": 30, "info": 20, "debug": 10, "trace": 5}

LOGGING_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "default": {"()": "uvicorn.logging.DefaultFormatter", "fmt": "%(levelprefix)s %(message)s", "use_colors": None},
        "access": {
            "()": "uvicorn.logging.AccessFormatter",
            "fmt": '%(levelprefix)s %(client_addr)s - "%(request_line)s" %(status_code)s',
        },
    },
    "handlers": {
        "default": {"formatter": "default", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
    },
    "loggers": {
        "uvicorn": {"handlers": ["default"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"level": "INFO"},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}
_UNCHANGED = repr(LOGGING_CONFIG)


class UvicornWorker:
    """What `worker_class` names; a subclass says more in CONFIG_KWARGS."""

    CONFIG_KWARGS: dict[str, Any] = {"loop": "auto", "http": "auto"}


class UvicornH11Worker(UvicornWorker):
    CONFIG_KWARGS: dict[str, Any] = {"loop": "asyncio", "http": "h11"}


def run(app: Any, **options: Any) -> None:
    """uvicorn.run(): LOGGING_CONFIG counts when somebody has changed it."""
    from asgi_worker.running import run as ours

    if "log_config" not in options and repr(LOGGING_CONFIG) != _UNCHANGED:
        options["log_config"] = LOGGING_CONFIG
    elif options.get("log_config") is LOGGING_CONFIG and repr(LOGGING_CONFIG) == _UNCHANGED:
        del options["log_config"]
    ours(app, **options)


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    return module


def install_as_uvicorn() -> None:
    """From now on `import uvicorn` finds run, Config, Server, and its config, logging, server,
    main and workers modules; a real one that is imported already stays."""
    if "uvicorn" in sys.modules:
        return
    from asgi_worker import main
    from asgi_worker.config import Config
    from asgi_worker.server import Server

    _module("uvicorn", run=run, Config=Config, Server=Server, __version__="0.54.0", __path__=[])
    install_formatters()
    _module("uvicorn.config", Config=Config, LOGGING_CONFIG=LOGGING_CONFIG, LOG_LEVELS=LOG_LEVELS)
    _module("uvicorn.server", Server=Server)
    _module("uvicorn.main", run=run, main=main, Server=Server, Config=Config)
    _module("uvicorn.workers", UvicornWorker=UvicornWorker, UvicornH11Worker=UvicornH11Worker)


def install_formatters() -> None:
    """uvicorn.logging alone, for a log configuration that names it."""
    if "uvicorn" not in sys.modules:
        _module("uvicorn", __path__=[])
    _module(
        "uvicorn.logging",
        TRACE_LOG_LEVEL=formatters.TRACE_LOG_LEVEL,
        ColourizedFormatter=formatters.ColourizedFormatter,
        DefaultFormatter=formatters.DefaultFormatter,
        AccessFormatter=formatters.AccessFormatter,
    )


def install_as_gunicorn() -> None:
    """From now on `import gunicorn.app.base` finds BaseApplication."""
    if "gunicorn" in sys.modules:
        return
    from asgi_worker import gunicorn

    _module("gunicorn", __version__="27.0.1", __path__=[])
    _module("gunicorn.app", __path__=[])
    _module("gunicorn.app.base", BaseApplication=gunicorn.BaseApplication, Application=gunicorn.WSGIApplication)
    _module("gunicorn.app.wsgiapp", WSGIApplication=gunicorn.WSGIApplication)
