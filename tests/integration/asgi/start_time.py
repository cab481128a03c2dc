"""From the start of a command to the first byte of its first answer, medians, in turns in one run:

    PEERS=VENV tests/integration/asgi/start_time.py

A raw application beside `python3 -c 'import asyncio'`, and with PEERS (a virtual environment with uvicorn and FastAPI) a
FastAPI application beside its bare import, each under uvicorn too. The client's request waits in the backlog of a socket that
the server is handed by --fd, so nothing polls. Ends with 1 when ours is over 1.4 and 1.2 times as long. Run by .ci/extra."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "tests" / "apps"
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build" / "release" / "bin"))
PEERS = os.environ.get("PEERS")
PYTHON = f"{PEERS}/bin/python" if PEERS else os.environ.get("ASGI_PYTHON", "/usr/bin/python3")
ROUNDS = int(os.environ.get("ROUNDS", "15"))

FASTAPI = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def root():
    return {"hello": "world"}
"""


def bare(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([PYTHON, "-c", code], check=True)
    return time.perf_counter() - begin


def first_answer(words: list[str], app: str, folder: Path) -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        fd = listener.fileno()
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*words, app, "--app-dir", str(folder), "--fd", str(fd), "--log-level", "error", "--no-access-log"], pass_fds=[fd]
        )
        try:
            assert client.recv(12).endswith(b"200"), "not a good answer"
            return time.perf_counter() - begin
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def compare(most: float, kinds: dict[str, Callable[[], float]]) -> bool:
    """Whether the second of `kinds`, ours, takes at most `most` times as long as the first."""
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for measure in kinds.values():
        measure()  # files are in the page cache, bytecode is written
    for _ in range(ROUNDS):
        for name, measure in kinds.items():
            times[name].append(measure() * 1000)
    middles = {name: statistics.median(values) for name, values in times.items()}
    base, ours, *_ = middles
    for name, values in times.items():
        print(f"{name:24} {min(values):7.1f} {middles[name]:7.1f} {max(values):7.1f} ms   {middles[name] / middles[base]:5.2f}")
    return middles[ours] <= most * middles[base]


def main() -> int:
    own = [str(BIN / "asgi-worker"), "--python", PYTHON]
    theirs = [f"{PEERS}/bin/uvicorn"]
    raw = {"import asyncio": lambda: bare("import asyncio"), "asgi-worker, raw": lambda: first_answer(own, "hello:app", APPS)}
    if not PEERS:
        return 0 if compare(1.4, raw) else 1
    raw["uvicorn, raw"] = lambda: first_answer(theirs, "hello:app", APPS)
    is_quick = compare(1.4, raw)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "with_fastapi.py").write_text(FASTAPI)
        is_quick &= compare(
            1.2,
            {
                "import with_fastapi": lambda: bare(f"import sys; sys.path.insert(0, {name!r}); import with_fastapi"),
                "asgi-worker, FastAPI": lambda: first_answer(own, "with_fastapi:app", folder),
                "uvicorn, FastAPI": lambda: first_answer(theirs, "with_fastapi:app", folder),
            },
        )
    return 0 if is_quick else 1


if __name__ == "__main__":
    sys.exit(main())
