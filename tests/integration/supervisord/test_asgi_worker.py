"""asgi-worker under supervisord: ready when it serves, its own words in the status row, one shutdown for the whole group."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import BIN, Suite, wait_until

APPS = Path(__file__).resolve().parents[2] / "apps"


@pytest.fixture
def app(suite: Suite, tmp_path: Path) -> Path:
    """The program's log; the program is RUNNING."""
    log = tmp_path / "app.log"
    suite.configure(
        f"[program:app]\ncommand={BIN}/asgi-worker --python /usr/bin/python3 hello:app --app-dir {APPS} --uds {tmp_path}/app.sock --workers 2\n"
        f"ready_notification=notify_socket\nready_timeout=30\nstopasgroup=true\nkillasgroup=true\nredirect_stderr=true\nstdout_logfile={log}\n")
    suite.start()
    suite.wait_state("app", "RUNNING")
    return log


def row(suite: Suite) -> str:
    return suite.ctl("status").stdout.rstrip()


def test_running_means_that_it_serves(suite: Suite, app: Path) -> None:
    assert row(suite).endswith(", serving, 2 workers")
    wait_until(lambda: app.read_text().count("Application startup complete.") == 2, "both have started")


def test_status_row_follows_what_happens(suite: Suite, app: Path) -> None:
    assert suite.ctl("signal", "TTIN", "app").returncode == 0
    wait_until(lambda: row(suite).endswith(", serving, 3 workers"), "the third one serves")
    assert suite.ctl("signal", "HUP", "app").returncode == 0
    wait_until(lambda: "Reload complete" in app.read_text(), "the reload")
    wait_until(lambda: re.search(r", serving, [23] workers$", row(suite)), "it says so")


def test_stop_reaches_parent_and_workers_and_is_one_shutdown(suite: Suite, app: Path) -> None:
    assert suite.ctl("stop", "app").stdout == "app: stopped\n"
    text = app.read_text()
    assert text.count("Application shutdown complete.") == 2
    assert "unexpectedly" not in text
    assert text.count("Started server process") == 2
