"""supervisorctl as a person uses it: on a terminal. The daemon is the fixture of the supervisord tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from terminal import Terminal
from suite import suite  # noqa: F401  the fixture


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def make(*words: str, environment: dict[str, str] | None = None) -> Terminal:
        made.append(Terminal(list(words), environment))
        return made[-1]

    yield make
    for terminal in made:
        terminal.close()
