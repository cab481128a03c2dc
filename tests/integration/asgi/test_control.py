"""gunicorn's control socket, spoken to as its gunicornc does."""

import json
import os
import signal
import socket
import stat
import struct

import pytest
from conftest import APPS, wait_until


class Control:
    def __init__(self, path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))

    def ask(self, command: str, *args: str) -> dict:
        request = json.dumps({"id": 7, "command": command, "args": args}).encode()
        self.socket.sendall(struct.pack(">I", len(request)) + request)
        with self.socket.makefile("rb") as file:
            answer = json.loads(file.read(struct.unpack(">I", file.read(4))[0]))
        assert answer["id"] == 7
        return answer["data"] if answer["status"] == "ok" else answer


@pytest.fixture
def served(start, tmp_path):
    """The server and a connection to its control socket."""
    path = tmp_path / "control"
    server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "--workers", "2", "--control-socket", str(path)).wait_ready()
    server.log.wait_for("Application startup complete", count=2)
    control = Control(path)
    yield server, control
    control.socket.close()


def test_shows_what_there_is(served, tmp_path):
    server, control = served
    workers = control.ask("show workers")
    assert sorted(row["pid"] for row in workers["workers"]) == sorted(server.workers())
    assert [(row["age"], row["booted"]) for row in workers["workers"]] == [(1, True), (2, True)]
    assert control.ask("show all")["arbiter"]["pid"] == server.process.pid
    stats = control.ask("show stats")
    assert (stats["workers_current"], stats["workers_target"], stats["workers_spawned"], stats["reloads"]) == (2, 2, 2, 0)
    (listener,) = control.ask("show listeners")["listeners"]
    assert listener["address"] == "{}:{}".format(*server.address)
    assert control.ask("show config")["workers"] == "2"
    assert control.ask("show", "dirty")["enabled"] is False
    assert "worker add [N]" in control.ask("help")["commands"]
    assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600


def test_workers_more_and_fewer(served):
    server, control = served
    assert control.ask("worker add", "2") == {"added": 2, "previous": 2, "total": 4}
    server.log.wait_for("Application startup complete", count=4)
    assert control.ask("worker remove", "9")["total"] == 1
    wait_until(lambda: control.ask("show stats")["workers_current"] == 1, "three have gone")


def test_worker_that_is_killed_is_replaced(served):
    server, control = served
    victim = server.workers()[0]
    assert control.ask("worker kill", str(victim)) == {"success": True, "killed": victim}
    server.log.wait_for("Application startup complete", count=3)
    assert control.ask("worker kill", str(victim)) == {"success": False, "error": f"Worker {victim} not found"}


def test_reload_and_shutdown(served, tmp_path):
    server, control = served
    assert control.ask("reload") == {"status": "reloading"}
    server.log.wait_for("Reload complete")
    assert control.ask("show stats")["reloads"] == 1
    assert control.ask("shutdown")["mode"] == "graceful"
    assert server.wait() == 0
    assert not (tmp_path / "control").exists()


@pytest.mark.parametrize(("command", "error"), [
    ("", "Empty command"), ("dance", "Unknown command: dance"), ("show", "Missing show target"), ("worker kill", "Missing PID"),
    ("worker add x", "invalid literal"), ("show 'x", "No closing quotation"),
])
def test_wrong_commands_are_answered(served, command, error):
    answer = served[1].ask(command)
    assert (answer["status"], error in answer["error"]) == ("error", True), answer


def test_what_is_no_message_changes_nothing(served):
    server, control = served
    for junk in (b"\xff\xff\xff\xffjunk", struct.pack(">I", 2) + b"[]", struct.pack(">I", 3) + b"{x}"):
        control.socket.sendall(junk)
    server.signal(signal.SIGTTIN)
    server.log.wait_for("Application startup complete", count=3)
    assert os.path.exists(f"/proc/{server.process.pid}")
