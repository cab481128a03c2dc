"""Whether a worker keeps anything of requests that are over: 100,000 of each kind, and after every tenth part what the
interpreter counts (objects, allocated blocks, references in a debug interpreter, tracemalloc's bytes with --trace) and its RSS.

  leaks.py [--server asgi-worker] [--python python3-dbg] [--requests 100000] [--kinds plain,cancel] [--trace] [-- options]

A kind leaks when a count still grows in the second half, by more than one in a thousand requests and more than caches and
free lists may. Exit status 1 then.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
KINDS = ("plain", "body", "stream", "error", "wrong", "disconnect", "cancel", "background", "group", "file", "lifespan")
FEWER = {"lifespan": 20}  # a server each: so many times fewer
COUNTS = ("blocks", "objects", "references", "traced")
PARTS = 10
LEAST = 0.001  # of a count, a request
PIPELINED = 16

Figures = dict[str, int]


class Worker:
    def __init__(self, given: argparse.Namespace) -> None:
        env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONTRACEMALLOC": "1" if given.trace else "0"}
        words = [given.server, "--python", given.python, "leaking:app", "--app-dir", str(HERE), "--port", "0", "--no-access-log",
                 "--lifespan", "off", *given.options]
        self.process = subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if match := re.search(r"running on http://(.+):(\d+) ", line):
                self.address = match[1], int(match[2])
                break
        else:
            sys.exit("the server did not start")
        self.own_tasks = 0  # the worker's, and the one that counts
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)  # tracebacks

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=60)

    def count(self) -> Figures:
        with self.connect() as client:
            client.sendall(b"GET /count HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            answer = b""
            while data := client.recv(65536):
                answer += data
        return json.loads(answer.partition(b"\r\n\r\n")[2])

    def count_at_rest(self) -> Figures:
        """Once it has noticed that the clients have left."""
        until = time.monotonic() + 30
        self.own_tasks = self.own_tasks or self.count()["tasks"]
        while (figures := self.count())["tasks"] > self.own_tasks and time.monotonic() < until:
            time.sleep(0.02)  # between two looks
        return figures

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.drain.wait(30)


def read_answers(client: socket.socket, count: int, mark: bytes) -> None:
    """`mark` stands once in each answer."""
    rest = b""
    while count:
        data = client.recv(262144)
        if not data:
            sys.exit("the server closed a connection that it should keep")
        rest += data
        count -= rest.count(mark)
        rest = rest[-(len(mark) - 1):]


def pipelined(worker: Worker, requests: int, request: bytes, mark: bytes) -> None:
    with worker.connect() as client:
        while requests > 0:
            count = min(PIPELINED, requests)
            client.sendall(request * count)
            read_answers(client, count, mark)
            requests -= count


def one_each(worker: Worker, requests: int, request: bytes, waits: bool) -> None:
    """A connection for each request: read to its end, or left at once."""
    for _ in range(requests):
        with worker.connect() as client:
            client.sendall(request)
            while waits and client.recv(65536):
                pass


def ask(worker: Worker, kind: str, requests: int) -> None:
    head = f"GET /{kind} HTTP/1.1\r\nhost: a\r\n\r\n".encode()
    if kind == "body":
        pipelined(worker, requests, b"POST /body HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n" + b"b" * 1000, b"HTTP/1.1 200 OK")
    elif kind in ("error", "wrong"):
        one_each(worker, requests, head, waits=True)
    elif kind == "disconnect":
        one_each(worker, requests, head, waits=False)
    else:
        pipelined(worker, requests, head, b"HTTP/1.1 200 OK")


def slope(figures: list[int], per_part: int) -> float:
    """Least squares over the second half, a request."""
    half = figures[len(figures) // 2:]
    middle = (len(half) - 1) / 2
    above = sum((at - middle) * (value - sum(half) / len(half)) for at, value in enumerate(half))
    return above / sum((at - middle) ** 2 for at in range(len(half))) / per_part


def check(worker: Worker, kind: str, requests: int, noise: int) -> bool:
    requests //= FEWER.get(kind, 1)
    per_part = max(1, requests // PARTS)
    worker.count_at_rest()
    rows = []
    for _ in range(PARTS):
        ask(worker, kind, per_part)
        rows.append(worker.count_at_rest())
    slopes = {name: slope([row[name] for row in rows], per_part) for name in (*COUNTS, "rss_kib")}
    most = max(LEAST, noise / (requests / 2))
    leaks = any(slopes[name] > most * (64 if name == "traced" else 1) for name in COUNTS) or rows[-1]["tasks"] > worker.own_tasks
    told = "  ".join(f"{name} {rows[0][name]}..{rows[-1][name]} ({slopes[name]:+.5f})" for name in slopes if rows[-1][name])
    print(f"{kind:11}{requests:8} requests  {told}  {'LEAKS' if leaks else 'ok'}", flush=True)
    return not leaks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="asgi-worker")
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--noise", type=int, default=200, help="how much caches and free lists may still grow in the second half")
    parser.add_argument("--trace", action="store_true", help="with tracemalloc, which is slow")
    parser.add_argument("options", nargs="*", help="the server's, after --")
    given = parser.parse_args()
    worker = Worker(given)
    try:
        return 0 if all([check(worker, kind, given.requests, given.noise) for kind in given.kinds.split(",")]) else 1
    finally:
        worker.stop()


if __name__ == "__main__":
    sys.exit(main())
