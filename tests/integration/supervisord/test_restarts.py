"""The short form of restarts.py: what clients notice when an application on a socket of supervisord's is replaced."""

from __future__ import annotations

import pytest

import restarts
from conftest import Suite


@pytest.mark.parametrize("name", ["restart", "update", "usr2", "daemon", "upgrade"])
def test_no_request_is_lost(suite: Suite, name: str) -> None:
    result = restarts.run(name, suite, 2)
    assert result.failures == {}, result.text()
    assert result.answered > 0


def test_killed_program_takes_along_no_more_than_it_had(suite: Suite) -> None:
    """Twice, with at most the eight kept and four new connections of the load."""
    result = restarts.run("kill", suite, 2)
    assert result.failed <= 2 * 12, result.text()
    assert not any(reason.startswith("sending") for reason in result.failures), result.text()  # nothing is refused
