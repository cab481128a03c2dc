#!/usr/bin/env python3
"""Status calls of one program on one connection while a thousand programs flap, beside what gRPC alone does in the same run.

    api_calls.py --bin build/release/bin [--programs 1000] [--life 5] [--rounds 5] [--count 10000]

A flapping program runs for LIFE to twice LIFE seconds, and is started again. Each round measures both, one after the other.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import core
import limits

HERE = Path(__file__).resolve().parent
PROTO = HERE.parents[2] / "proto"
FLAPPING = """[program:flap]
command=sleep {life}{spread}
process_name=flap_%(process_num)04d
numprocs={count}
startsecs=0
autorestart=true
stdout_logfile=NONE
stderr_logfile=NONE
"""


def build_client(bd, name, proto):
    """limits/NAME.cc with the code of proto/supervisor/v1/PROTO.proto and what that includes."""
    plugin = shutil.which("grpc_cpp_plugin")
    files = sorted({proto, "process"})
    for each in files:
        limits.sh("protoc", f"-I{PROTO}", f"--cpp_out={bd}", f"--grpc_out={bd}", f"--plugin=protoc-gen-grpc={plugin}", f"supervisor/v1/{each}.proto", check=True)
    exe, source = bd / name, HERE / "limits" / f"{name}.cc"
    flags = limits.sh("pkg-config", "--cflags", "--libs", "grpc++", "protobuf").stdout.split()
    generated = [f"{bd}/supervisor/v1/{each}.{kind}.cc" for each in files for kind in ("pb", "grpc.pb")]
    if not exe.exists() or exe.stat().st_mtime < source.stat().st_mtime:
        limits.sh("c++", "-O2", "-std=c++17", f"-I{bd}", "-o", exe, source, *generated, *flags, check=True)
    return exe


def write_configuration(directory, programs):
    conf = Path(directory) / "s.conf"
    conf.write_text(f"[unix_http_server]\nfile={directory}/s.sock\n[supervisord]\nlogfile={directory}/log\npidfile={directory}/pid\nnodaemon=true\n"
                    f"silent=true\n[supervisorctl]\nserverurl=unix://{directory}/s.sock\n[program:steady]\ncommand=sleep 100000\n{programs}")
    return conf


def wait_for(programs, conf):
    command = [programs / "supervisorctl", "-c", conf, "status", "steady"]
    core.until(lambda: subprocess.run(command, stdout=subprocess.DEVNULL).returncode == 0, "supervisord answers")


def daemon_of(keeper):
    for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split():
        if "libexec" in os.readlink(f"/proc/{pid}/exe"):
            return int(pid)
    raise SystemExit("there is no daemon")


def measure(*argv):
    return json.loads(subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", required=True, type=Path)
    ap.add_argument("--programs", type=int, default=1000)
    ap.add_argument("--life", type=int, default=5, help="seconds that a flapping program runs at least; at most twice that")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--count", type=int, default=10000)
    ap.add_argument("--build-dir", type=Path, default=Path(tempfile.gettempdir()) / "supervisor_bench_bin")
    o = ap.parse_args()
    o.build_dir.mkdir(parents=True, exist_ok=True)
    core.raise_limits()
    hello = limits.build_grpc(o.build_dir)[0]["dynamic libgrpc++"]
    calls = build_client(o.build_dir, "api_calls", "process")
    with tempfile.TemporaryDirectory() as d:
        conf = write_configuration(d, FLAPPING.format(count=o.programs, life=o.life, spread=" 0.%(process_num)03d" * o.life) if o.programs else "")

        def starts():
            return (Path(d) / "log").read_text().count("spawned: ")

        suite = subprocess.Popen([o.bin / "supervisord", "-c", conf])
        bare = subprocess.Popen([hello, "server", f"unix:{d}/bare.sock", "1"], stdout=subprocess.PIPE)
        try:
            bare.stdout.readline()
            wait_for(o.bin, conf)
            if o.programs:
                core.until(lambda: starts() > 1 + o.programs * 1.1, "a tenth of the programs was started again", 60 + 2 * o.life)
            rows = []
            for _ in range(o.rounds):
                before = starts()
                began = time.monotonic()
                ours = measure(calls, f"unix:{d}/s.sock", "steady", str(o.count))
                spawns = (starts() - before) / (time.monotonic() - began)
                alone = measure(hello, "rtt", f"unix:{d}/bare.sock", str(o.count))
                rows.append(ours["calls_per_s"] / alone["calls_per_s"])
                print(json.dumps({"ours": ours, "grpc_alone": alone, "ratio": round(rows[-1], 3), "starts_a_second": round(spawns)}), flush=True)
            print(f"ratio: min {min(rows):.2f}, median {statistics.median(rows):.2f}, max {max(rows):.2f}")
        finally:
            bare.kill()
            suite.terminate()
            suite.wait(60)


if __name__ == "__main__":
    main()
