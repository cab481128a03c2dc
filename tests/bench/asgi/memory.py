#!/usr/bin/env python3
"""What asgi-worker costs in memory.

  memory.py --worker 'asgi-worker --python PY' [--requests 1000000] [--connections 10000]

An idle worker beside a bare interpreter that has imported the same modules; what an idle kept
connection adds, and whether each of many is still served; and whether memory grows with requests
(a line fitted through samples: bytes a request, with its standard error).  Linux only; run it with
the interpreter that the worker gets.
"""
import argparse
import json
import os
import resource
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REQUEST = b"GET /plain HTTP/1.1\r\nhost: a\r\n\r\n"
APP = '''
import json, sys
import apps

async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/modules":
        body = json.dumps(sorted(sys.modules)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        return await send({"type": "http.response.body", "body": body})
    await apps.app(scope, receive, send)
'''


def figures(pid):
    """KiB of a process: rss, and uss (what ends with it)."""
    found = {"uss": 0}
    with open("/proc/%d/smaps_rollup" % pid) as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name == "Rss":
                found["rss"] = int(rest.split()[0])
            elif name.startswith("Private_"):
                found["uss"] += int(rest.split()[0])
    return found


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return [int(word) for word in file.read().split()]


class Server:
    def __init__(self, command, *words):
        self.folder = tempfile.TemporaryDirectory()
        with open(os.path.join(self.folder.name, "memory_app.py"), "w") as file:
            file.write(APP)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        argv = [*shlex.split(command), "memory_app:app", "--app-dir", self.folder.name, "--port", str(self.port),
                "--log-level", "warning", "--no-access-log", "--timeout-keep-alive", "3600", *words]
        self.process = subprocess.Popen(argv, env=dict(os.environ, PYTHONPATH=HERE))
        deadline = time.monotonic() + 20
        while True:
            try:
                self.get(b"/plain")
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.worker = children(self.process.pid)[-1]

    def get(self, path):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as client:
            client.sendall(b"GET " + path + b" HTTP/1.0\r\nhost: a\r\n\r\n")
            answer = b""
            while piece := client.recv(65536):
                answer += piece
        return answer.split(b"\r\n\r\n", 1)[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.folder.cleanup()


def bare(modules):
    """A bare interpreter with these modules."""
    code = ("import importlib, json, sys\n"
            "for name in json.loads(sys.stdin.readline()):\n"
            "    try: importlib.import_module(name)\n"
            "    except Exception: pass\n"
            "print('ready', flush=True)\nsys.stdin.read()\n")
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   cwd=folder, env=dict(os.environ, PYTHONPATH=HERE))
        process.stdin.write(json.dumps(modules) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        found = figures(process.pid)
        process.stdin.close()
        process.wait(10)
    return found


def idle_worker(command):
    server = Server(command)
    found = figures(server.worker)
    modules = [name for name in json.loads(server.get(b"/modules")) if name not in ("__main__", "memory_app", "boot") and
               not name.startswith("asgi_worker") and not name.startswith("_asgi_worker")]
    server.stop()
    alone = bare(modules)
    return {"worker_kib": found, "bare_kib": alone, "rss_over_bare_mib": (found["rss"] - alone["rss"]) / 1024}


def idle_connections(command, count):
    """Connections that have been answered once and are kept."""
    server = Server(command)
    clients = []

    def ask(client):
        client.sendall(REQUEST)
        return client.recv(4096).startswith(b"HTTP/1.1 200")

    for _ in range(64):  # what a worker in use holds anyway
        clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        ask(clients[-1])
    before = figures(server.worker)
    while len(clients) < count:
        clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        ask(clients[-1])
    after = figures(server.worker)
    served = sum(ask(client) for client in clients)
    for client in clients:
        client.close()
    server.stop()
    return {"connections": count, "kib_each": (after["uss"] - before["uss"]) / (count - 64), "served_again": served}


def fitted(xs, ys):
    """Slope of a line through the points, and its standard error."""
    x, y = statistics.fmean(xs), statistics.fmean(ys)
    square = sum((each - x) ** 2 for each in xs)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys)) / square
    rest = sum((b - y - slope * (a - x)) ** 2 for a, b in zip(xs, ys))
    return slope, (rest / (len(xs) - 2) / square) ** 0.5


def growth(command, requests, path=b"/plain", body=b"", depth=16):
    """Samples over so many requests on four connections, the first tenth left out."""
    server = Server(command)
    head = b"%s %s HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % (b"POST" if body else b"GET", path, len(body))
    clients = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(4)]
    readers = [client.makefile("rb") for client in clients]

    def take(reader):
        size = 0
        assert reader.readline().startswith(b"HTTP/1.1 200")
        while (line := reader.readline()) != b"\r\n":
            if line.startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        assert len(reader.read(size)) == size

    xs, ys, done, every = [], [], 0, max(1, requests // 100)
    while done < requests:
        for client in clients:
            client.sendall((head + body) * depth)
        for reader in readers:
            for _ in range(depth):
                take(reader)
        done += depth * len(clients)
        if done > requests / 10 and (not xs or done >= xs[-1] + every):
            xs.append(done)
            ys.append(figures(server.worker)["uss"] * 1024)
    for client in clients:
        client.close()
    server.stop()
    slope, error = fitted(xs, ys)
    return {"path": path.decode(), "requests": done, "first_kib": ys[0] // 1024, "last_kib": ys[-1] // 1024,
            "bytes_a_request": round(slope, 4), "error": round(error, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--bodies", type=int, default=1_000, help="of 1 MB")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print("idle worker", json.dumps(idle_worker(options.worker)), flush=True)
    print("idle connections", json.dumps(idle_connections(options.worker, options.connections)), flush=True)
    print("growth", json.dumps(growth(options.worker, options.requests)), flush=True)
    print("growth", json.dumps(growth(options.worker, options.bodies, b"/echo", b"x" * 1_000_000, 1)), flush=True)


if __name__ == "__main__":
    main()
