"""A load of requests over kept and new connections, on one thread, that counts what went wrong. A connection that the server
closes between two requests, or after an answer that said so, is opened again; one that it closes on a request is a failure."""

from __future__ import annotations

import re
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

KEPT = b"GET /json HTTP/1.1\r\nhost: load\r\n\r\n"
NEW = b"GET /json HTTP/1.1\r\nhost: load\r\nconnection: close\r\n\r\n"
PATIENCE = 10.0  # seconds for one answer


@dataclass
class Result:
    answered: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    pids: set[bytes] = field(default_factory=set)
    times: list[float] = field(default_factory=list)
    failed_by: Counter[bytes] = field(default_factory=Counter)  # of kept connections: who had answered on it before

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    def text(self) -> str:
        ordered = sorted(self.times) or [0.0]
        median, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        why = "".join(f"; {count} {reason}" for reason, count in self.failures.items())
        return (f"{self.answered} answered by {len(self.pids)} workers, {self.failed} failed{why}; "
                f"median {median * 1000:.1f} ms, 99 % {p99 * 1000:.1f} ms, slowest {self.slowest * 1000:.0f} ms")


class Line:
    """One client: asks, waits for the answer, asks again."""

    def __init__(self, load: Load, keeps: bool) -> None:
        self.load = load
        self.keeps = keeps
        self.socket: socket.socket | None = None
        self.data = b""
        self.began = 0.0
        self.waits = False  # for an answer
        self.pid = b""  # of the worker at the other end, once it has answered

    def ask(self) -> None:
        self.began = time.monotonic()
        self.data = b""
        self.waits = True
        try:
            if self.socket is None:
                family = socket.AF_UNIX if isinstance(self.load.address, str) else socket.AF_INET
                made = socket.socket(family)
                made.settimeout(PATIENCE)
                made.connect(self.load.address)
                made.setblocking(False)
                self.socket = made
                self.load.selector.register(made, selectors.EVENT_READ, self)
            self.socket.send(KEPT if self.keeps else NEW)
        except OSError as error:
            self.fail(f"sending: {type(error).__name__}")

    def read(self) -> None:
        assert self.socket is not None
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            return self.fail(f"reading: {type(error).__name__}") if self.waits else self.close()
        if not data and not self.waits:
            return self.close()  # idle, as it may
        if not data:
            return self.fail("closed on a request" if not self.data else "closed in an answer")
        self.data += data
        head, separator, body = self.data.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            return self.fail(head.split(b"\r\n")[0].decode("latin-1"))
        self.waits = False
        self.pid = body.partition(b'"pid": ')[2].partition(b",")[0]
        self.load.count(time.monotonic() - self.began, self.pid)
        if b"connection: close" in head:
            self.close()
        self.load.next(self)

    def fail(self, why: str) -> None:
        self.load.result.failures[why] += 1
        if self.pid:
            self.load.result.failed_by[self.pid] += 1
        self.close()
        self.waits = False
        self.load.next(self)

    def close(self) -> None:
        if self.socket is not None:
            self.load.selector.unregister(self.socket)
            self.socket.close()
            self.socket = None
            self.pid = b""


class Load:
    """`with Load(address) as load:` runs meanwhile; `load.result` afterwards. `rate`: requests a second, at most."""

    def __init__(self, address: tuple[str, int] | str, kept: int = 8, new: int = 4, rate: float = 2000.0) -> None:
        self.address = address
        self.result = Result()
        self.selector = selectors.DefaultSelector()
        self._lines = [Line(self, keeps=True) for _ in range(kept)] + [Line(self, keeps=False) for _ in range(new)]
        self._due: list[Line] = []
        self._interval = 1 / rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def go_on(self) -> None:
        """Waits for another hundred answers."""
        before, end = self.result.answered, time.monotonic() + 2 * PATIENCE
        while self.result.answered < before + 100:
            assert time.monotonic() < end, "the load does not go on"
            time.sleep(0.01)  # between two looks

    def count(self, seconds: float, pid: bytes) -> None:
        result = self.result
        result.answered += 1
        result.pids.add(pid)
        result.times.append(seconds)
        result.slowest = max(result.slowest, seconds)

    def next(self, line: Line) -> None:
        self._due.append(line)

    def _run(self) -> None:
        self._due = list(self._lines)
        at = time.monotonic()
        while not self._stop.is_set():
            now = time.monotonic()
            at = max(at, now - 0.05)  # what could not be sent in time is not made up for
            while self._due and at <= now:
                self._due.pop(0).ask()
                at += self._interval
            for key, _ in self.selector.select(max(0.0, at - now) if self._due else 0.05):
                key.data.read()
            for line in self._lines:
                if line.waits and now - line.began > PATIENCE:
                    line.fail("no answer")
        deadline = time.monotonic() + PATIENCE  # what has been asked is still answered
        while any(line.waits for line in self._lines) and time.monotonic() < deadline:
            for key, _ in self.selector.select(0.05):
                key.data.read()
        for line in self._lines:
            line.close()
        self.selector.close()


@dataclass
class WrkResult:
    """What two of wrk's reports say together, of kept and of new connections."""

    answered: int
    failed: int
    slowest: str

    def text(self) -> str:
        return f"{self.answered} answered, {self.failed} failed, slowest {self.slowest}"


class Wrk:
    """The same by wrk, one process for kept and one for new connections, each as fast as it goes."""

    def __init__(self, address: tuple[str, int], kept: int = 8, new: int = 4) -> None:
        url = f"http://{address[0]}:{address[1]}/json"
        self._commands = [
            ["wrk", "-t1", f"-c{kept}", "-d1h", "--latency", url],
            ["wrk", "-t1", f"-c{new}", "-d1h", "--latency", "-H", "connection: close", url],
        ]
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Wrk:
        self._processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in self._commands]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.send_signal(signal.SIGINT)  # it reports and ends
        reports = [process.communicate()[0] for process in self._processes]
        errors = [number for report in reports for line in re.findall(r"(?:Socket errors|Non-2xx).*", report) for number in re.findall(r"\d+\b", line.replace("2xx or 3xx", ""))]
        self.result = WrkResult(
            answered=sum(int(re.findall(r"(\d+) requests in", report)[0]) for report in reports),
            failed=sum(map(int, errors)),
            slowest=" and ".join(re.findall(r"Latency +\S+ +\S+ +(\S+)", report)[0] for report in reports),
        )

    def go_on(self) -> None:
        time.sleep(0.2)  # what it has done it tells at its end only
