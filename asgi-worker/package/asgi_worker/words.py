"""Keywords, as uvicorn.run() takes them, spelled as a command line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

# Of no meaning here: classes that would be uvicorn's own insides, and what Server takes itself.
_UNSPOKEN = ("callback_notify", "timeout_notify", "http", "ws_class")


def words(options: Mapping[str, Any]) -> list[str]:
    spelled: list[str] = []
    for name, value in options.items():
        if value is None or name in _UNSPOKEN:
            continue
        if name == "ssl_context_factory":
            raise ValueError("ssl_context_factory is not there in this version: let a proxy in front end TLS")
        flag = {"headers": "--header", "logconfig_dict": "--log-config-dict"}.get(name, "--" + name.replace("_", "-"))
        if name == "log_config" and isinstance(value, Mapping):
            flag = "--log-config-dict"
        spelled += [f"{flag}={text}" for text in _texts(name, value)]
    return spelled


def _texts(name: str, value: Any) -> Iterable[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, (str, os.PathLike)):
        return [os.fspath(value)]
    if isinstance(value, int) and name == "log_level":
        return [_level(value)]
    if isinstance(value, (int, float)):
        return [str(value)]
    if isinstance(value, Mapping):
        return [json.dumps(value)]
    if isinstance(value, Iterable):
        items = [":".join(item) if isinstance(item, tuple) else os.fspath(item) for item in value]
        return [",".join(items)] if name == "forwarded_allow_ips" else items
    return []  # a class of uvicorn's kind: ours stands in its place


def _level(number: int) -> str:
    for name, least in (("critical", 50), ("error", 40), ("warning", 30), ("info", 20), ("debug", 10)):
        if number >= least:
            return name
    return "trace"
