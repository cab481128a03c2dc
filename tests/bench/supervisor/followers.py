#!/usr/bin/env python3
"""Many followers of one flooding log, some of them stalled: what each got, and what the daemon held meanwhile.

    followers.py --bin build/release/bin [--followers 200] [--stalled 1] [--megabytes 20] [--seconds 10]

The stalled ones take one message and then nothing more. Beside them a client asks for the status of one program, over and over.
"""
import argparse
import json
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
    """KiB: (PSS, RSS)"""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(rows["Pss"].split()[0]), int(rows["Rss"].split()[0])


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
            peak, done = [0, 0], threading.Event()

            def watch():
                while not done.wait(0.05):
                    pss, rss = memory(daemon)
                    peak[:] = max(peak[0], pss), max(peak[1], rss)

            watcher = threading.Thread(target=watch)
            watcher.start()
            go.touch()
            began = time.monotonic()
            beside = api_calls.measure(calls, f"unix:{d}/s.sock", "steady", "2000")
            got = json.loads(client.stdout.readline())
            took = time.monotonic() - began
            done.set()
            watcher.join()
            size = log.stat().st_size
            client.stdin.close()
            client.wait(30)
            core.until(lambda: core.fds([daemon]) <= descriptors, "the followers' connections are closed")
            after = memory(daemon)
            print(json.dumps({"log_bytes": size, "all_have_read_it_after_s": round(took, 1), "written_within_s": o.seconds, **got,
                              "daemon_pss_kib": {"before": quiet[0], "followed_by_all": idle[0], "peak": peak[0], "after": after[0]},
                              "status_calls_beside": beside}, indent=1))
        finally:
            suite.terminate()
            suite.wait(60)


if __name__ == "__main__":
    main()
