"""Start to first answer, medians: `python3 -c 'import asyncio'`, asgi-worker with a raw application, and with PEERS (a virtual
environment) uvicorn in the same. Run by .ci/extra."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "tests" / "apps"
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build" / "release" / "bin"))
PYTHON = os.environ.get("ASGI_PYTHON", "/usr/bin/python3")
ROUNDS = int(os.environ.get("ROUNDS", "15"))


def bare() -> float:
    begin = time.perf_counter()
    subprocess.run([PYTHON, "-c", "import asyncio"], check=True)
    return time.perf_counter() - begin


def first_answer(words: list[str]) -> float:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    begin = time.perf_counter()
    process = subprocess.Popen([*words, "hello:app", "--app-dir", str(APPS), "--port", str(port), "--log-level", "error"])
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                    if client.recv(1):
                        return time.perf_counter() - begin
            except OSError:
                time.sleep(0.0005)  # between two attempts
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def main() -> int:
    kinds = {"import asyncio": bare, "asgi-worker": lambda: first_answer([str(BIN / "asgi-worker"), "--python", PYTHON])}
    if peers := os.environ.get("PEERS"):
        kinds["uvicorn"] = lambda: first_answer([f"{peers}/bin/uvicorn"])
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, measure in kinds.items():
            times[name].append(measure() * 1000)
    base = statistics.median(times["import asyncio"])
    for name, all_times in times.items():
        middle = statistics.median(all_times)
        print(f"{name:16} {min(all_times):7.1f} {middle:7.1f} {max(all_times):7.1f} ms   {middle / base:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
