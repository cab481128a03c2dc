#!/usr/bin/env python3
"""The physical limits that the supervisors are compared with: limits.py --out limits.json [--build-dir DIR]

Builds limits/limits.c and, where the libraries are there, limits/grpc_hello.cc (dynamic, gRPC static, all static).
"""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import core

HERE = Path(__file__).resolve().parent


def run_times(argv, count=60):
    v = []
    for _ in range(count):
        t = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
        _, st = os.waitpid(pid, 0)
        v.append(time.perf_counter() - t)
        if st:
            return {"error": f"status {st}"}
    return {"median_ms": round(statistics.median(v) * 1e3, 3), "min_ms": round(min(v) * 1e3, 3), "max_ms": round(max(v) * 1e3, 3)}


def sh(*argv, **kw):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **kw)


def build_grpc(bd):
    plugin = shutil.which("grpc_cpp_plugin")
    if not plugin or not shutil.which("protoc"):
        return {}, {}
    src = HERE / "limits"
    sh("protoc", f"-I{src}", f"--cpp_out={bd}", f"--grpc_out={bd}", f"--plugin=protoc-gen-grpc={plugin}", str(src / "hello.proto"), check=True)
    objs = []
    for f in (src / "grpc_hello.cc", bd / "hello.pb.cc", bd / "hello.grpc.pb.cc"):
        o = str(bd / (f.stem + ".o"))
        objs.append(o)
        if os.path.exists(o) and os.path.getmtime(o) > (src / "grpc_hello.cc").stat().st_mtime:
            continue
        sh("c++", "-O2", "-std=c++17", f"-I{bd}", "-c", "-o", o, str(f), check=True)
    lib = os.path.dirname(sh("c++", "-print-file-name=libgrpc++.a").stdout.strip()) or "/usr/lib"
    arch = [f"{lib}/lib{x}.a" for x in ("grpc++_unsecure", "grpc_unsecure", "gpr", "address_sorting", "upb", "cares", "re2", "z", "protobuf")]
    arch += sorted(glob.glob(f"{lib}/libabsl_*.a"))
    dyn = sh("pkg-config", "--libs", "grpc++", "protobuf").stdout.split()
    unsec = sh("pkg-config", "--libs", "grpc++_unsecure", "protobuf").stdout.split()
    group = ["-Wl,--gc-sections", "-Wl,--start-group", *[a for a in arch if os.path.exists(a)], "-Wl,--end-group", "-lpthread", "-lrt", "-ldl"]
    ways = {"dynamic libgrpc++": dyn, "dynamic libgrpc++_unsecure": ["-Wl,--as-needed", *unsec],
            "static libgrpc++_unsecure, dynamic libc": ["-static-libstdc++", "-static-libgcc", *group], "all static": ["-static", *group]}
    out, err = {}, {}
    for name, flags in ways.items():
        exe = str(bd / ("hello_" + "".join(c if c.isalnum() else "_" for c in name)))
        if os.path.exists(exe) and os.path.getmtime(exe) > max(map(os.path.getmtime, objs)):
            out[name] = exe
            continue
        r = sh("c++", "-o", exe, *objs, *flags)
        if r.returncode == 0:
            out[name] = exe
        else:
            err[name] = r.stdout[-300:]
    return out, err


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", default="limits.json")
    ap.add_argument("--build-only", action="store_true")
    ap.add_argument("--build-dir", default=os.path.join(tempfile.gettempdir(), "supervisor_bench_bin"))
    o = ap.parse_args()
    bd = Path(o.build_dir)
    core.raise_limits()
    core.build(bd)
    sh("cc", "-O2", "-o", str(bd / "kernel_limits"), str(HERE / "limits" / "limits.c"), check=True)
    exes, errors = build_grpc(bd)
    if o.build_only:
        return
    r = {}
    with tempfile.TemporaryDirectory() as d:
        t = time.perf_counter()
        p = subprocess.run([str(bd / "kernel_limits"), str(bd / "work"), d], stdout=subprocess.PIPE, text=True)
        try:
            r = json.loads(p.stdout)
        except ValueError:
            r = {"error": p.stdout[-500:]}
        r["took_s"] = round(time.perf_counter() - t, 1)
        Path(o.out).write_text(json.dumps(r, indent=1))
        r["start_to_exit"] = {"true (dynamic C)": run_times(["/bin/true"]), "python3 -c pass": run_times([sys.executable, "-c", "pass"], 20),
                              "python3 -S -E -c pass": run_times([sys.executable, "-S", "-E", "-c", "pass"], 20)}
        r["grpc"], r["grpc_build_errors"] = {}, errors
        for name, exe in exes.items():
            g = {"bytes": os.path.getsize(exe), "start_only": run_times([exe, "none"])}
            for n in (1, 1000):
                addr = f"unix:{d}/g{n}.sock"
                srv = subprocess.Popen([exe, "server", addr, str(n)], stdout=subprocess.PIPE)
                try:
                    srv.stdout.readline()
                    if n == 1:
                        g["create_channel"] = run_times([exe, "channel", addr])
                        st = open(f"/proc/{srv.pid}/smaps_rollup").read()
                        g["server_pss_kib"] = [int(x.split()[1]) for x in st.splitlines() if x.startswith("Pss:")][0]
                    g[f"call_{n}_programs"] = run_times([exe, "call", addr])
                    g[f"call_{n}_programs_quick_exit"] = run_times([exe, "call", addr, "quick"])
                    g[f"round_trip_{n}"] = json.loads(sh(exe, "rtt", addr, "5000" if n == 1 else "500").stdout)
                finally:
                    srv.kill()
                    srv.wait()
            r["grpc"][name] = g
    Path(o.out).write_text(json.dumps(r, indent=1))


if __name__ == "__main__":
    main()
