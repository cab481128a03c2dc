"""Scripts that use asgi_worker.Loop on their own, some beside asyncio's: fixtures to import, and what scripts begin with."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from pathlib import Path

import pytest

from conftest import BIN, PATIENCE, PYTHON

PACKAGE = Path(os.environ.get("ASGI_WORKER_PACKAGE", BIN.parent / "lib" / "asgi-worker"))


@pytest.fixture
def script(environment: dict[str, str], tmp_path: Path):
    """script(code): what it printed as JSON, and its standard error; `asgi_worker` and `asyncio` are imported."""

    def run(code: str, *flags: str, status: int = 0, arguments: tuple[str, ...] = ()):
        start = "import asyncio, json, os, socket, sys, threading\nimport asgi_worker\n"
        done = subprocess.run(
            [PYTHON, *flags, "-c", start + textwrap.dedent(code), *arguments], env={**environment, "PYTHONPATH": str(PACKAGE)}, cwd=tmp_path,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
        )
        assert done.returncode == status, done.stderr
        return (json.loads(done.stdout) if done.stdout else None), done.stderr

    return run


COMMON = """
import gc, logging, tempfile, time, warnings, weakref
make = {"ours": asgi_worker.new_event_loop, "asyncio": asyncio.SelectorEventLoop}[sys.argv[1]]

def run(coroutine, debug=False):
    loop = make()
    loop.set_debug(debug)
    try:
        asyncio.set_event_loop(loop)  # where asyncio finds its child watcher
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()

def is_watched(fd, events=3):
    try:
        return bool(asyncio.get_running_loop()._selector.get_key(fd).events & events)
    except KeyError:
        return False

def error_of(function, *arguments, **keywords):
    try:
        return ["fine", repr(function(*arguments, **keywords))]
    except BaseException as error:
        return [type(error).__name__, str(error)]

async def outcome(awaitable):
    try:
        return ["fine", repr(await awaitable)]
    except BaseException as error:
        return [type(error).__name__, str(error)]

async def turns(count=3):
    for _ in range(count):
        await asyncio.sleep(0)

async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)

def sockets(kind=socket.SOCK_STREAM):
    pair = socket.socketpair(socket.AF_UNIX, kind)
    for end in pair:
        end.setblocking(False)
    return pair

def udp(family=socket.AF_INET):
    end = socket.socket(family, socket.SOCK_DGRAM)
    end.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    end.setblocking(False)
    return end
"""

# Protocols that note what they are told, and what makes the transports that they get.
RECORDER = """
class Recorder:
    def __init__(self):
        self.events, self.lost = [], asyncio.get_running_loop().create_future()
    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")
    def pause_writing(self):
        self.events.append("pause")
    def resume_writing(self):
        self.events.append("resume")
    def connection_lost(self, error):
        self.events.append(["lost", type(error).__name__])
        self.lost.set_result(None)
"""

DATAGRAM = RECORDER + """
class Protocol(Recorder, asyncio.DatagramProtocol):
    def datagram_received(self, data, address):
        self.events.append(data.decode())
        self.sender = address
    def error_received(self, error):
        self.events.append(type(error).__name__)

def unix_pair():
    # Connected, with names: asyncio takes a socket whose peer has none for one that is not connected.
    far = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    far.bind(tempfile.mkdtemp() + "/far")
    near = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.connect(far.getsockname())
    far.setblocking(False)
    return near, far

async def endpoint(kind=Protocol, **how):
    return await asyncio.get_running_loop().create_datagram_endpoint(kind, **how)
"""

PIPES = RECORDER + """
class Protocol(Recorder, asyncio.Protocol):
    def data_received(self, data):
        self.events.append(data.decode(errors="replace"))
    def eof_received(self):
        self.events.append("eof")

def pipe():
    read, write = os.pipe()
    return os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0)

def plain(transport):
    return repr(transport).partition(" ")[2].replace(str(transport._fileno), "FD")

async def reading(pipe, kind=Protocol):
    return await asyncio.get_running_loop().connect_read_pipe(kind, pipe)

async def writing(pipe, kind=Protocol):
    return await asyncio.get_running_loop().connect_write_pipe(kind, pipe)
"""


@pytest.fixture
def both(script):
    """both(code): what `main()` returned on our loop and on asyncio's own, and what each wrote to standard error."""

    def run(code: str, *flags: str, call: str = "run(main())"):
        whole = COMMON + textwrap.dedent(code) + f"\nprint(json.dumps({call}))\n"
        return *script(whole, *flags, arguments=("ours",)), *script(whole, *flags, arguments=("asyncio",))

    return run


@pytest.fixture
def same(both):
    """same(code): what `main()` returned on our loop, which is what it returned on asyncio's."""

    def run(code: str, *flags: str, call: str = "run(main())"):
        ours, _, theirs, _ = both(code, *flags, call=call)
        assert ours == theirs, f"ours {ours}, asyncio's {theirs}"
        return ours

    return run
