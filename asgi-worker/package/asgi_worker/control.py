"""What gunicorn's control socket is asked (gunicornc, or whoever writes its JSON), answered in gunicorn's words. Pure: the arbiter
tells its facts and does what comes back."""

from __future__ import annotations

import json
import os
import shlex
import signal
import time
from typing import Any

# A signal for the arbiter to act on as if it had come, how often, and to which worker instead, if to one.
Deed = tuple[int, int, int]
NOTHING: Deed = (0, 0, 0)

COMMANDS = {
    "show all": "The arbiter and its workers",
    "show workers": "Workers, the oldest first",
    "show config": "Options as they are in force",
    "show stats": "Counts since the start",
    "show listeners": "Listening sockets",
    "show dirty": "Always none: there are no dirty workers here",
    "worker add [N]": "N workers more (TTIN)",
    "worker remove [N]": "N workers fewer (TTOU), at least one stays",
    "worker kill <PID>": "TERM to a worker; another one takes its place",
    "reload": "As HUP",
    "reopen": "As USR1: log files",
    "shutdown [graceful|quick]": "As TERM, or QUIT",
    "help": "This list",
}
SHOWN = (
    "bind workers worker_class threads timeout graceful_timeout keepalive max_requests max_requests_jitter worker_connections "
    "preload_app daemon pidfile proc_name reload control_socket"
).split()


def answer(message: bytes, facts: dict[str, Any]) -> tuple[bytes, int, int, int]:
    """The response, and the deed."""
    number = 0
    try:
        request = json.loads(message)
        number = request.get("id", 0)
        words = [*shlex.split(request.get("command", "")), *map(str, request.get("args") or [])]
        data, deed = obey(words, facts)
    except (ValueError, AttributeError, TypeError) as error:
        return json.dumps({"id": number, "status": "error", "error": f"Invalid argument: {error}"}).encode(), *NOTHING
    return json.dumps({"id": number, "status": "ok", "data": data}).encode(), *deed


def obey(words: list[str], facts: dict[str, Any]) -> tuple[dict[str, Any], Deed]:
    if not words:
        raise ValueError("Empty command")
    verb, *rest = words
    if verb == "show":
        return show(rest[0] if rest else "", facts), NOTHING
    if verb == "worker":
        return worker(rest, facts)
    if verb == "help":
        return {"commands": COMMANDS}, NOTHING
    if verb == "reload":
        return {"status": "reloading"}, (signal.SIGHUP, 1, 0)
    if verb == "reopen":
        return {"status": "reopening"}, (signal.SIGUSR1, 1, 0)
    if verb == "shutdown":
        mode = rest[0] if rest else "graceful"
        return {"status": "shutting_down", "mode": mode}, (signal.SIGQUIT if mode == "quick" else signal.SIGTERM, 1, 0)
    raise ValueError(f"Unknown command: {verb}")


def show(what: str, facts: dict[str, Any]) -> dict[str, Any]:
    workers = [
        {"pid": row["pid"], "age": age, "booted": row["booted"], "aborted": False,
         "last_heartbeat": round(row["silent"], 2) if row["silent"] >= 0 else None}
        for age, row in enumerate(facts["workers"], start=1)
    ]
    if what == "workers":
        return {"workers": workers, "count": len(workers)}
    if what == "all":
        return {
            "arbiter": {"pid": os.getpid(), "type": "arbiter", "role": "master"},
            "web_workers": [{**row, "type": "web"} for row in workers], "web_worker_count": len(workers),
            "dirty_arbiter": None, "dirty_workers": [], "dirty_worker_count": 0,
        }
    if what == "config":
        return {key: facts["config"][key] for key in SHOWN if key in facts["config"]}
    if what == "stats":
        return {
            "uptime": round(time.time() - facts["started_at"], 2), "pid": os.getpid(), "workers_current": len(workers),
            "workers_target": facts["wanted"], "workers_spawned": facts["spawned"], "workers_killed": facts["ended"],
            "reloads": facts["reloads"], "dirty_arbiter_pid": None,
        }
    if what == "listeners":
        listeners = [{"address": address, "fd": fd, "type": kind_of(address)} for fd, address in facts["listeners"]]
        return {"listeners": listeners, "count": len(listeners)}
    if what == "dirty":
        return {"enabled": False, "pid": None, "workers": [], "apps": []}
    raise ValueError(f"Unknown show target: {what}" if what else "Missing show target (all|workers|dirty|config|stats|listeners)")


def kind_of(address: str) -> str:
    if address.startswith("unix:"):
        return "unix"
    return "tcp6" if address.startswith("[") else "tcp"


def worker(words: list[str], facts: dict[str, Any]) -> tuple[dict[str, Any], Deed]:
    action, *rest = words or [""]
    before = facts["wanted"]
    if action == "add":
        count = max(1, int(rest[0]) if rest else 1)
        return {"added": count, "previous": before, "total": before + count}, (signal.SIGTTIN, count, 0)
    if action == "remove":
        count = min(max(1, int(rest[0]) if rest else 1), max(0, before - 1))
        return {"removed": count, "previous": before, "total": before - count}, (signal.SIGTTOU, count, 0)
    if action == "kill" and rest:
        pid = int(rest[0])
        if pid not in (row["pid"] for row in facts["workers"]):
            return {"success": False, "error": f"Worker {pid} not found"}, NOTHING
        return {"success": True, "killed": pid}, (signal.SIGTERM, 1, pid)
    raise ValueError("Missing PID for worker kill" if action == "kill" else f"Unknown worker action: {action}" if action else "Missing worker action (add|remove|kill)")
