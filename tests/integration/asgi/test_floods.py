"""The floods of floods.py, short: good clients are served meanwhile, and nothing is left afterwards."""

import pytest

import floods
from conftest import BIN


@pytest.mark.parametrize("name", ["slow-loris", "half-bodies", "descriptors", "disk-full"])
def test_good_clients_do_not_notice(name):
    result = floods.SCENARIOS[name](str(BIN / "asgi-worker"), 60, 1.5)
    result.print()
    assert result.errors == 0


def test_a_connection_holds_a_bounded_part_of_a_body():
    result = floods.big_bodies(str(BIN / "asgi-worker"), 50, 0.5)
    result.print()
    assert result.errors == 0
    for fact in result.facts:
        assert int(fact.split("at most ")[1].split()[0]) < 10_000, fact  # KiB, of 50 MB
