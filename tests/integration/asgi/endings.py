#!/usr/bin/env python3
"""How work ends that cannot end by itself, told as a person would see it:

    tests/integration/asgi/endings.py [PEERS]      # a virtual environment with uvicorn, gunicorn and uvicorn-worker

TERM while a stream of events, a slow upload and a running request are open, with 2 s to end: what each client saw and when, and
whether the application's shutdown ran. Then an application that blocks, in Python and in C code that holds the GIL: what the log
says and who takes its place. Run by .ci/extra endings."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

from client import Client
from conftest import APPS, BIN, PYTHON, Lines, wait_until

GRACE = 2.0  # seconds


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def commands(peers: str | None, port: int) -> dict[str, list[str]]:
    own = [str(BIN / "asgi-worker"), "--python", PYTHON]
    uvicorns = ["streams:app", "--port", str(port), "--app-dir", str(APPS), "--timeout-graceful-shutdown", "2"]
    found = {"asgi-worker": [*own, *uvicorns]}
    if peers:
        found["uvicorn"] = [f"{peers}/bin/uvicorn", *uvicorns]
        found["gunicorn with its asgi worker"] = [
            f"{peers}/bin/gunicorn", "streams:app", "-k", "asgi", "-b", f"127.0.0.1:{port}", "--chdir", str(APPS), "--graceful-timeout", "2",
        ]
    return found


def accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


class Witness(threading.Thread):
    """One client; `saw` is what it saw after the TERM, with the time."""

    def __init__(self, port: int, watch: Callable[[Client, Witness], str]) -> None:
        super().__init__()
        self.client = Client(("127.0.0.1", port))
        self.term_at = 0.0
        self.saw = ""
        self._watch = watch
        self.start()

    def run(self) -> None:
        try:
            what = self._watch(self.client, self)
        except OSError as error:
            what = type(error).__name__
        self.saw = f"{what} after {time.monotonic() - self.term_at:.2f} s"
        self.client.socket.close()


def stream(client: Client, witness: Witness) -> str:
    client.send(b"GET /listening HTTP/1.1\r\nhost: a\r\n\r\n")
    client.head()
    client.chunk()
    events = 0
    while chunk := client.chunk():
        events += bool(witness.term_at) * chunk.count(b"data:")
    return f"{events} events more, then {'an end' if chunk is not None else 'the connection cut'}"


def slow_upload(client: Client, witness: Witness) -> str:
    client.send(b"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n")
    client.socket.settimeout(0.1)
    sent = 0
    while True:
        client.send(b"x")
        sent += bool(witness.term_at)
        try:
            data = client.socket.recv(65536)
        except TimeoutError:
            continue
        line = data.split(b"\r\n")[0].decode()
        return f"{sent} bytes more sent, then {line or 'the connection closed'}"


def request(client: Client, witness: Witness) -> str:
    client.send(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n")
    answer = client.answer()
    return f"{answer.status} {answer.body.decode()!r}"


def tell_of_term(name: str, words: list[str], port: int) -> None:
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               start_new_session=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    log = Lines(process.stderr)
    wait_until(lambda: accepts(port), f"{name} listens")
    witnesses = {"stream of events": Witness(port, stream), "slow upload": Witness(port, slow_upload), "running request": Witness(port, request)}
    for what in ("stream", "upload", "request"):
        log.wait_for(f"{what} began")
    term_at = time.monotonic()
    for witness in witnesses.values():
        witness.term_at = term_at
    process.send_signal(signal.SIGTERM)
    status = process.wait(30)
    ended = time.monotonic() - term_at
    print(f"{name}, TERM:")
    for what, witness in witnesses.items():
        witness.join(20)
        print(f"  {what:18} {witness.saw}")
    ran = "lifespan.shutdown ran" in log.whole()
    how = f"status {status}" if status >= 0 else f"signal {-status}"
    print(f"  {'the process':18} ended after {ended:.2f} s, {how}; lifespan.shutdown {'ran' if ran else 'did not run'}", flush=True)


def tell_of_blocking(target: str, what: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        words = [str(BIN / "asgi-worker"), "--python", PYTHON, "stuck:app", "--app-dir", str(APPS), "--port", "0", "--compat", "native", "--timeout", "2"]
        process = subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        log = Lines(process.stderr)
        port = int(log.wait_for(r"running on http://127\.0\.0\.1:(\d+)")[0][1])
        print(f"asgi-worker --timeout 2, {what}:")
        asked_at = time.monotonic()
        with Client(("127.0.0.1", port)) as client:
            client.send(f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            log.wait_for("Application startup complete", count=2)
            replaced = time.monotonic() - asked_at
        lines = log.text().splitlines()
        first = next(index for index, line in enumerate(lines) if "WORKER TIMEOUT" in line)
        for line in lines[first:]:
            if not re.search("lifespan|startup|Started server|^$", line):
                print("  " + line.replace(str(APPS), "tests/apps"))
        print(f"  replaced {replaced:.2f} s after the request", flush=True)
        process.terminate()
        process.wait(20)


def main(peers: str | None) -> int:
    for name in commands(peers, 0):
        port = free_port()
        tell_of_term(name, commands(peers, port)[name], port)
    tell_of_blocking("/spin", "`while True` in the application")
    tell_of_blocking("/gil", "C code that holds the GIL")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
