"""HTTP/2 and gRPC that is cut or broken, in quantities, against a real daemon; by .ci/extra streams.

STREAMS: how many broken ones (5,000).
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from types import ModuleType

import pytest

from conftest import Suite, is_alive, wait_until
from grpc_client import Method, all_methods, generated
from http2_bytes import PREFACE, SETTINGS, call_bytes, frame, request_bytes, send_and_leave

PROGRAMS = "[program:steady]\ncommand=sleep 100000\nstdout_logfile=%(here)s/steady.log\nstderr_logfile=NONE\n"
READING = {"ListProcesses", "WatchProcesses", "ReadLog", "FollowLog", "WatchEvents", "GetDaemon", "ListSockets", "ListAvailable", "DescribeProcess",
           "ListUsage"}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ModuleType, ModuleType]]:
    return generated(tmp_path_factory.mktemp("generated"))


def meant(method: Method) -> bytes:
    """A request that would do something."""
    return method.request.SerializeToString().replace(b"\x04nope", b"\x06steady") if method.name not in ("ReadLog", "FollowLog") else b"\x0a\x08\x0a\x06steady"


def own_memory(pid: int) -> int:
    """KiB"""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Anonymous:"))


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


class Watched:
    """A suite of which nothing may change."""

    def __init__(self, suite: Suite) -> None:
        suite.configure(PROGRAMS.replace("%(here)s", str(suite.directory)))
        suite.start()
        suite.wait_state("steady", "RUNNING")
        self.suite = suite
        self.pid, self.daemon = suite.pid("steady"), suite.daemon_pid()
        self.descriptors = descriptors(self.daemon)

    def check(self) -> None:
        assert self.suite.daemon_pid() == self.daemon and is_alive(self.daemon)
        assert self.suite.pid("steady") == self.pid
        assert not self.suite.log_lines(" api: ")
        wait_until(lambda: descriptors(self.daemon) <= self.descriptors, "all descriptors are closed")


def test_each_method_cut_at_each_byte(suite: Suite, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    watched = Watched(suite)
    streams = 0
    for method in all_methods(code):
        whole = request_bytes(method.path.encode(), meant(method))
        for end in range(3, len(whole)):
            send_and_leave(suite.socket, whole[:end])
            streams += 1
        watched.check()
    print(f"\n{streams} streams, {len(all_methods(code))} methods")


def broken(dice: random.Random, calls: list[bytes]) -> bytes:
    stream = PREFACE + frame(SETTINGS, 0, 0, b"") + b"".join(
        call_bytes(path, message, 2 * number + 1) for number, (path, message) in enumerate(dice.choices(calls, k=dice.randint(1, 4))))
    data = bytearray(stream)
    for _ in range(dice.randint(1, 12)):
        kind, at = dice.randint(0, 4), dice.randrange(3, len(data))
        if kind == 0:
            data[at] = dice.randrange(256)
        elif kind == 1 and len(data) > 20:
            del data[at:at + dice.randint(1, 8)]
        elif kind == 2:
            data[at:at] = dice.randbytes(dice.randint(1, 16))
        elif kind == 3:
            data[at:at] = frame(dice.randrange(12), dice.randrange(256), dice.randrange(8), dice.randbytes(dice.randint(0, 64)))
        else:
            data += frame(dice.randrange(12), dice.randrange(256), dice.randrange(8), dice.randbytes(dice.randint(0, 64)))
    return bytes(data)


def test_broken_streams(suite: Suite, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    watched = Watched(suite)
    count = int(os.environ.get("STREAMS", "5000"))
    calls = [(method.path.encode(), meant(method)) for method in all_methods(code) if method.name in READING]  # what is not broken changes nothing either
    assert len(calls) == len(READING)
    memory = []
    for seed in range(count):
        send_and_leave(suite.socket, broken(random.Random(seed), calls))
        if seed % (count // 5) == count // 5 - 1:
            watched.check()
            memory.append(own_memory(watched.daemon))
    print(f"\n{count} streams; the daemon's own memory, KiB, after each fifth: {memory}")
    assert memory[-1] - memory[0] < 1024
