#!/usr/bin/env python3
"""What floods of bad clients do to the good ones: latency meanwhile, and what is left afterwards.

    python3 tests/integration/asgi/floods.py --server build/release/bin/asgi-worker --clients 1000 --seconds 10

Each scenario runs a worker of its own. A good client asks over one kept connection and over new ones, by turns, before the
flood, during it and after it. Printed: its latencies in milliseconds, errors, the worker's memory and descriptors. Only
loopback is used. test_floods.py runs the same, shorter.
"""

from __future__ import annotations

import argparse
import errno
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

APPS = Path(__file__).resolve().parents[2] / "apps"
GET = b"GET /any HTTP/1.1\r\nhost: a\r\n\r\n"
PATIENCE = 20.0


@dataclass
class Worker:
    """A running asgi-worker with one worker process."""

    process: subprocess.Popen[str]
    address: tuple[str, int]
    pid: int
    log: list[str] = field(default_factory=list)

    def rss_kib(self) -> int:
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())[1])

    def peak_kib(self) -> int:
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())[1])

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def limit(self, what: int, soft: int) -> None:
        resource.prlimit(self.pid, what, (soft, resource.prlimit(self.pid, what)[1]))


@contextmanager
def worker(server: str, *words: str, within: Sequence[str] = ()) -> Iterator[Worker]:
    """`within`: a command that is given the worker's, and becomes it."""
    python = ["--python", os.environ["ASGI_PYTHON"]] if "ASGI_PYTHON" in os.environ else []
    process = subprocess.Popen(
        [*within, server, *python, "slow_clients:app", "--app-dir", str(APPS), "--port", "0", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )
    log: list[str] = []
    found: dict[str, re.Match[str]] = {}
    ready = threading.Event()

    def read() -> None:
        for line in process.stderr:
            log.append(line)
            for name, pattern in (("pid", r"Started server process \[(\d+)\]"), ("address", r"(?:running on|Listening at:) http://(.+):(\d+) ")):
                if match := re.search(pattern, line):
                    found[name] = match
            if len(found) == 2:
                ready.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        assert ready.wait(PATIENCE), "".join(log)
        address = (found["address"][1], int(found["address"][2]))
        yield Worker(process, address, int(found["pid"][1]), log)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_answer(client: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\nok"):
        piece = client.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        data += piece
    return data


class GoodClient:
    """Asks and asks, and notes how long each answer took."""

    def __init__(self, address: tuple[str, int], connects: bool = True) -> None:
        self.address = address
        self.connects = connects  # over a new connection every other time
        self.latencies: list[float] = []
        self.errors: list[str] = []
        self._kept = socket.create_connection(address, timeout=PATIENCE)

    def ask(self, for_seconds: float, at_least: int = 20) -> None:
        end = time.monotonic() + for_seconds
        count = 0
        while time.monotonic() < end or count < at_least:
            count += 1
            began = time.perf_counter()
            try:
                if self.connects and count % 2:
                    with socket.create_connection(self.address, timeout=PATIENCE) as fresh:
                        fresh.sendall(GET)
                        read_answer(fresh)
                else:
                    self._kept.sendall(GET)
                    read_answer(self._kept)
            except OSError as error:
                self.errors.append(repr(error))
                self._kept = socket.create_connection(self.address, timeout=PATIENCE)
            self.latencies.append((time.perf_counter() - began) * 1000)
            time.sleep(0.002)  # it is a client, no flood

    def take(self) -> str:
        latencies, self.latencies = sorted(self.latencies), []
        errors, self.errors = self.errors, []
        at = lambda part: latencies[min(int(len(latencies) * part), len(latencies) - 1)]
        return (
            f"n={len(latencies)} p50={statistics.median(latencies):.2f} p99={at(0.99):.2f} max={latencies[-1]:.2f} ms, "
            f"errors={len(errors)}{' ' + errors[0] if errors else ''}"
        )

    def close(self) -> None:
        self._kept.close()


class Flood:
    """Connections that each said something, and say more each second while they are open."""

    def __init__(self, address: tuple[str, int], count: int, first: bytes, more: bytes = b"") -> None:
        self.more = more
        self.sockets = []
        for _ in range(count):
            client = socket.create_connection(address, timeout=PATIENCE)
            client.sendall(first)
            client.setblocking(False)
            self.sockets.append(client)

    def drip(self) -> None:
        for client in self.sockets:
            try:
                if self.more:
                    client.send(self.more)
            except OSError:
                pass  # the server has closed it

    def wait_until_closed(self) -> list[bytes]:
        """What each of them was told before the server closed it."""
        said = []
        for client in self.sockets:
            client.settimeout(PATIENCE)
            data = b""
            try:
                while piece := client.recv(65536):
                    data += piece
            except ConnectionResetError:
                pass
            said.append(data)
        return said

    def close(self) -> None:
        for client in self.sockets:
            client.close()


@dataclass
class Result:
    name: str
    before: str = ""
    meanwhile: str = ""
    after: str = ""
    facts: list[str] = field(default_factory=list)
    errors: int = 0

    def print(self) -> None:
        print(f"{self.name}\n  before:    {self.before}\n  meanwhile: {self.meanwhile}\n  after:     {self.after}")
        for fact in self.facts:
            print(f"  {fact}")
        sys.stdout.flush()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"not in time: {what}"
        time.sleep(0.02)


def flood_of(name: str, server: str, count: int, seconds: float, first: bytes, more: bytes) -> Result:
    """Connections that are not whole requests: they end by the server's time limits."""
    limit = str(max(seconds, 1.0))
    with worker(server, "--timeout-header", limit, "--timeout-body", limit, "--no-access-log", "--timeout-keep-alive", "60") as under:
        result = Result(name)
        descriptors = under.descriptors() + 1  # and the good client's kept connection
        good = GoodClient(under.address)
        good.ask(seconds / 4)
        result.before = good.take()
        wait_until(lambda: under.descriptors() == descriptors, "the good client's other connections are closed")
        rss = under.rss_kib()
        flood = Flood(under.address, count, first, more)
        wait_until(lambda: under.descriptors() >= descriptors + count, "all are accepted")
        end = time.monotonic() + seconds * 0.8
        while time.monotonic() < end:
            flood.drip()
            good.ask(min(1.0, seconds / 4))
        held = under.rss_kib() - rss
        result.errors += len(good.errors)
        result.meanwhile = good.take()
        said = flood.wait_until_closed()
        flood.close()
        wait_until(lambda: under.descriptors() <= descriptors, "no connection is left")
        good.ask(seconds / 4)
        result.errors += len(good.errors)
        result.after = good.take()
        refused = sum(data.startswith(b"HTTP/1.1 408 ") for data in said)
        left = under.rss_kib() - rss
        again = Flood(under.address, count, first, more)
        wait_until(lambda: under.descriptors() >= descriptors + count, "all are accepted, once more")
        again.wait_until_closed()
        again.close()
        wait_until(lambda: under.descriptors() <= descriptors, "no connection is left, once more")
        good.close()
        result.facts = [
            f"{count} connections held {held} KiB ({1024 * held // count} bytes each); {refused} were told 408, {count - refused} closed",
            f"afterwards: {left:+} KiB, {under.descriptors() - descriptors:+} descriptors; after a second such flood {under.rss_kib() - rss:+} KiB",
        ]
        return result


def slow_loris(server: str, count: int, seconds: float) -> Result:
    return flood_of("slow-loris: a head, a byte a second", server, count, seconds, b"GET / HTTP/1.1\r\nhost: a\r\nx: ", b"y")


def half_bodies(server: str, count: int, seconds: float) -> Result:
    head = b"POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n" + b"x" * 1000
    return flood_of("half-open bodies: 1 kB of 1 MB, then nothing", server, count, seconds, head, b"")


def descriptors_used_up(server: str, count: int, seconds: float) -> Result:
    """As many connections as the worker has descriptors, and as many again that wait."""
    with worker(server, "--timeout-header", str(max(seconds, 1.0)), "--no-access-log", "--timeout-keep-alive", "60") as under:
        result = Result("descriptors used up")
        good = GoodClient(under.address, connects=False)
        good.ask(seconds / 4)
        result.before = good.take()
        before = under.descriptors()
        under.limit(resource.RLIMIT_NOFILE, before + count // 2)
        flood = Flood(under.address, count, b"GET / HTTP/1.1\r\n")
        wait_until(lambda: any("out of descriptors" in line for line in under.log), "it has been said")
        good.ask(seconds * 0.8)
        result.errors += len(good.errors)
        result.meanwhile = good.take() + " (kept connection)"
        said = flood.wait_until_closed()
        flood.close()
        wait_until(lambda: under.descriptors() <= before, "no connection is left")
        good.connects = True
        good.ask(seconds / 4)
        result.errors += len(good.errors)
        result.after = good.take()
        good.close()
        lines = sum("descriptors" in line for line in under.log)
        result.errors += lines > 20  # it is said, not for each of them
        result.facts = [f"all {len(said)} were accepted in time; {lines} lines in the log"]
        return result


SMALL_DISK = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64k none "$0" && exec "$@"')


class FullDisk:
    """A file system of 64 KiB that only the worker sees; others through /proc."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.within = [*SMALL_DISK, folder]

    def seen_through(self, under: Worker) -> Path:
        return Path(f"/proc/{under.pid}/root{self.folder}")

    def fill(self, under: Worker) -> None:
        with (self.seen_through(under) / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(4096)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC, error

    def make_room(self, under: Worker) -> None:
        (self.seen_through(under) / "filler").unlink()


class LimitedFile(FullDisk):
    """Where no user may make a file system: what the worker may write to a file."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.within = []

    def seen_through(self, under: Worker) -> Path:
        return Path(self.folder)

    def fill(self, under: Worker) -> None:
        under.limit(resource.RLIMIT_FSIZE, (Path(self.folder) / "access.log").stat().st_size + 100)

    def make_room(self, under: Worker) -> None:
        under.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)


def disk_full(server: str, count: int, seconds: float) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        may_mount = subprocess.run([*SMALL_DISK, folder, "true"], stderr=subprocess.DEVNULL).returncode == 0
        disk = FullDisk(folder) if may_mount else LimitedFile(folder)
        log = Path(folder) / "access.log"
        words = ("--access-logfile", str(log), "--access-log-format", "uvicorn", "--timeout-keep-alive", "60")
        with worker(server, *words, within=disk.within) as under:
            result = Result(f"disk full under the access log ({'no space left' if may_mount else 'a limit for the file'})")
            good = GoodClient(under.address)
            good.ask(min(seconds / 4, 0.5))
            result.before = good.take()
            disk.fill(under)
            good.ask(seconds * 0.8)
            wait_until(lambda: any("cannot write access log" in line for line in under.log), "it has been said")
            result.errors += len(good.errors)
            result.meanwhile = good.take()
            disk.make_room(under)
            good.ask(min(seconds / 4, 0.5))
            result.errors += len(good.errors)
            result.after = good.take()
            good.close()
            wait_until(lambda: any("written again" in line for line in under.log), "it is over")
            result.facts = [line.strip() for line in under.log if "access log" in line]
            assert (disk.seen_through(under) / "access.log").read_text().endswith("200 OK\n")
            return result


def big_bodies(server: str, count: int, seconds: float) -> Result:
    """`count` MB up to an application that reads slowly, and down to a client that does: the worker's peak."""
    size = count * 1_000_000
    with worker(server, "--no-access-log") as under:
        result = Result(f"{count} MB up and down, memory")
        good = GoodClient(under.address)
        good.ask(seconds / 4)
        result.before = good.take()

        def peak_of(name: str, run: Callable[[socket.socket], None]) -> None:
            under.forget_peak()
            before = under.rss_kib()
            with socket.create_connection(under.address, timeout=120) as client:
                run(client)
            result.facts.append(f"{name}: at most {under.peak_kib() - before} KiB more")

        def upload(client: socket.socket) -> None:
            client.sendall(f"POST /count HTTP/1.1\r\nhost: a\r\ncontent-length: {size}\r\n\r\n".encode())
            block = bytes(1_000_000)
            for _ in range(count):
                client.sendall(block)
            assert client.recv(65536).endswith(str(size).encode())

        def download(client: socket.socket) -> None:
            client.sendall(f"GET /download?{size} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            left, head = size, b""
            while b"\r\n\r\n" not in head:
                head += client.recv(1024)
            left -= len(head.partition(b"\r\n\r\n")[2])
            while left > 0:
                left -= len(client.recv(262144))

        threads = threading.Thread(target=good.ask, args=(seconds,))
        threads.start()
        peak_of("up", upload)
        peak_of("down", download)
        threads.join()
        result.errors += len(good.errors)
        result.meanwhile = good.take()
        good.ask(seconds / 4)
        result.after = good.take()
        good.close()
        return result


SCENARIOS = {"slow-loris": slow_loris, "half-bodies": half_bodies, "descriptors": descriptors_used_up, "disk-full": disk_full, "big-bodies": big_bodies}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server", default="asgi-worker")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], default=[])
    given = parser.parse_args()
    needed = 2 * given.clients + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
    errors = 0
    for name in given.scenarios or SCENARIOS:
        result = SCENARIOS[name](given.server, given.megabytes if name == "big-bodies" else given.clients, given.seconds)
        result.print()
        errors += result.errors
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
