"""The differences that are meant, each with its reason. What is not here is a fault of ours."""

from __future__ import annotations

import re
from typing import Any


def reason(step: str, theirs: Any, ours: Any) -> str | None:
    """Why this step may differ so, or nothing."""
    for pattern, allows, why in ALLOWED:
        if re.search(pattern, step) and allows(theirs, ours):
            return why
    return None


def _fault_for_500(theirs: Any, ours: Any) -> bool:
    return theirs in ({"http": 500}, "no well-formed answer") and isinstance(ours, dict) and "fault" in ours


ALLOWED: list[tuple[str, Any, str]] = [
    (r"^(supervisor|system)\.", _fault_for_500, "their daemon fails on the argument's type (HTTP 500); ours says which fault it is"),
]
