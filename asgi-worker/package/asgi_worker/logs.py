"""Python's logging and our log: lines go one way or the other, never both. Without a configuration the core writes them, and
what others log as uvicorn.error or gunicorn.error is among them; with one, or with handlers of the application's on those
loggers, the core's lines become records of theirs."""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Any

from asgi_worker import _asgi_worker

TRACE = 5
_ACCESS_LINE = re.compile(r'^(?:INFO:     )?(\S*) - "(\S+) (.*) HTTP/(\S+)" (\d+)')
_NAMES = {50: "critical", 40: "error", 30: "warning", 20: "info", 10: "debug", TRACE: "trace"}
_OTHERS_LOGGERS = ("uvicorn", "gunicorn.error")

# What a dict of gunicorn's is merged over.
_GUNICORN_DEFAULTS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["error_console"], "propagate": True, "qualname": "gunicorn.error"},
        "gunicorn.access": {"level": "INFO", "handlers": ["console"], "propagate": True, "qualname": "gunicorn.access"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stdout"},
        "error_console": {"class": "logging.StreamHandler", "formatter": "generic", "stream": "ext://sys.stderr"},
    },
    "formatters": {
        "generic": {
            "format": "%(asctime)s [%(process)d] [%(levelname)s] %(message)s",
            "datefmt": "[%Y-%m-%d %H:%M:%S %z]",
            "class": "logging.Formatter",
        }
    },
}

_is_gunicorn = False
_is_configured = False  # by a log configuration: it says where everything goes


def configure(config: str, config_json: str, config_dict: str, level: str, profile: str) -> None:
    """Applies a log configuration (a dict before a JSON file before any other), and has the core's
    lines logged by it."""
    global _is_gunicorn, _is_configured
    _is_gunicorn = profile == "gunicorn"
    _is_configured = True
    import json  # this and logging.config here, since most who start a server need neither
    import logging.config

    logging.addLevelName(TRACE, "TRACE")
    if config_dict:
        _apply(json.loads(config_dict))
    elif config_json:
        _apply(_read(config_json, json.load))
    elif config.endswith(".json"):
        _apply(_read(config, json.load))
    elif config.endswith((".yaml", ".yml")):
        import yaml  # PyYAML, where the configuration needs it

        _apply(_read(config, yaml.safe_load))
    else:
        if not os.path.isfile(config):
            raise FileNotFoundError(config)
        defaults = {"here": os.path.dirname(os.path.abspath(config)), "__file__": os.path.abspath(config)}
        logging.config.fileConfig(config, defaults=defaults, disable_existing_loggers=False)
    if level != "info":
        number = next((number for number, name in _NAMES.items() if name.startswith(level)), TRACE)
        for name in ("uvicorn.error", "uvicorn.access", "uvicorn.asgi", "gunicorn.error"):
            logging.getLogger(name).setLevel(number)
    _asgi_worker.set_sinks(_emit, _emit_access)


def _read(path: str, load: Any) -> Any:
    with open(path, encoding="utf-8") as file:
        return load(file)


def _apply(config: dict[str, Any]) -> None:
    import logging.config

    if "uvicorn.logging" in repr(config):
        _offer_formatters()
    if _is_gunicorn:
        config = {**_GUNICORN_DEFAULTS, **config}
    logging.config.dictConfig(config)


def _offer_formatters() -> None:
    """uvicorn's two formatters, for a configuration that names them, where uvicorn is not installed."""
    import importlib.util

    from asgi_worker import aliases

    if "uvicorn" not in sys.modules and importlib.util.find_spec("uvicorn") is None:
        aliases.install_formatters()


def _emit(level: int, text: str) -> None:
    logging.getLogger("gunicorn.error" if _is_gunicorn else "uvicorn.error").log(level, "%s", text)


def _emit_access(lines: str) -> None:
    logger = logging.getLogger("gunicorn.access" if _is_gunicorn else "uvicorn.access")
    for line in lines.splitlines():
        match = None if _is_gunicorn else _ACCESS_LINE.match(line)
        if match is None:
            logger.info("%s", line)
        else:
            client, method, path, version, status = match.groups()
            logger.info('%s - "%s %s HTTP/%s" %d', client, method, path, version, int(status))


class _ToCore(logging.Handler):
    """Writes records of others among the core's lines."""

    def emit(self, record: logging.LogRecord) -> None:
        least = max((number for number in _NAMES if number <= record.levelno), default=TRACE)
        _asgi_worker.log(_NAMES[least], self.format(record))


_to_core = _ToCore()


def attach() -> None:
    """In a worker, before the application is loaded: what is logged by our predecessors' names gets
    where our own lines get."""
    for name in () if _is_configured else _OTHERS_LOGGERS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(_to_core)
            logger.setLevel(TRACE)
            logger.propagate = False


def heed() -> None:
    """Once the application is loaded: it may have put its own handlers on these loggers, or filters
    on the access log."""
    if _is_configured:
        return
    if any(logger.handlers not in ([], [_to_core]) for logger in map(logging.getLogger, (*_OTHERS_LOGGERS, "uvicorn.error"))):
        for name in _OTHERS_LOGGERS:
            logging.getLogger(name).removeHandler(_to_core)
        log = _emit
    else:
        log = None
    access = logging.getLogger("gunicorn.access" if _is_gunicorn else "uvicorn.access")
    if access.filters and not access.handlers:
        from asgi_worker.formatters import AccessFormatter

        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(AccessFormatter('%(levelprefix)s %(client_addr)s - "%(request_line)s" %(status_code)s'))
        access.addHandler(handler)
        access.setLevel(logging.INFO)
        access.propagate = False
    if log is not None or access.handlers or access.disabled:
        _asgi_worker.set_sinks(log, _emit_access if access.handlers or access.disabled else None)
