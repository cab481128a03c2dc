#!/usr/bin/env python3
"""User instructions a request, by shared object: what a change costs or saves, also on a busy machine.

    instructions.py --worker "asgi-worker --python PY" --load-program ./load [APP PATH [-H 'Name: value' ...]]

The worker runs under valgrind's callgrind (some 50 times slower), `load` asks it on 64 connections. What came before the
second load is not counted. A call is one of asgi::Application::on_request. The kernel's part is not seen."""
from __future__ import annotations

import argparse
import collections
import os
import re
import shlex
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def last_child(pid: int) -> int:
    """The worker is the youngest of the family's last generation."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = file.read().split()
    return last_child(int(children[-1])) if children else pid


def wait_for(port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.2)  # between two tries: valgrind takes long to start it
    raise SystemExit("the worker does not listen")


def costs(path: str) -> tuple[int, collections.Counter[str]]:
    """How many calls there were, and the instructions of each object's own."""
    names: dict[str, str] = {}
    objects: dict[str, str] = {}
    own: collections.Counter[str] = collections.Counter()
    calls, here, called, is_call = 0, "?", "", False

    def named(word: str, known: dict[str, str]) -> str:
        number, _, name = word.partition(" ")
        return known.setdefault(number, name or "?")

    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            kind, _, rest = line.rstrip("\n").partition("=")
            if kind in ("fn", "cfn"):
                called = named(rest, names)
            elif kind in ("ob", "cob"):
                object_name = os.path.basename(named(rest, objects))
                here = object_name if kind == "ob" else here
            elif kind == "calls":
                is_call = True
                if called.startswith("asgi_worker::asgi::Application::on_request"):
                    calls += int(rest.split()[0])
            elif re.match(r"[0-9+*-]", line):
                if not is_call:
                    own[here] += int(line.split()[1])
                is_call = False
    return calls, own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", required=True)
    parser.add_argument("--load-program", required=True)
    parser.add_argument("-H", dest="fields", action="append", default=[])
    parser.add_argument("app", nargs="?", default="apps:app")
    parser.add_argument("path", nargs="?", default="/plain")
    asked = parser.parse_args()
    port = free_port()
    load = [asked.load_program, "-c", "64", "-d", "2", *(word for line in asked.fields for word in ("-H", line)), str(port), asked.path]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        server = subprocess.Popen(
            ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={out}.%p", *shlex.split(asked.worker), asked.app,
             "--app-dir", HERE, "--port", str(port), "--workers", "1", "--log-level", "warning", "--no-access-log", "--timeout", "0"])
        try:
            wait_for(port)
            subprocess.run(load, stdout=subprocess.DEVNULL, check=True, timeout=60)
            worker = str(last_child(server.pid))
            subprocess.run(["callgrind_control", "-z", worker], capture_output=True, check=True, timeout=60)
            subprocess.run(load, stdout=subprocess.DEVNULL, check=True, timeout=60)
            subprocess.run(["callgrind_control", "-d", worker], capture_output=True, check=True, timeout=60)
            calls, own = costs(f"{out}.{worker}.1")
        finally:
            server.terminate()
            server.wait(60)
    if calls == 0:
        raise SystemExit("no request was counted")
    print(f"{asked.app} {asked.path}: {sum(own.values()) // calls} instructions a request ({calls} requests)")
    for name, count in own.most_common(4):
        print(f"{count // calls:10} {name}")


if __name__ == "__main__":
    main()
