"""Ways for a worker to stand still, to die and to grow. `module_pid` is the process that imported it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from typing import Any

module_pid = os.getpid()
hoard: list[bytearray] = []


def spin() -> None:
    print("spinning", file=sys.stderr, flush=True)
    while True:
        pass


def hold_the_gil() -> None:
    import ctypes  # which not every interpreter has

    ctypes.PyDLL(None).sleep(1000)  # as a C extension may: PyDLL does not release it


def umask() -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1], 8) for line in file if line.startswith("Umask:"))


def bystander() -> None:
    threading.Event().wait(1000)


async def app(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    path = scope["path"]
    if path == "/spin":
        threading.Thread(target=bystander, daemon=True).start()
        spin()
    elif path == "/gil":
        hold_the_gil()
    elif path == "/crash":
        signal.raise_signal(signal.SIGSEGV)
    elif path == "/exit":
        os._exit(5)
    elif path == "/grow":
        hoard.append(bytearray(b"x") * (64 * 1024 * 1024))
    elif path == "/wait":
        await asyncio.sleep(60)
    body = json.dumps({"pid": os.getpid(), "imported_by": module_pid, "parent": os.getppid(), "uid": os.getuid(), "gid": os.getgid(),
                       "groups": os.getgroups(), "umask": umask()}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
