"""kill -9 of the daemon at random moments, under load: no program restarted, no line lost or doubled, no request failed.

Twenty programs print numbered lines at mixed rates into rotated files (some send both streams to one file), an application is served by
asgi-worker, and the configuration on disk is broken meanwhile. Run by hand: survival.py --kills 300 (in .ci/extra); tests/run has a shorter form.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import http.client
import random
import re
import socket
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from conftest import BIN, ROOT, Suite, is_alive

KINDS = ["floods", "floods", "floods", "floods", "floods", "steady", "cut", "both", "slow", "floods"]
PROGRAMS = 20
ROTATE_AT = 3_000_000
BACKUPS = 2000


@dataclass
class Requests:
    """Asks for a page again and again until told to end."""

    port: int
    served: int = 0
    failures: list[str] = field(default_factory=list)
    ended: bool = False

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while not self.ended:
            try:
                connection.request("GET", "/json")
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.served += 1
                else:
                    self.failures.append(f"status {answer.status}")
            except OSError as error:
                self.failures.append(repr(error))
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            time.sleep(0.002)  # the load's pace
        connection.close()


def configuration(directory: Path, port: int) -> str:
    parts = [
        f"[program:app]\ncommand={BIN}/asgi-worker hello:app --app-dir {ROOT}/tests/apps --port {port} --python /usr/bin/python3 --workers 2\n"
        f"ready_notification=notify_socket\nstopasgroup=true\nredirect_stderr=true\nstdout_logfile={directory}/app.log\n"
    ]
    for number in range(PROGRAMS):
        kind = KINDS[number % len(KINDS)]
        log = f"{directory}/w{number:02d}.log"
        parts.append(
            f"[program:w{number:02d}]\ncommand={BIN}/test_writer w{number:02d} {kind}\nstartsecs=0\n"
            f"stdout_logfile={log}\nstdout_logfile_maxbytes={ROTATE_AT}\nstdout_logfile_backups={BACKUPS}\n"
            f"stderr_logfile={log if kind == 'both' else 'NONE'}\nstderr_logfile_maxbytes={ROTATE_AT}\n"
            f"stderr_logfile_backups={BACKUPS}\n"
        )
    return "".join(parts)


def rotated(log: Path) -> list[Path]:
    """Oldest first."""
    numbered = sorted((int(p.name.rsplit(".", 1)[1]), p) for p in log.parent.glob(log.name + ".*"))
    return [p for _, p in reversed(numbered)] + [log]


def damage(directory: Path, program: str, kind: str) -> list[str]:
    """What is wrong with one writer's lines."""
    found = []
    log = directory / f"{program}.log"
    expected: dict[bytes, int] = collections.defaultdict(int)
    ends: dict[bytes, int] = {}
    for path in rotated(log):
        data = path.read_bytes()
        if data and not data.endswith(b"\n") and path != log:
            found.append(f"{path.name} ends inside a line")
        for line in data.splitlines():
            words = line.split(b" ", 2)
            name = words[0]
            if len(words) == 3 and words[1] == b"end":
                ends[name] = int(words[2])
                continue
            if len(words) != 3 or not words[1].isdigit() or words[2].strip(b"x"):
                found.append(f"{path.name}: a damaged line {line[:60]!r}")
                continue
            if int(words[1]) != expected[name]:
                found.append(f"{path.name}: {name.decode()} {int(words[1])} where {expected[name]} was due")
            expected[name] = int(words[1]) + 1
    names = {program.encode()} | ({f"{program}-err".encode()} if kind == "both" else set())
    for name in names:
        if ends.get(name) != expected[name]:
            found.append(f"{log.name}: {name.decode()} ended at {ends.get(name)}, the last line is {expected[name]}")
    return found


def survive(directory: Path, kills: int, port: int, seed: int) -> tuple[list[str], str]:
    """What went wrong, and a report."""
    wrong: list[str] = []
    rand = random.Random(seed)
    suite = Suite(directory)
    suite.configure(configuration(directory, port))
    suite.start()
    try:
        for name in ["app", *(f"w{n:02d}" for n in range(PROGRAMS))]:
            suite.wait_state(name, "RUNNING", 60)
        pids = {name: suite.pid(name) for name in suite.status()}
        good = suite.conf.read_text()
        suite.conf.write_text("[program:broken\nnonsense\n" + good)  # a successor must not look at it
        # ctl needs its own section, from a file of its own.
        ctl_conf = directory / "ctl.conf"
        ctl_conf.write_text(f"[supervisorctl]\nserverurl=unix://{suite.socket}\n")
        requests = Requests(port)
        thread = threading.Thread(target=requests.run)
        thread.start()
        slowest = 0.0
        uptime = 0
        for _ in range(kills):
            suite.kill_daemon()
            began = time.monotonic()
            answer = suite.ctl("status", conf=ctl_conf).stdout
            slowest = max(slowest, time.monotonic() - began)
            if answer.count("RUNNING") != PROGRAMS + 1:
                wrong.append("after a kill, status says:\n" + answer)
            match = re.search(r"^w00 .*uptime (\d+):(\d+):(\d+)", answer, re.M)
            seconds = sum(int(v) * f for v, f in zip(match.groups(), (3600, 60, 1))) if match else -1
            if seconds < uptime:
                wrong.append(f"uptime went back from {uptime} to {seconds} s")
            uptime = seconds
            time.sleep(rand.uniform(0.0, 0.12))  # the random moment
        requests.ended = True
        thread.join()
        wrong += [f"request: {failure}" for failure in requests.failures[:10]]
        if slowest > 1.0:
            wrong.append(f"ctl status took {slowest:.2f} s after a kill")
        suite.conf.write_text(good)
        now = {name: suite.pid(name) for name in pids}
        wrong += [f"{name} was restarted" for name in pids if pids[name] != now[name] or not is_alive(now[name])]
        suite.ctl("stop", "all", seconds=60)
        states = collections.Counter(line.rsplit(" ", 1)[1].strip(")") for line in suite.log_lines("log pump recovered: "))
    finally:
        status = suite.stop()
    if status != 0:
        wrong.append(f"supervisord ended with {status}")
    for number in range(PROGRAMS):
        wrong += damage(directory, f"w{number:02d}", KINDS[number % len(KINDS)])
    size = sum(p.stat().st_size for p in directory.glob("w*.log*"))
    files = len(list(directory.glob("w*.log*")))
    idle = kills - sum(states.values())
    report = (
        f"{kills} kills; the pump's record met: IDLE {idle}, " + ", ".join(f"{s} {states[s]}" for s in ("READING", "WRITING", "ROTATING"))
        + f"; {size / 1e6:.0f} MB in {files} files; {requests.served} requests; slowest ctl status {slowest:.3f} s; uptime {uptime} s at the end"
    )
    return wrong, report


def free_port() -> int:
    """Below those that the kernel gives to connections: none of them can take it meanwhile."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(20000, 32000)))
            return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--directory", type=Path, help="default: a temporary one, removed when all is well")
    options = parser.parse_args()
    directory = options.directory or Path(tempfile.mkdtemp(prefix="survival."))
    wrong, report = survive(directory, options.kills, free_port(), options.seed)
    print(f"seed {options.seed}: {report}")
    print("\n".join(wrong) or "nothing restarted, nothing lost, nothing doubled, no request failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
