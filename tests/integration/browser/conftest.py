"""The real daemon and a real browser. Run by `.ci/extra browser`."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from browser import Browser, Driver  # noqa: E402

_spec = importlib.util.spec_from_file_location("suite", Path(__file__).parents[1] / "supervisord" / "conftest.py")
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["suite"] = _module
_spec.loader.exec_module(_module)
suite = _module.suite


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    made = Driver(tmp_path_factory.mktemp("driver") / "chromedriver.log")
    yield made
    made.stop()


@pytest.fixture
def browser(driver: Driver) -> Iterator[Browser]:
    made = Browser(driver)
    yield made
    made.close()


@pytest.fixture
def plain_browser(driver: Driver) -> Iterator[Browser]:
    """One with scripts forbidden."""
    made = Browser(driver, scripts=False)
    yield made
    made.close()
