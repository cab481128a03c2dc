"""What the service manager is told (sd_notify)."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest
from conftest import APPS


@pytest.fixture
def manager(tmp_path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(20)
        yield bound


@pytest.fixture
def server(start, tmp_path, manager):
    return start("hello:app", "--app-dir", str(APPS), "--port", "0", "--workers", "2", env={"NOTIFY_SOCKET": str(tmp_path / "notify")}).wait_ready()


def lines(manager) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def lines_with(manager, word: str) -> list[str]:
    """The next datagram that has this line; others may come before it."""
    while word not in (got := lines(manager)):
        pass
    return got


def test_from_start_to_end(server, manager):
    assert lines(manager) == ["READY=1", "STATUS=serving, 2 workers"]
    server.signal(signal.SIGHUP)
    begun = lines(manager)
    assert begun[0] == "RELOADING=1"
    assert begun[1].startswith("MONOTONIC_USEC=")
    assert lines_with(manager, "READY=1") == ["READY=1", "STATUS=serving, 2 workers"]
    server.signal(signal.SIGTERM)
    assert lines(manager) == ["STOPPING=1", "STATUS=stopping"]


def test_status_follows_the_workers(server, manager):
    lines(manager)
    os.kill(server.workers()[0], signal.SIGKILL)
    assert lines(manager) == ["STATUS=1 of 2 workers serve"]
    assert lines(manager) == ["STATUS=serving, 2 workers"]
    server.signal(signal.SIGTTIN)
    assert lines(manager) == ["STATUS=2 of 3 workers serve"]
    assert lines(manager) == ["STATUS=serving, 3 workers"]


def test_failed_reload_ends_as_ready_too(start, tmp_path, manager):
    module = tmp_path / "changing.py"
    module.write_text("from hello import app\n")
    server = start("changing:app", "--port", "0", env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "PYTHONPATH": str(APPS)}).wait_ready()
    lines(manager)
    module.write_text("this is not Python")
    server.signal(signal.SIGHUP)
    assert lines(manager)[0] == "RELOADING=1"
    assert lines_with(manager, "READY=1") == ["READY=1", "STATUS=serving, 1 worker"]


def test_watchdog_is_fed(start, tmp_path, manager):
    start("hello:app", "--app-dir", str(APPS), "--port", "0", env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "400000"})
    fed = [lines_with(manager, "WATCHDOG=1") for _ in range(3)]
    assert fed == [["WATCHDOG=1"]] * 3
