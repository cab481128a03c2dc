#!/usr/bin/env python3
"""Everything that replaces workers or the arbiter, under load, and what it cost the clients. With full counts:

    tests/integration/asgi/zero_loss.py [--wrk] [hup] [broken] [usr2] [kill] [max_requests]

The load is 2,000 requests a second of our own, which knows why a request failed; with --wrk it is as much as wrk can.
tests/integration/asgi/test_zero_loss.py is the short form."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from conftest import APPS, Server, wait_until
from load import Load, Result, Wrk, WrkResult


def hup(server: Server, load: Load | Wrk, count: int) -> None:
    for number in range(1, count + 1):
        server.signal(signal.SIGHUP)
        server.log.wait_for("Reload complete", count=number)


def broken(server: Server, load: Load | Wrk, count: int) -> None:
    """`server` runs ./changing.py, which is none of Python's from now on."""
    server.cwd.joinpath("changing.py").write_text("this is not Python")
    for number in range(1, count + 1):
        server.signal(signal.SIGHUP)
        server.log.wait_for("The new worker could not start; the old one serves on", count=number)


def usr2(server: Server, load: Load | Wrk, count: int) -> None:
    for number in range(1, count + 1):
        os.kill(server.arbiter, signal.SIGUSR2)
        successor = int(server.log.wait_for(r"Started a new arbiter \(pid:(\d+)\)", count=number)[-1][1])
        server.log.wait_for("asgi-worker running on", count=number + 1)
        old, server.arbiter = server.arbiter, successor
        os.kill(old, signal.SIGTERM)
        server.log.wait_for("The arbiter before this one has ended", count=number)


def kill(server: Server, load: Load | Wrk, count: int) -> None:
    for number in range(1, count + 1):
        load.go_on()
        server.killed.append(living_workers(server)[0])
        os.kill(server.killed[-1], signal.SIGKILL)
        server.log.wait_for(r"reason: was sent SIGKILL", count=number)
        server.log.wait_for("Application startup complete", count=2 + number)


def max_requests(server: Server, load: Load | Wrk, count: int) -> None:
    """`server` was started with --max-requests."""
    end = time.monotonic() + 20 + count
    while len(re.findall(r"Spawned worker .* reason: max requests", server.log.text())) < count:
        assert time.monotonic() < end, server.log.text()[-2000:]
        time.sleep(0.05)  # between two looks


SCENARIOS: dict[str, tuple[Callable[[Server, Load, int], None], int, int, list[str]]] = {
    # what happens, how often in full, how often in short, with which options
    "hup": (hup, 20, 3, []),
    "hup_preload": (hup, 20, 2, ["--preload"]),
    "hup_reuse_port": (hup, 20, 2, ["--reuse-port"]),
    "broken": (broken, 5, 1, []),
    "usr2": (usr2, 5, 1, []),
    "kill": (kill, 20, 2, []),
    "max_requests": (max_requests, 1000, 5, ["--max-requests", "40", "--max-requests-jitter", "20"]),
}


def living_workers(server: Server) -> list[int]:
    with open(f"/proc/{server.arbiter}/task/{server.arbiter}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def run(name: str, start: Callable[..., Server], folder: Path, is_full: bool, make_load: Callable[..., Load | Wrk] = Load) -> Result | WrkResult:
    happen, full, short, options = SCENARIOS[name]
    (folder / "changing.py").write_text(f"import sys\nsys.path.append({str(APPS)!r})\nfrom hello import app\n")
    server = start("changing:app", "--port", "0", "--workers", "2", "--no-access-log", *options, cwd=folder).wait_ready()
    server.arbiter, server.cwd, server.killed = server.process.pid, folder, []
    with make_load(server.address) as load:
        happen(server, load, full if is_full else short)
    if isinstance(load.result, Result):  # nobody but those that were killed lost a request
        strangers = {int(pid) for pid in load.result.failed_by} - set(server.killed)
        assert not strangers, (strangers, server.killed, load.result.text())
    os.kill(server.arbiter, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(f"/proc/{server.arbiter}") or server.process.poll() is not None, "the end")
    return load.result


def main(names: list[str]) -> int:
    failed = 0
    make_load = Wrk if "--wrk" in names else Load
    for name in [name for name in names if name != "--wrk"] or list(SCENARIOS):
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            servers: list[Server] = []

            def start(*words: str, cwd: Path) -> Server:
                servers.append(Server(list(words), cwd, {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}))
                return servers[-1]

            result = run(name, start, Path(folder), is_full=True, make_load=make_load)
            print(f"{name} x {SCENARIOS[name][1]}: {result.text()} ({time.monotonic() - began:.0f} s)", flush=True)
            failed += 0 if name == "kill" else result.failed  # what a killed worker had open is lost
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
