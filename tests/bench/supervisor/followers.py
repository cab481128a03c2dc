#!/usr/bin/env python3
"""Many followers of one flooding log, some of them stalled: what each got, and what the daemon held meanwhile.

    followers.py --bin build/release/bin [--followers 200] [--stalled 1] [--megabytes 20] [--seconds 10]

The stalled ones take one message and then nothing more. Beside them a client asks for the status of one program, over and over.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import api_calls
import core
import limits

HERE = Path(__file__).resolve().parent
FLOOD = """import os, sys, time
total, seconds = int(sys.argv[1]), float(sys.argv[2])
os.write(1, b"begin\\n")
while not os.path.exists(sys.argv[3]): time.sleep(0.02)
line, sent, began = b"x" * 99 + b"\\n", 0, time.monotonic()
while sent < total:
    due = min(total, int(total * (time.monotonic() - began) / seconds))
    while sent < due: sent += os.write(1, line * 100)
    time.sleep(0.01)
os.write(1, b"END\\n")
time.sleep(100000)
"""


def memory(pid):
    """KiB: (resident, of that private and anonymous: what nobody else has)"""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(rows["Rss"].split()[0]), int(rows["Anonymous"].split()[0])


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_cpu():
    """(busy, all), in ticks"""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def beside(calls, address, over):
    """Status calls, 200 at a time, until `over`: milliseconds, of the worst batch and of the middle one."""
    batches = []
    while not over():
        batches.append(api_calls.measure(calls, address, "steady", "200"))
    ms = lambda key, pick: round(pick(batch[key] for batch in batches) / 1000, 2)
    return {"calls": 200 * len(batches), "median_ms": ms("median_us", statistics.median), "p99_ms_middle_batch": ms("p99_us", statistics.median),
            "p99_ms_worst_batch": ms("p99_us", max), "max_ms": ms("max_us", max)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, type=Path)
    ap.add_argument("--followers", type=int, default=200)
    ap.add_argument("--stalled", type=int, default=1)
    ap.add_argument("--megabytes", type=int, default=20)
    ap.add_argument("--seconds", type=float, default=10)
    ap.add_argument("--build-dir", type=Path, default=Path(tempfile.gettempdir()) / "supervisor_bench_bin")
    o = ap.parse_args()
    o.build_dir.mkdir(parents=True, exist_ok=True)
    core.raise_limits()
    followers = api_calls.build_client(o.build_dir, "followers", "log")
    calls = api_calls.build_client(o.build_dir, "api_calls", "process")
    with tempfile.TemporaryDirectory() as d:
        flood, go, log = Path(d) / "flood.py", Path(d) / "go", Path(d) / "flood.log"
        flood.write_text(FLOOD)
        conf = api_calls.write_configuration(d, f"[program:flood]\ncommand=/usr/bin/python3 {flood} {o.megabytes * 1000000} {o.seconds} {go}\n"
                                             f"stdout_logfile={log}\nstdout_logfile_maxbytes=0\n")
        suite = subprocess.Popen([o.bin / "supervisord", "-c", conf])
        try:
            api_calls.wait_for(o.bin, conf)
            core.until(lambda: log.exists() and log.stat().st_size, "the writer has begun")
            daemon = api_calls.daemon_of(suite.pid)
            quiet, descriptors = memory(daemon), core.fds([daemon])
            client = subprocess.Popen([followers, f"unix:{d}/s.sock", "flood", str(o.followers - o.stalled), str(o.stalled)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert client.stdout.readline() == "all follow\n"
            idle = memory(daemon)
            alone_until = time.monotonic() + 2
            alone = beside(calls, f"unix:{d}/s.sock", lambda: time.monotonic() > alone_until)
            peak, done = [0, 0], threading.Event()

            def watch():
                while not done.wait(0.05):
                    now = memory(daemon)
                    peak[:] = max(peak[0], now[0]), max(peak[1], now[1])

            watcher = threading.Thread(target=watch)
            watcher.start()
            go.touch()
            began, cpu, machine = time.monotonic(), cpu_seconds(daemon), machine_cpu()
            line = []
            reader = threading.Thread(target=lambda: line.append(client.stdout.readline()))
            reader.start()
            flooded = beside(calls, f"unix:{d}/s.sock", lambda: line)
            took = time.monotonic() - began
            shares = {"daemon": round((cpu_seconds(daemon) - cpu) / took, 2),
                      "machine": round((machine_cpu()[0] - machine[0]) / (machine_cpu()[1] - machine[1]) * (os.cpu_count() or 1), 2)}
            got = json.loads(line[0])
            done.set()
            watcher.join()
            size = log.stat().st_size
            client.stdin.close()
            client.wait(30)
            core.until(lambda: core.fds([daemon]) <= descriptors, "the followers' connections are closed")
            after = memory(daemon)
            print(json.dumps({"log_bytes": size, "all_have_read_it_after_s": round(took, 1), "written_within_s": o.seconds, **got,
                              "daemon_kib_resident_and_anonymous": {"before": quiet, "followed_by_all": idle, "peak": peak, "after": after},
                              "cpus_taken": shares, "status_calls_alone": alone, "status_calls_beside": flooded}, indent=1))
        finally:
            suite.terminate()
            suite.wait(60)


if __name__ == "__main__":
    main()
