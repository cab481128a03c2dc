"""The benchmark measures a server that checks all it can."""

import json
import subprocess
from pathlib import Path

from conftest import BIN

BENCH = Path(__file__).resolve().parents[2] / "bench" / "asgi"

# 0 says: as the other limits have it.
OFF_BY_MEANING = {"h11_max_incomplete_event_size"}


def settings() -> dict[str, str]:
    """What is in force for the command that servers.json has, but for its application and address."""
    command = json.loads((BENCH / "servers.json").read_text())["asgi-worker"]["cmd"].split()
    options = command[command.index("--log-level"):]
    shown = subprocess.run([str(BIN / "asgi-worker"), "apps:app", *options, "--print-config"], capture_output=True, text=True, check=True, timeout=30)
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in shown.stdout.splitlines())}


def test_every_limit_is_on():
    limits = {key: value for key, value in settings().items()
              if key.startswith("limit_") or key in ("worker_connections", "max_requests")}
    assert len(limits) >= 9
    assert {key for key, value in limits.items() if value == "0"} - OFF_BY_MEANING == set()


def test_every_time_limit_is_on():
    limits = {key: value for key, value in settings().items() if key.startswith("timeout") or key == "keepalive"}
    assert len(limits) >= 8
    assert {key for key, value in limits.items() if value == "0"} == set()


def test_requests_are_counted_and_not_logged():
    config = settings()
    assert config["metrics"] != ""
    assert config["access_log"] == "false"
    assert config["proxy_headers"] == "true"


def test_nothing_is_permitted_that_is_refused_by_default():
    permits = {key: value for key, value in settings().items() if key.startswith("permit_") or key.endswith(("_spaces", "casefold_http_method"))}
    assert len(permits) == 5
    assert set(permits.values()) == {"false"}
