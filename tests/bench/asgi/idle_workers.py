#!/usr/bin/env python3
"""What a server with two idle workers and a preloaded application costs in memory, ours beside gunicorn with uvicorn's worker and with
its own, in one run:

  idle_workers.py --worker 'asgi-worker --python PY' --peers VENV [--app app_fastapi:app]

PY is VENV's interpreter, so that all serve the same. Each answers some requests first. The figure is the sum of PSS (shared pages
counted once) of all its processes, and what a worker has for itself alone.  Linux only."""
import argparse
import os
import shlex
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def pages(pid):
    """(PSS, private) in KiB."""
    pss = private = 0
    with open("/proc/%d/smaps_rollup" % pid) as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name == "Pss":
                pss = int(rest.split()[0])
            elif name.startswith("Private_"):
                private += int(rest.split()[0])
    return pss, private


def tree(pid):
    found = [pid]
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        for child in file.read().split():
            found += tree(int(child))
    return found


def ask(port, count):
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"GET /items/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            while client.recv(65536):
                pass


def weigh(name, command, processes):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*command, "--bind", "127.0.0.1:%d" % port], cwd=HERE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            try:
                ask(port, 100)
                if len(tree(server.pid)) == processes:
                    break
            except OSError:
                pass
            if time.monotonic() > end:
                sys.exit("%s does not serve with %d processes, but %d" % (name, processes, len(tree(server.pid))))
            time.sleep(0.05)  # between two looks
        each = {pid: pages(pid) for pid in tree(server.pid)}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    total = sum(pss for pss, _ in each.values()) / 1024
    alone = sorted(private for _, private in each.values())
    print("| %s | %.1f | %d | %s |" % (name, total, processes, ", ".join("%.1f" % (kib / 1024) for kib in alone)), flush=True)
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--app", default="app_fastapi:app")
    options = parser.parse_args()
    words = [options.app, "--workers", "2", "--preload"]
    gunicorn = os.path.join(options.peers, "bin/gunicorn")
    print("| two idle workers, preloaded | MiB in all | processes | each one's own MiB |\n|---|---:|---:|---|")
    ours = weigh("asgi-worker", [*shlex.split(options.worker), *words], 4)  # with arbiter and template
    theirs = [
        weigh("gunicorn, `-k %s`" % kind, [gunicorn, *words, "-k", kind], 3) for kind in ("uvicorn_worker.UvicornWorker", "asgi")
    ]
    return 0 if ours <= min(theirs) else 1


if __name__ == "__main__":
    sys.exit(main())
