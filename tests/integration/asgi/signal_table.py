#!/usr/bin/env python3
"""What each signal to the main process does, with one worker and with two: ours beside uvicorn and gunicorn, in one run.

    tests/integration/asgi/signal_table.py PEERS [SIGNAL...]      # a virtual environment with uvicorn, gunicorn and uvicorn-worker

Each cell is what was seen within five seconds: an end with its status, or who answers then."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from client import Client
from conftest import APPS, BIN

SIGNALS = ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "TTIN", "TTOU", "WINCH", "ABRT"]
WATCHED = 5.0  # seconds


def servers(peers: Path) -> dict[str, Callable[[int, int], list[str]]]:
    bind = "127.0.0.1:{}".format
    return {
        "asgi-worker": lambda port, n: [str(BIN / "asgi-worker"), "--python", "/usr/bin/python3", "hello:app", "-b", bind(port), "-w", str(n)],
        "uvicorn": lambda port, n: [str(peers / "bin/uvicorn"), "hello:app", "--port", str(port), "--workers", str(n)],
        "gunicorn": lambda port, n: [str(peers / "bin/gunicorn"), "hello:app", "-k", "uvicorn_worker.UvicornWorker", "-b", bind(port), "-w", str(n)],
    }


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def workers(port: int, count: int = 100) -> set[int]:
    """Who answers, on connections one after the other that stay, so that those who have fewer take the next, and on such that come
    at once, so that one alone does not take them all; empty when nobody does."""
    pids = set()
    for at_once in (False, True):
        with contextlib.ExitStack() as opened, contextlib.suppress(OSError, AssertionError):
            clients = []
            for _ in range(count):
                clients.append(opened.enter_context(Client(("127.0.0.1", port))))
                clients[-1].socket.settimeout(2)
                clients[-1].send(b"GET /json HTTP/1.1\r\nhost: a\r\n\r\n")
                if not at_once:
                    pids.add(clients.pop().answer().json()["pid"])
            pids.update(client.answer().json()["pid"] for client in clients)
    return pids


def how_it_ended(status: int) -> str:
    return f"ends, status {status}" if status >= 0 else f"dies by {signal.Signals(-status).name[3:]}"


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]


def heed_the_terminal() -> None:
    """A shell has what it starts in the background ignore these."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def seen(command: list[str], port: int, count: int, name: str) -> str:
    with subprocess.Popen(command, cwd=APPS, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          start_new_session=True, preexec_fn=heed_the_terminal) as process:
        try:
            end = time.monotonic() + 20
            while len(before := workers(port)) < count and time.monotonic() < end:
                pass
            process.send_signal(getattr(signal, "SIG" + name))
            try:
                return how_it_ended(process.wait(WATCHED))
            except subprocess.TimeoutExpired:
                pass
            if state_of(process.pid) == "T":
                return "stands still"
            after = workers(port)
            if not after:
                return "goes on, nobody answers"
            new, old = len(after - before), len(after & before)
            return f"serves: {old} old, {new} new" if new or old != len(before) else "serves as before"
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # a session of its own: all that it started
            except ProcessLookupError:
                pass


def main() -> int:
    all_servers = servers(Path(sys.argv[1]))
    columns = [(name, count) for name in all_servers for count in (1, 2)]
    signals = sys.argv[2:] or SIGNALS
    print("| signal | " + " | ".join(f"{name}, {count}" for name, count in columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name in signals:
        cells = []
        for server, count in columns:
            port = free_port()
            cells.append(seen(all_servers[server](port, count), port, count, name))
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
