#!/usr/bin/env python3
"""From the save of a file to the first answer of the new code, under --reload:

    [PEERS=VENV] tests/integration/asgi/reload_time.py

A raw application, and with PEERS (a virtual environment with FastAPI) one of FastAPI, with one worker and with two. Where the worst
one's time went is told by what the log's lines have as their times. Run by .ci/extra asgi-peers."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from client import Client
from conftest import BIN, wait_until

PEERS = os.environ.get("PEERS")
ROUNDS = int(os.environ.get("ROUNDS", "20"))
MOST = 0.300  # seconds

RAW = '''
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d")]})
    await send({"type": "http.response.body", "body": b"%s"})
'''
FASTAPI = '''
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI()
LENGTH = %d

@app.get("/", response_class=PlainTextResponse)
async def root():
    return "%s"
'''


class Timed:
    """Lines of a log, with the time at which each came."""

    def __init__(self, stream) -> None:
        self.lines: list[tuple[float, str]] = []
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        for line in stream:
            self.lines.append((time.monotonic(), line.rstrip()))

    def find(self, pattern: str) -> re.Match[str] | None:
        return next((match for _, line in self.lines if (match := re.search(pattern, line))), None)

    def since(self, at: float, until: float) -> list[str]:
        return [f"    {(when - at) * 1000:6.1f} ms  {line}" for when, line in self.lines if at <= when <= until]


def answer(port: int) -> str:
    try:
        with Client(("127.0.0.1", port)) as client:
            return client.request("GET", "/", connection="close").body.decode()
    except (OSError, AssertionError):
        return ""


def measure(name: str, python: str, text: str, workers: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder, "main.py")
        module.write_text(text % (4, "v000"))
        words = [str(BIN / "asgi-worker"), "--python", python, "main:app", "--reload", "--port", "0", "--workers", str(workers), "--no-access-log"]
        process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        log = Timed(process.stderr)
        wait_until(lambda: log.find("running on"), "it serves")
        port = int(log.find(r"running on http://127\.0\.0\.1:(\d+)")[1])
        took, worst = [], []
        for number in range(1, ROUNDS + 1):
            word = f"v{number:03}"
            saved_at = time.monotonic()
            module.write_text(text % (4, word))
            while answer(port) != word:
                assert time.monotonic() < saved_at + 20, "never new"
                time.sleep(0.002)  # between two looks
            now = time.monotonic()
            if not took or now - saved_at > max(took):
                worst = log.since(saved_at, now)
            took.append(now - saved_at)
            wait_until(lambda: sum("Reload complete" in line for _, line in log.lines) >= number, "the old ones have gone")
        process.terminate()
        process.wait(20)
    least, middle, most = min(took) * 1000, statistics.median(took) * 1000, max(took) * 1000
    print(f"{name}, {workers} worker(s): {least:.0f} {middle:.0f} {most:.0f} ms, least, median and most of {ROUNDS}; the worst one:")
    print("\n".join(worst), flush=True)
    return most <= MOST * 1000


def main() -> int:
    kinds = [("raw", "/usr/bin/python3", RAW)] + ([("FastAPI", f"{PEERS}/bin/python", FASTAPI)] if PEERS else [])
    good = [measure(name, python, text, workers) for name, python, text in kinds for workers in (1, 2)]
    return 0 if all(good[:2]) else 1  # what FastAPI's import takes is none of ours


if __name__ == "__main__":
    sys.exit(main())
