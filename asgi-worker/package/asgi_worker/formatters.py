"""Stand-ins for the two formatters that log configurations made for uvicorn name."""

from __future__ import annotations

import copy
import logging
import sys
from http import HTTPStatus

TRACE_LOG_LEVEL = 5
_COLORS = {TRACE_LOG_LEVEL: "34", logging.DEBUG: "36", logging.INFO: "32", logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "91"}
_BY_CLASS = {1: "97", 2: "32", 3: "33", 4: "31", 5: "91"}


def _colored(text: str, color: str) -> str:
    return f"\x1b[{color}m{text}\x1b[0m"


class ColourizedFormatter(logging.Formatter):
    """%(levelprefix)s is "INFO:     "."""

    def __init__(self, fmt: str | None = None, datefmt: str | None = None, style: str = "%", use_colors: bool | None = None) -> None:
        self.use_colors = sys.stdout.isatty() if use_colors is None else use_colors
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)  # type: ignore[arg-type]

    def formatMessage(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        level = record.levelname
        padding = " " * (8 - len(level))
        if self.use_colors:
            level = _colored(level, _COLORS.get(record.levelno, "0"))
            if "color_message" in record.__dict__:
                record.msg = record.__dict__["color_message"]
                record.message = record.getMessage()
        record.__dict__["levelprefix"] = f"{level}:{padding}"
        return super().formatMessage(record)


class DefaultFormatter(ColourizedFormatter):
    pass


class AccessFormatter(ColourizedFormatter):
    """%(client_addr)s %(request_line)s %(status_code)s, of a record whose arguments are client,
    method, path, HTTP version and status."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record = copy.copy(record)
        client, method, path, version, status = record.args  # type: ignore[misc]
        line = f"{method} {path} HTTP/{version}"
        try:
            answer = f"{status} {HTTPStatus(int(status)).phrase}"  # type: ignore[arg-type]
        except ValueError:
            answer = str(status)
        if self.use_colors:
            line = _colored(line, "1")
            answer = _colored(answer, _BY_CLASS.get(int(status) // 100, "0"))  # type: ignore[arg-type]
        record.__dict__.update(client_addr=client, request_line=line, status_code=answer)
        return super().formatMessage(record)
