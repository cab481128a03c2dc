"""The lifespan protocol: which failures end the worker, and what each mode makes of them."""

import pytest
from conftest import APPS

# application, mode, whether it serves, a line of the log
STARTUPS = [
    ("good", "auto", True, "Application startup complete."),
    ("good", "on", True, "Application startup complete."),
    ("returns", "auto", True, "ASGI 'lifespan' protocol appears unsupported."),
    ("returns", "on", False, "ASGI callable returned without completing lifespan startup."),
    ("returns_after_receive", "auto", True, "ASGI 'lifespan' protocol appears unsupported."),
    ("raises_before_receive", "auto", True, "ASGI 'lifespan' protocol appears unsupported."),
    ("raises_before_receive", "on", False, "RuntimeError: no lifespan here"),
    ("raises_after_receive", "auto", False, "RuntimeError: no database"),
    ("raises_after_receive", "on", False, "RuntimeError: no database"),
    ("raises_after_receive", "uvicorn-auto", True, "ASGI 'lifespan' protocol appears unsupported."),
    ("names_lifespan", "auto", True, "ASGI 'lifespan' protocol appears unsupported."),
    ("key_error", "auto", False, "KeyError: 'DATABASE_URL'"),
    ("cancelled", "auto", False, "CancelledError"),
    ("fails", "auto", False, "db is down"),
    ("fails", "uvicorn-auto", False, "db is down"),
    ("fails_without_a_word", "auto", False, "Application startup failed. Exiting."),
    ("wrong_message", "auto", False, "Got unexpected ASGI message 'lifespan.begun' on lifespan protocol."),
    ("completes_twice", "auto", False, "Got invalid state transition on lifespan protocol."),
    ("fails", "off", True, "running on"),
]


@pytest.mark.parametrize(("app", "mode", "serves", "line"), STARTUPS, ids=[f"{row[0]}-{row[1]}" for row in STARTUPS])
def test_startup(start, app, mode, serves, line):
    server = start(f"lifespans:{app}", "--app-dir", str(APPS), "--port", "0", "--lifespan", mode)
    if serves:
        server.wait_ready()
        assert server.get("/").body == b"ok"
        assert server.stop() == 0
    else:
        assert server.wait() == 3
        assert "Application startup failed. Exiting." in server.log.text()
    assert line in server.log.text()


SHUTDOWNS = [
    ("good", "Application shutdown complete."),
    ("fails_at_the_end", "disk is full"),
    ("raises_at_the_end", "ValueError: in the shutdown"),
]


@pytest.mark.parametrize(("app", "line"), SHUTDOWNS, ids=[row[0] for row in SHUTDOWNS])
def test_shutdown(serve, app, line):
    server = serve(f"lifespans:{app}")
    server.stop()
    assert line in server.log.text()
    assert ("Application shutdown failed. Exiting." in server.log.text()) == (app != "good")


def test_shutdown_that_hangs_has_a_budget(serve):
    server = serve("lifespans:hangs_at_the_end", "--timeout-lifespan-shutdown", "0.2")
    assert server.stop() == 0
    assert "Application shutdown took longer than 0.2 s." in server.log.text()


@pytest.mark.parametrize("mode", ["auto", "off"])
def test_state_is_a_dict_in_every_request(serve, mode):
    server = serve("lifespans:tells_state", "--lifespan", mode)
    assert server.get("/").body == (b"['set at startup']" if mode == "auto" else b"[]")


def test_loop_of_the_lifespan_is_the_requests(serve):
    server = serve("lifespans:tells_loop")
    assert server.get("/").body == b"True"
