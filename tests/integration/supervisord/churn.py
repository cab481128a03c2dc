"""kill -9 of the daemon, and of keeper and daemon together, at random moments while programs start, stop, crash and are updated.

Among them: a pool of event listeners, a FastCGI program, output that is looked at on its way, rotation, and now and then `ctl upgrade`.
Checked: no program lives twice, none is forgotten, every line is in the logs once, what a command said was done is so, no event
is lost or comes twice while the keeper lives, a connection to the FastCGI socket is answered, and each state is true (a process that is RUNNING lives, one that is down does not). Run by hand: churn.py --kills 500 (in .ci/extra); tests/run has a
shorter form.
"""

from __future__ import annotations

import argparse
import collections
import fcntl
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import survival
import test_fcgi
from conftest import BIN, Suite, is_alive, wait_until

WRITERS = {"w00": "floods", "w01": "both", "w02": "cut", "w03": "steady", "w04": "cut"}
TAPPED = "w04"  # its output is looked at on its way
STEADY = [*WRITERS, "pool", "fcgi"]  # what nobody stops
TURNED = {  # what an operator starts and stops: how each lives
    "quick": "",
    "lazy": "stops 60",
    "deaf": "deaf",
    "late": "",
    "group:a": "stops 20",
    "group:b": "",
}
SCRIPTS = {"pool": "/listener.py", "fcgi": "/acceptor.py"}
CRASHING = {"flaps": "lives 25", "hasty": "lives 5"}  # flaps is started again for ever, hasty ends in FATAL
DOWN = {"STOPPED", "EXITED", "FATAL", "BACKOFF"}


def configuration(directory: Path, rest: str = "") -> str:
    parts = []
    for name, kind in WRITERS.items():
        log = f"{directory}/{name}.log"
        parts.append(
            f"[program:{name}]\ncommand={BIN}/test_writer {name} {kind}\nstartsecs=0\nstdout_logfile={log}\n"
            f"stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=5000\nstderr_logfile={log if kind == 'both' else 'NONE'}\n"
            f"stderr_logfile_maxbytes=1MB\nstderr_logfile_backups=5000\n"
            f"stdout_capture_maxbytes={1000 if name == TAPPED else 0}\n"
        )
    for full, how in {**TURNED, **CRASHING}.items():
        name = full.split(":")[-1]
        timing = {"late": "startsecs=1", "hasty": "startsecs=1\nstartretries=1"}.get(name, "startsecs=0")
        restart = "autorestart=true" if name == "flaps" else "autorestart=unexpected"
        parts.append(
            f"[program:{name}]\ncommand={BIN}/test_actor {directory} {name} {how}\n{timing}\n{restart}\nstopwaitsecs=1\n"
            f"stdout_logfile=NONE\nstderr_logfile=NONE\n"
        )
    parts.append("[group:group]\nprograms=a,b\n")
    parts.append(
        f"[eventlistener:pool]\ncommand=/usr/bin/python3 {Path(__file__).with_name('listener.py')} {directory}/seen\nevents=PROCESS_STATE\n"
        f"buffer_size=5000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile={directory}/pool.err\n"
    )
    parts.append(
        f"[fcgi-program:fcgi]\ncommand=/usr/bin/python3 {directory}/acceptor.py\nsocket=unix://{directory}/f.sock\nstartsecs=0\n"
        f"stdout_logfile=NONE\nstderr_logfile=NONE\n"
    )
    return "".join(parts) + rest


def lock_is_free(directory: Path, name: str) -> bool:
    with (directory / f"{name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@dataclass
class Operator:
    """Gives commands without waiting for them, and remembers what they said of which process."""

    suite: Suite
    rand: random.Random
    running: list[tuple[str, str, subprocess.Popen[str]]] = field(default_factory=list)
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    last: dict[str, str] = field(default_factory=dict)  # process -> the last command's verb; "" when two ran at once

    def act(self) -> None:
        if len(self.running) >= 4:
            return
        name = self.rand.choice(list(TURNED))
        verb = self.rand.choice(["start", "stop", "restart"])
        child = subprocess.Popen(
            [BIN / "supervisorctl", "-c", self.suite.conf, verb, name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        self.last[name] = "" if any(n == name for n, _, _ in self.running) else verb
        self.running.append((name, verb, child))
        self.collect(wait=False)

    def collect(self, *, wait: bool) -> None:
        still = []
        for name, verb, child in self.running:
            if not wait and child.poll() is None:
                still.append((name, verb, child))
                continue
            text = child.communicate(timeout=60)[0]
            done = {"start": "started", "stop": "stopped", "restart": "started"}[verb]
            self.counts[done if f"{name}: {done}" in text else "cut or refused"] += 1
            if f"{name}: {done}" not in text:  # it was cut by a kill, or refused: nothing is known
                self.last[name] = ""
        self.running = still


def kill_daemon(suite: Suite) -> None:
    """The next daemon works when this returns. One that is killed in the pre-flight takes its keeper along: a person starts it again."""
    assert suite.keeper is not None
    old = suite.daemon_pid()
    if old:
        os.kill(old, 9)

    def is_back() -> bool:
        assert suite.keeper is not None
        if suite.keeper.poll() is not None:
            suite.start(wait=False)
        return suite.daemon_pid() not in (0, old)

    wait_until(is_back, "the daemon is back")


def is_that(name: str, pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return name in words or any(word.endswith(SCRIPTS.get(name, "\0")) for word in words)


def false_states(suite: Suite, directory: Path, operator: Operator) -> list[str]:
    """What `ctl status` says that is not so, once nothing changes any more."""
    wrong = []
    rows = suite.status()
    for full in [*STEADY, *TURNED, *CRASHING]:
        name = full.split(":")[-1]
        state, description = rows.get(full, ("forgotten", ""))
        if name in ("flaps", "hasty"):
            if state == "forgotten":
                wrong.append(f"{full} is forgotten")
            continue
        if state in DOWN:
            if name in STEADY:
                wrong.append(f"{full} is {state}")
            elif not lock_is_free(directory, name):
                wrong.append(f"{full} is {state}, but it lives")
        elif state == "RUNNING":
            pid = int(re.sub(r"pid (\d+),.*", r"\1", description) or 0)
            if not is_alive(pid) or not is_that(name, pid):
                wrong.append(f"{full} is RUNNING with pid {pid}, which is not it")
        else:
            wrong.append(f"{full} is {state}")
        said = operator.last.get(full, "")
        if said and (said == "stop") != (state in DOWN):
            wrong.append(f"{full} is {state} after {said} was answered")
    return wrong


def lost_events(suite: Suite, directory: Path, keeper_deaths: int) -> list[str]:
    """What the listener was not given, or twice; what only waited when a keeper died is lost, and its serials with it."""
    def serials() -> list[int]:
        return [int(json.loads(line)["header"]["poolserial"]) for line in (directory / "seen").read_text().splitlines()]

    def is_heard() -> bool:  # of a start that nothing cuts
        suite.ctl("restart", "quick")
        pid = suite.pid("quick")
        return pid != 0 and f"processname:quick groupname:quick from_state:STARTING pid:{pid}" in (directory / "seen").read_text()

    wait_until(is_heard, "the listener hears of a start")
    seen = serials()
    gaps = sum(after != before + 1 for before, after in itertools.pairwise(seen))
    if gaps > keeper_deaths:
        return [f"{gaps} gaps in {len(seen)} events, and {keeper_deaths} deaths of the keeper: " + str([
            (before, after) for before, after in itertools.pairwise(seen) if after != before + 1][:10])]
    return []


def churn(directory: Path, kills: int, seed: int, both: float = 0.15) -> tuple[list[str], str]:
    """What went wrong, and a report. `both`: how many of the kills are of keeper and daemon together."""
    wrong: list[str] = []
    rand = random.Random(seed)
    suite = Suite(directory)
    (directory / "acceptor.py").write_text(test_fcgi.ACCEPTOR)
    suite.configure(configuration(directory))
    suite.start()
    operator = Operator(suite, rand)
    counts: collections.Counter[str] = collections.Counter()
    versions = 0
    try:
        for name in STEADY:
            suite.wait_state(name, "RUNNING")
        pids = {name: suite.pid(name) for name in STEADY}
        for number in range(1, kills + 1):
            for _ in range(rand.randrange(3)):
                operator.act()
                time.sleep(rand.uniform(0, 0.02))  # the random moment
            if rand.random() < 0.1:  # a program comes, changes or goes
                versions += 1
                rest = f"[program:guest]\ncommand={BIN}/test_actor {directory} guest stops {versions % 50}\nstartsecs=0\n" if versions % 3 else ""
                suite.configure(configuration(directory, rest))
                subprocess.run([BIN / "supervisorctl", "-c", suite.conf, "update"], capture_output=True, timeout=60, check=False)
                counts["updates"] += 1
            time.sleep(rand.uniform(0, 0.1))
            if rand.random() < 0.05:
                upgrade = suite.ctl("upgrade", seconds=60)  # it may meet what the last kill has left
                counts["upgrades" if upgrade.returncode == 0 else "upgrades refused"] += 1
            if rand.random() < both:
                assert suite.keeper is not None
                daemon = suite.daemon_pid()
                for pid in (daemon, suite.keeper.pid):
                    if pid:
                        os.kill(pid, 9)
                suite.keeper.wait()
                suite.start(wait=False)
                counts["of both"] += 1
            else:
                kill_daemon(suite)
                counts["of the daemon"] += 1
            if rand.random() < 0.1 and test_fcgi.ask(f"{directory}/f.sock")[:1] != [str(pids["fcgi"])]:
                wrong.append(f"after kill {number}: the FastCGI socket is not answered by its process")
            if number % 25 == 0 or number == kills:
                operator.collect(wait=True)
                wait_until(lambda: suite.ctl("pid").returncode == 0, "ctl answers")
                try:
                    wait_until(lambda: not false_states(suite, directory, operator), "the states are true", 15)
                except BaseException:  # pytest's Failed is one
                    wrong += [f"after kill {number}: {text}" for text in false_states(suite, directory, operator)]
                    break
        wrong += [f"{name} was restarted" for name, pid in pids.items()
                  if suite.pid(name) != pid and not (name == "pool" and counts["of both"])]
        wrong += lost_events(suite, directory, counts["of both"])
        suite.ctl("stop", "all", seconds=60)
    finally:
        operator.collect(wait=True)
        status = suite.stop()
    if status != 0:
        wrong.append(f"supervisord ended with {status}")
    if (directory / "doubled").exists():
        wrong += (directory / "doubled").read_text().splitlines()
    wrong += [f"{name} lives on at the end" for name in ["guest", *(n.split(":")[-1] for n in [*TURNED, *CRASHING])]
              if not lock_is_free(directory, name)]
    for name, kind in WRITERS.items():
        wrong += survival.damage(directory, name, kind)
    size = sum(path.stat().st_size for path in directory.glob("w*.log*"))
    starts = len(suite.log_lines("spawned: "))
    events = len((directory / "seen").read_text().splitlines())
    report = f"{kills} kills ({dict(counts)}); {dict(operator.counts)}; {starts} starts, {events} events; {size / 1e6:.0f} MB of lines"
    return wrong, report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--both", type=float, default=0.15, help="how many of the kills are of keeper and daemon together")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--directory", type=Path, help="default: a temporary one, removed when all is well")
    options = parser.parse_args()
    directory = options.directory or Path(tempfile.mkdtemp(prefix="churn."))
    directory.mkdir(parents=True, exist_ok=True)
    wrong, report = churn(directory, options.kills, options.seed, options.both)
    print(f"seed {options.seed}: {report}")
    print("\n".join(wrong) or "nothing doubled, nothing forgotten, nothing lost, every state true")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
