#!/usr/bin/env python3
"""How long a whole `ctl status` takes, from exec to exit: ours, Supervisor's, runit's `sv`, and `true`, in turn, in one run.

    ctl_time.py --bin build/release/bin [--supervisor VENV/bin] [--runs 200] [--many 1000]

Each row: minimum, median, 99th percentile and maximum in milliseconds. Output goes to a pipe that is read to its end, as a
script would do. --supervisor: Supervisor's own daemon and client are measured as well; sv: when runit is installed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path


def configuration(folder: Path, many: int) -> Path:
    conf = folder / "supervisord.conf"
    crowd = f"[program:many]\ncommand=sleep 1000000\nnumprocs={many}\nprocess_name=many_%(process_num)04d\nstartsecs=0\n" if many else ""
    conf.write_text(
        f"[unix_http_server]\nfile={folder}/s.sock\n[supervisord]\nlogfile={folder}/d.log\npidfile={folder}/d.pid\nnodaemon=true\n"
        f"childlogdir={folder}\nminfds={max(1024, 8 * many)}\n[supervisorctl]\nserverurl=unix://{folder}/s.sock\n"
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
        f"[program:myapp]\ncommand=sleep 1000000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n{crowd}"
        + ("stdout_logfile=NONE\nstderr_logfile=NONE\n" if many else "")
    )
    return conf


@contextmanager
def daemon(command: list[str], up: list[str], count: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while True:
            out = subprocess.run(up, capture_output=True, text=True, check=False).stdout
            if out.count("RUNNING") >= count or out.startswith("run: "):
                break
            if time.monotonic() > end:
                sys.exit(f"{command[0]} is not up: {out[-300:]}")
            time.sleep(0.2)  # between two looks
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def run_once(command: list[str]) -> float:
    reading, writing = os.pipe()
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1), (os.POSIX_SPAWN_CLOSE, writing), (os.POSIX_SPAWN_CLOSE, reading)])
    os.close(writing)
    while os.read(reading, 1 << 20):
        pass
    status = os.waitpid(pid, 0)[1]
    took = time.perf_counter() - began
    os.close(reading)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return took * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--supervisor", type=lambda text: Path(text).resolve())
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--many", type=int, default=1000)
    options = parser.parse_args()
    rows: list[tuple[str, list[str], int]] = [("true (the floor)", ["/bin/true"], options.runs)]
    with ExitStack() as stack:
        def folder() -> Path:
            made = Path(tempfile.mkdtemp(prefix="ct."))
            stack.callback(shutil.rmtree, made, ignore_errors=True)
            return made

        def measure(name: str, supervisord: Path, ctl: Path, many: int, runs: int) -> None:
            conf = configuration(folder(), many)
            stack.enter_context(daemon([str(supervisord), "-c", str(conf)], [str(ctl), "-c", str(conf), "status"], many + 1))
            rows.append((f"{name}: status myapp, of {many + 1}", [str(ctl), "-c", str(conf), "status", "myapp"], runs))
            if many:
                rows.append((f"{name}: status, {many + 1} rows", [str(ctl), "-c", str(conf), "status"], runs))

        measure("ours", options.bin / "supervisord", options.bin / "supervisorctl", 0, options.runs)
        measure("ours", options.bin / "supervisord", options.bin / "supervisorctl", options.many, options.runs)
        if options.supervisor:
            measure("Supervisor", options.supervisor / "supervisord", options.supervisor / "supervisorctl", 0, 10)
        sv = shutil.which("sv")
        if sv and shutil.which("runsvdir"):
            services = folder()
            (services / "myapp").mkdir()
            run = services / "myapp" / "run"
            run.write_text("#!/bin/sh\nexec sleep 1000000\n")
            run.chmod(0o755)
            stack.callback(subprocess.run, [sv, "exit", str(services / "myapp")], capture_output=True)
            stack.enter_context(daemon(["runsvdir", str(services)], [sv, "status", str(services / "myapp")], 1))
            rows.append(("runit: sv status myapp", [sv, "status", str(services / "myapp")], options.runs))
        times: dict[str, list[float]] = {name: [] for name, _, _ in rows}
        for i in range(options.runs):  # in turn, so that what else the machine does is shared out
            for name, command, runs in rows:
                if i < runs:
                    times[name].append(run_once(command))
    print(f"{'':34} {'min':>8} {'median':>8} {'p99':>8} {'max':>8}   ms, whole command")
    for name, took in times.items():
        took.sort()
        print(f"{name:34} {took[0]:8.2f} {statistics.median(took):8.2f} {took[int(len(took) * 0.99)]:8.2f} {took[-1]:8.2f}   {len(took)} runs")


if __name__ == "__main__":
    main()
