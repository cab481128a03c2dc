"""Takes out of an answer what may differ between two right ones: pids, times, paths, ports, names made at random."""

from __future__ import annotations

import re
import sys
from typing import Any

from bed import Bed

TIMES = {"start", "stop", "now"}
TEXTS = [
    (r"pid \d+, uptime (\d+ days?, )?\d+:\d\d:\d\d", "pid PID, uptime TIME"),
    (r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d \d\d:\d\d (AM|PM)\b", "DATE"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "DATE"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(\w{3} +\d+|\d+ \w{3} \d{4}) \d\d:\d\d:\d\d( \d{4})?( GMT)?", "DATE"),
    (r"---conform-[a-z0-9_]{8}\.log", "---conform-XXXXXXXX.log"),
    (r"\bpid:\d+", "pid:PID"),
    (r"with pid \d+", "with pid PID"),
]


def text(value: str, bed: Bed) -> str:
    value = value.replace(str(bed.dir), "DIR").replace(sys.executable, "PYTHON").replace(f":{bed.port}", ":PORT")
    for pattern, name in TEXTS:
        value = re.sub(pattern, name, value)
    return value


def answer(value: Any, bed: Bed, key: str = "") -> Any:
    """A value as XML-RPC gives it."""
    if isinstance(value, dict):
        return {name: answer(part, bed, name) for name, part in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return [answer(part, bed) for part in value]
    if isinstance(value, str):
        return text(value, bed)
    if key in TIMES and value:
        return "TIME"
    if key == "pid" and value:
        return "PID"
    return value
