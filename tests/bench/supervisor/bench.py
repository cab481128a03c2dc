#!/usr/bin/env python3
"""Measure process supervisors side by side.

    bench.py run --peers peers.toml --out results.json [--only NAME,...] [--tests scale:10,scale:1000,flood,...]
    bench.py report --out results.json > report.md
    bench.py tests

The peers file gives the binaries (README.md). Only the standard library is needed, and a C compiler.
"""
import argparse
import contextlib
import json
import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from pathlib import Path

import core
from adapters import ADAPTERS
from core import Bed, alive, cpu, fds, memory, now, pcts, say, supervision, table

TESTS = {}
IDLE_SECONDS, SAMPLES = 20, 20


def test(f):
    TESTS[f.__name__] = f
    return f


class Ctx:
    def __init__(self, peer, cls, bindir, keep):
        self.peer, self.cls, self.bindir, self.keep = peer, cls, bindir, keep

    @contextlib.contextmanager
    def bed(self, n, **kw):
        s = Bed(self.cls, self.peer, self.bindir, n, **kw)
        try:
            yield s
        finally:
            s.close(self.keep)


def cli_median(s, argv, count):
    if not argv:
        return None
    took, rcs = [], set()
    for _ in range(count):
        t, rc, _o = s.sh(argv, timeout=60)
        took.append(t)
        rcs.add(rc)
        if sum(took) > 25:
            break
    return {**pcts(took), "exit_codes": sorted(rcs)}


def wait_cli(s, timeout=20):
    """Until the control command works."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        argv = s.ad.status_one(s.progs[0].name)
        if not argv:
            return True
        t, rc, out = s.sh(argv, timeout=20, capture=True)
        if rc in (0,) or "RUNNING" in out.upper() or "ACTIVE" in out.upper():
            return True
        time.sleep(0.05)
    return False


def all_gone(s, timeout):
    """Seconds until no supervised process is left."""
    t = time.perf_counter()
    pids = [x["pid"] for x in s.slots.all() if x["pid"]]
    while time.perf_counter() - t < timeout:
        pids = [p for p in pids if alive(p)]
        if not pids and not s.workers():
            return time.perf_counter() - t
        time.sleep(0.002 if len(pids) < 200 else 0.01)
    return None


def api_rates(s, seconds=1.0):
    out = {}
    for name, call in s.ad.api().items():
        try:
            call()
            t0, n = time.perf_counter(), 0
            while (d := time.perf_counter() - t0) < seconds or n < 3:
                call()
                n += 1
                if d > 10:
                    break
            out[name] = {"calls_per_s": round(n / (time.perf_counter() - t0), 1), "calls": n}
        except Exception as e:
            out[name] = {"error": str(e)[:200]}
    return out


@test
def scale(c, n="10"):
    """Start N programs; memory; idle CPU; status; single restart; kill; restart all; reload; stop all; shutdown."""
    n = int(n)
    if c.cls.max_programs and n > c.cls.max_programs:
        return {"skipped": f"at most {c.cls.max_programs} programs"}
    r = {"n": n}
    with c.bed(n) as s:
        t0 = s.start()
        ok = s.wait_started(timeout=100 if n <= 1000 else 150)
        started = [x for x in s.slots.all() if x["starts"]]
        r["running"] = len(started)
        if not started:
            r["error"] = (s.dir / "daemon.out").read_text(errors="replace")[-600:]
            return r
        r["start_s"] = round((max(x["ts_start"] for x in started) - t0) / 1e9, 4)
        r["first_start_s"] = round((min(x["ts_start"] for x in started) - t0) / 1e9, 4)
        sup = s.super()
        r["start_daemon_cpu_s"] = round(cpu(sup), 4)
        r["start_children_cpu_s"] = round(sum(x["d"] for x in started) / 1e9, 4)
        if not ok:
            r["error"] = f"only {len(started)} of {n} started"
            if len(started) < n / 2:
                return r
        wait_cli(s)
        r["cli_ready_s"] = round((now() - t0) / 1e9, 3)
        time.sleep(2)
        sup = s.super()
        r["memory"] = memory(sup)
        r["fds"] = fds(sup)
        r["pss_kib_per_program"] = round(r["memory"]["pss_kib"] / n, 2)
        if n >= 1000:
            secs = IDLE_SECONDS
            a, t = cpu(sup), time.perf_counter()
            time.sleep(secs)
            r["idle_cpu_percent"] = round((cpu(sup) - a) / (time.perf_counter() - t) * 100, 4)
        name = s.progs[n // 2].name
        r["status_one"] = cli_median(s, s.ad.status_one(name), SAMPLES)
        r["status_all"] = cli_median(s, s.ad.status_all(), SAMPLES)
        r["api"] = api_rates(s)
        if n == 5000:
            t = time.perf_counter()
            _, left = s.stop(60)
            r["shutdown_s"] = round(time.perf_counter() - t, 3)
            r["shutdown_left"] = left
            return r
        time.sleep(s.ad.restart_pause)
        # one restart through the command line
        took, act = [], []
        for k in range(10):
            i = 1 + (k * 7) % n
            before = s.slots.get(i)["starts"]
            argv = s.ad.restart_one(s.progs[i - 1].name)
            if not argv:
                break
            t0 = now()
            d, rc, out = s.sh(argv, timeout=60, capture=True)
            s.slots.wait(lambda q: q.get(i)["starts"] > before, 10)
            took.append(d)
            if s.slots.get(i)["starts"] > before:
                act.append((s.slots.get(i)["ts_start"] - t0) / 1e9)
            elif k == 0:
                r["restart_one_output"] = out[-300:]
            if sum(took) > 30:
                break
            time.sleep(0)
        r["restart_one_cli"], r["restart_one_running_again"] = pcts(took), pcts(act)
        if n == 10:
            _, r["shutdown_left"] = s.stop(30)
            return r
        # one added, one removed
        before = {x["pid"] for x in s.slots.all() if x["pid"]}
        if c.cls.max_programs is None or n < c.cls.max_programs:
            base = s.slots.total()
            p = s.prog(n + 1)
            p.name = "zadded"
            t0 = now()
            cmds = s.ad.add(p)
            if cmds is not None:
                outs = [s.sh(x, timeout=100, capture=True) for x in cmds]
                seen = s.slots.wait(lambda q: q.get(n + 1)["starts"] > 0, 15)
                time.sleep(0.5)
                r["reload_add"] = {"cli_s": round(sum(o[0] for o in outs), 4), "rc": [o[1] for o in outs],
                                   "running_s": round((s.slots.get(n + 1)["ts_start"] - t0) / 1e9, 4) if seen else None,
                                   "others_started_again": s.slots.total() - base - (1 if seen else 0),
                                   "output": "" if seen else outs[-1][2][-300:] if outs else ""}
                pid = s.slots.get(n + 1)["pid"]
                base = s.slots.total()
                t0 = time.perf_counter()
                outs = [s.sh(x, timeout=100, capture=True) for x in s.ad.remove(p.name) or []]
                while pid and alive(pid) and time.perf_counter() - t0 < 15:
                    time.sleep(0.002)
                r["reload_remove"] = {"cli_s": round(sum(o[0] for o in outs), 4),
                                      "gone_s": round(time.perf_counter() - t0, 4) if pid and not alive(pid) else None,
                                      "others_started_again": s.slots.total() - base}
        # restart all, stop all, start all
        time.sleep(s.ad.restart_pause)
        argv = s.ad.restart_all()
        if argv:
            base = {i: s.slots.get(i)["starts"] for i in range(1, n + 1)}
            t0 = now()
            d, rc, out = s.sh(argv, timeout=100, capture=True)
            full = s.slots.wait(lambda q: all(q.get(i)["starts"] > base[i] for i in base), 20, 0.02)
            r["restart_all"] = {"cli_s": round(d, 3), "rc": rc, "restarted": sum(s.slots.get(i)["starts"] > base[i] for i in base),
                                "running_s": round((max(s.slots.get(i)["ts_start"] for i in base) - t0) / 1e9, 3) if full else None}
            if not full:
                r["restart_all"]["output"] = out[-300:]
        time.sleep(s.ad.restart_pause)
        argv = s.ad.stop_all()
        if argv:
            t = time.perf_counter()
            d, rc, out = s.sh(argv, timeout=100, capture=True)
            gone = all_gone(s, 30)
            r["stop_all"] = {"cli_s": round(d, 3), "rc": rc, "gone_s": round(time.perf_counter() - t, 3) if gone is not None else None,
                             "left": len(s.workers())}
            argv = s.ad.start_all()
            if argv and gone is not None:
                base = s.slots.total()
                t0 = now()
                d, rc, out = s.sh(argv, timeout=100, capture=True)
                full = s.slots.wait(lambda q: q.total() >= base + n, 20)
                r["start_all"] = {"cli_s": round(d, 3), "rc": rc, "started": s.slots.total() - base,
                                  "running_s": round((max(x["ts_start"] for x in s.slots.all()) - t0) / 1e9, 3) if full else None}
        sd, left = s.stop(60)
        r["shutdown_s"], r["shutdown_left"] = round(sd, 3), left
    return r


@test
def respawn(c, n="100"):
    """kill -9 of a child: time until its successor runs (20 of N programs), with the daemon's CPU per respawn."""
    n = int(n)
    if c.cls.max_programs and n > c.cls.max_programs:
        return {"skipped": f"at most {c.cls.max_programs} programs"}
    with c.bed(n) as s:
        s.start()
        if not s.wait_started(timeout=60):
            return {"error": "did not start"}
        time.sleep(max(1.5, s.ad.restart_pause))
        took, sup = [], s.super()
        a = cpu(sup)
        for k in range(20):
            if sum(took) > 7:   # slow ones: fewer samples
                break
            i = 1 + k * 5
            before = s.slots.get(i)
            t0 = now()
            os.kill(before["pid"], signal.SIGKILL)
            if s.slots.wait(lambda q: q.get(i)["starts"] > before["starts"], 10):
                took.append((s.slots.get(i)["ts_start"] - t0) / 1e9)
            time.sleep(0.05)
        r = {"respawn": pcts(took), "respawned": len(took), "killed": k + 1 if sum(took) <= 7 else k, "daemon_cpu_ms_per_respawn": round((cpu(sup) - a) / max(1, len(took)) * 1e3, 3)}
        # 50 at once
        time.sleep(max(1.2, s.ad.restart_pause))
        base = s.slots.total()
        t0 = now()
        for i in range(1, 101, 2):
            with contextlib.suppress(ProcessLookupError):
                os.kill(s.slots.get(i)["pid"], signal.SIGKILL)
        full = s.slots.wait(lambda q: q.total() >= base + 50, 15)
        r["respawn_50_at_once_s"] = round((max(x["ts_start"] for x in s.slots.all()) - t0) / 1e9, 4) if full else None
        r["shutdown_s"], r["shutdown_left"] = s.stop(10)
    return r


@test
def flood(c, mib="256", block="4000", maxmb="50"):
    """One child writes MIB of 100-byte lines as fast as it can; files of MAXMB; every line is looked for."""
    total = int(mib) * 1024 * 1024 // 100 * 100
    with c.bed(1, make=lambda s, i: s.prog(i, "flood", total, 100, block, log=s.log(i), maxbytes=int(maxmb) * 1_000_000, backups=30)) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        time.sleep(1)
        sup = s.super()
        a = cpu(sup)
        s.slots.put_header("a", 1)
        t = time.perf_counter()
        done = s.slots.wait(lambda q: q.get(1)["c"] or q.get(1)["b"] < 0, 100, 0.002)
        x = s.slots.get(1)
        wrote = time.perf_counter() - t
        size = -1
        while True:  # until the logs stop growing
            cur = sum(os.path.getsize(f) for f in s.ad.log_files(s.progs[0]) if os.path.exists(f))
            if cur == size:
                break
            size = cur
            last = time.perf_counter() - t
            time.sleep(0.7)
        used = cpu(s.super()) - a
        mem = memory(s.super())
        files = [f for f in s.ad.log_files(s.progs[0]) if os.path.exists(f)]
        sd, left = s.stop(30)   # loggers flush at their end
        files = [f for f in s.ad.log_files(s.progs[0]) if os.path.exists(f)]
        chk = json.loads(subprocess.run([str(c.bindir / "logcheck"), str(total // 100), *files], stdout=subprocess.PIPE).stdout)
        gb = x["a"] / 1e9
        r = {"finished": bool(done and x["c"]), "written_bytes": x["a"], "child_s": round((x["c"] or wrote * 1e9) / 1e9, 3),
             "until_logged_s": round(last, 2), "mb_per_s": round(x["a"] / 1e6 / ((x["c"] or wrote * 1e9) / 1e9), 1),
             "daemon_cpu_s_per_gb": round(used / gb, 3) if gb else None,
             "child_blocked_share": round(x["b"] / x["c"], 3) if x["c"] else None, "errno": -x["b"] if x["b"] < 0 else 0,
             "files": len(files), "check": chk, "pss_kib_after": mem["pss_kib"],
             "lost_bytes": x["a"] - chk["bytes"]}
    return r


@test
def tickers(c, n="100", rate="100", secs="5"):
    """N children write RATE lines/s each for SECS: CPU of the supervision; then one of them is followed: delay of `tail -f`."""
    n, rate, secs = int(n), float(rate), float(secs)
    with c.bed(n, make=lambda s, i: s.prog(i, "ticker", rate, log=s.log(i))) as s:
        s.start()
        if not s.wait_started(timeout=60):
            return {"error": "did not start"}
        time.sleep(1)
        sup = s.super()
        a, w, t = cpu(sup), sum(x["a"] for x in s.slots.all()), time.perf_counter()
        time.sleep(secs)
        d = time.perf_counter() - t
        lines = sum(x["a"] for x in s.slots.all()) - w
        r = {"lines_per_s": round(lines / d), "daemon_cpu_percent": round((cpu(sup) - a) / d * 100, 2),
             "daemon_cpu_us_per_line": round((cpu(sup) - a) / max(1, lines) * 1e6, 2), "memory": memory(sup)}
        argv = s.ad.tail(s.progs[0].name)
        if argv:
            wait_cli(s)
            r["follow"] = follow(argv, s, secs)
        r["shutdown_s"], r["shutdown_left"] = s.stop(10)
        logged = written = 0
        for i, p in enumerate(s.progs, 1):
            written += s.slots.get(i)["a"]
            logged += sum(open(f, "rb").read().count(b"\n") for f in s.ad.log_files(p) if os.path.exists(f))
        r["written_lines"], r["logged_lines"] = written, logged
    return r


def follow(argv, s, secs):
    """Latency of the lines a following command prints."""
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=s.ad.env(), cwd=s.dir, stdin=subprocess.DEVNULL)
    t_start, lat, buf, end = now() + 500_000_000, [], b"", time.monotonic() + secs
    try:
        while time.monotonic() < end:
            if not select.select([p.stdout], [], [], 0.2)[0]:
                continue
            d = os.read(p.stdout.fileno(), 65536)
            if not d:
                break
            at = now()
            buf += d
            *lines, buf = buf.split(b"\n")
            for line in lines:
                k = line.find(b"T ")
                with contextlib.suppress(ValueError, IndexError):
                    ts = int(line[k + 2:].split()[0])
                    if k >= 0 and ts > t_start:
                        lat.append((at - ts) / 1e9)
    finally:
        p.kill()
        p.wait()
    return pcts(lat)


@test
def tail(c):
    """A line is written: how long until the client's `tail -f` prints it, and until `tail -F FILE` does (10 lines/s)."""
    with c.bed(3, make=lambda s, i: s.prog(i, "ticker", 10, log=s.log(i))) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        wait_cli(s)
        time.sleep(1)
        argv = s.ad.tail(s.progs[0].name)
        r = {"cli": follow(argv, s, 3) if argv else None}
        f = s.ad.log_files(s.progs[0])
        r["file"] = follow(["tail", "-n", "1", "-F", f[-1]], s, 2.5) if f else None
        s.stop(20)
    return r


@test
def crashloop(c, secs="2"):
    """A program that ends at once, with no restart delay where that can be set: restarts/s and CPU."""
    with c.bed(1, make=lambda s, i: s.prog(i, "crash", 1)) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        sup = s.super()
        a, b, t = cpu(sup), s.slots.total(), time.perf_counter()
        time.sleep(float(secs))
        d = time.perf_counter() - t
        r = {"restarts_per_s": round((s.slots.total() - b) / d, 2), "daemon_cpu_percent": round((cpu(s.super()) - a) / d * 100, 2),
             "alive": all(alive(x) for x in s.roots)}
        b = s.slots.total()
        time.sleep(1.1)
        r["still_restarting"] = s.slots.total() > b
        t, rc, out = s.sh(s.ad.status_one(s.progs[0].name), timeout=10, capture=True)
        r["status_says"] = out.strip()[:160]
        s.stop(8)
    return r


@test
def kill9(c):
    """kill -9 of the daemon: do children live on, do writers survive, what does the next daemon do with the old ones?"""
    def make(s, i):
        return s.prog(i) if i <= 5 else s.prog(i, "ticker", 50, log=s.log(i))
    with c.bed(7, make=make) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        time.sleep(1.5)
        first = {i: s.slots.get(i)["pid"] for i in range(1, 8)}
        written = [s.slots.get(i)["a"] for i in (6, 7)]
        for x in s.roots:
            os.kill(x, signal.SIGKILL)
        s.proc.wait(5) if s.proc.pid in s.roots else None
        time.sleep(1.5)
        r = {"idle_survive": sum(alive(first[i]) for i in range(1, 6)), "of_idle": 5, "writers_survive": sum(alive(first[i]) for i in (6, 7)),
             "of_writers": 2, "writers_lines_after_kill": sum(s.slots.get(i)["a"] for i in (6, 7)) - sum(written),
             "supervision_left": len([p for p in table() if os.path.exists(f"/proc/{p}/cwd") and _cwd(p).startswith(str(s.dir)) and core.exe(p) != s.work])}
        base = s.slots.total()
        s.start()
        s.slots.wait(lambda q: q.total() >= base + 7, 6)
        time.sleep(2)
        s.find_roots()
        counts = {}
        for p in s.workers():
            with contextlib.suppress(OSError, IndexError):
                a = open(f"/proc/{p}/cmdline", "rb").read().split(b"\0")
                counts[int(a[3])] = counts.get(int(a[3]), 0) + 1
        r["daemon_back"] = s.proc.poll() is None or bool(s.roots and alive(s.roots[0]))
        r["idle_after"] = {"doubled": sum(counts.get(i, 0) > 1 for i in range(1, 6)), "single": sum(counts.get(i, 0) == 1 for i in range(1, 6)),
                           "same_pid": sum(alive(first[i]) and counts.get(i, 0) == 1 for i in range(1, 6))}
        r["output"] = (s.dir / "daemon.out").read_text(errors="replace")[-300:].replace(str(s.dir), "DIR")
    return r


@test
def kill9sub(c):
    """Where each service has a supervisor process of its own: kill -9 that one, and count the copies of its program."""
    with c.bed(2) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        time.sleep(1.5)
        pid = s.slots.get(1)["pid"]
        parent = table()[pid][0]
        if parent in s.roots:
            return {"skipped": "the daemon is the parent"}
        os.kill(parent, signal.SIGKILL)
        time.sleep(7)
        n = 0
        for p in s.workers():
            with contextlib.suppress(OSError, IndexError):
                n += open(f"/proc/{p}/cmdline", "rb").read().split(b"\0")[3] == b"1"
        return {"copies": n, "first_alive": alive(pid)}


def _cwd(p):
    try:
        return os.readlink(f"/proc/{p}/cwd")
    except OSError:
        return ""


@test
def tree(c):
    """stop of a program that made a child, a grandchild that called setsid, and a double-forked one."""
    out = {}
    for mode in ("false", "true"):
        with c.bed(1, make=lambda s, i: s.prog(i, "tree", stopwait=2), asgroup=mode) as s:
            s.start()
            if not s.wait_started(timeout=30):
                return {"error": "did not start"}
            wait_cli(s)
            time.sleep(1.2)
            x = s.slots.get(1)
            argv = s.ad.stop_one(s.progs[0].name)
            d, rc, txt = s.sh(argv, timeout=20, capture=True)
            time.sleep(0.5)
            out["as_group" if mode == "true" else "plain"] = {
                "stop_s": round(d, 3), "main": alive(x["pid"]), "same_group_child": alive(x["a"]),
                "setsid_grandchild": alive(x["b"]), "double_forked": alive(x["c"])}
            s.stop(10)
    return {"survivors": out}


@test
def pid1(c):
    """As PID 1 of a PID namespace: orphans reaped? SIGTERM: how long until everything is gone (20 programs)?"""
    def make(s, i):
        return s.prog(i, "orphan", 20) if i == 1 else s.prog(i)
    with c.bed(20, make=make) as s:
        t0 = s.start(wrap=("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"))
        if not s.slots.wait(lambda q: q.total() >= 20, 40):
            return {"error": "did not start: " + (s.dir / "daemon.out").read_text(errors="replace")[-300:]}
        r = {"start_s": round((max(x["ts_start"] for x in s.slots.all()) - t0) / 1e9, 3)}
        time.sleep(3)
        tab = table()
        init = [p for p, (pp, _) in tab.items() if pp == s.proc.pid]
        r["orphans_made"] = s.slots.get(1)["a"]
        zs = [p for p, (pp, st) in tab.items() if st == "Z" and pp in init]
        time.sleep(0.5)
        tab = table()
        r["zombies_of_pid1"] = len([p for p, (pp, st) in tab.items() if st == "Z" and pp in init])
        r["zombies_kept_half_a_second"] = len([p for p in zs if p in tab])
        t = time.perf_counter()
        if hasattr(s.ad, "shutdown") and c.cls.__name__ == "Runit":
            os.kill(init[0], signal.SIGHUP)
        else:
            os.kill(init[0], signal.SIGTERM)
        while s.proc.poll() is None and time.perf_counter() - t < 15:
            time.sleep(0.002)
        r["sigterm_to_end_s"] = round(time.perf_counter() - t, 3) if s.proc.poll() is not None else None
        s.roots = [s.proc.pid]
    return r


@test
def fulldisk(c):
    """The log's file system is full for 4 s: does the daemon live, does the child go on, does logging resume?"""
    with c.bed(2, make=lambda s, i: s.prog(i) if i == 1 else s.prog(i, "ticker", 2000, log=str(s.dir / "small" / "p0002.log"))) as s:
        small = s.dir / "small"
        small.mkdir(exist_ok=True)
        # the adapters may have made directories for the log already: mount over and make them again
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], stderr=subprocess.DEVNULL).returncode:
            return {"skipped": "cannot mount a tmpfs"}
        try:
            if c.cls.__name__ in ("S6", "Runit"):
                (small / "p0002.log").mkdir()
                if c.cls.__name__ == "Runit":
                    (small / "p0002.log" / "config").write_text("s50000000\nn20\n")
            (small / "filler").write_bytes(b"z" * 3_600_000)
            s.start()
            if not s.wait_started(timeout=30):
                return {"error": "did not start"}
            time.sleep(6)
            full = os.statvfs(small).f_bavail == 0
            w1 = s.slots.get(2)["a"]
            a, t = cpu(s.super()), time.perf_counter()
            time.sleep(2)
            w2 = s.slots.get(2)["a"]
            r = {"full": full, "daemon_alive": all(alive(x) for x in s.roots), "child_alive": alive(s.slots.get(2)["pid"]),
                 "child_lines_per_s_while_full": round((w2 - w1) / 2), "cpu_percent_while_full": round((cpu(s.super()) - a) / (time.perf_counter() - t) * 100, 1),
                 "starts": s.slots.get(2)["starts"]}
            d, rc, out = s.sh(s.ad.status_one(s.progs[0].name), timeout=10, capture=True)
            r["cli_answers"] = rc == 0

            def size():
                return sum(os.path.getsize(f) for f in s.ad.log_files(s.progs[1]) if os.path.exists(f))
            (small / "filler").unlink()
            b = size()
            time.sleep(2.5)
            r["bytes_logged_after_space"] = size() - b
            r["expected_after_space"] = 2000 * 100 * 2.5
            s.stop(15)
        finally:
            s.kill()
            time.sleep(0.2)
            subprocess.run(["umount", "-l", str(small)])
    return r


@test
def badconfig(c):
    """What is printed for configuration mistakes, on reload and at the start."""
    r = {"reload": {}, "start": {}}
    with c.bed(2) as s:
        s.start()
        if not s.wait_started(timeout=30):
            return {"error": "did not start"}
        wait_cli(s)
        for how in ("garbage", "nocommand", "badvalue", "nosuchbinary", "unreadable"):
            cmds = s.ad.break_config(how)
            if not cmds:
                continue
            outs = [s.sh(x, timeout=20, capture=True) for x in cmds]
            r["reload"][how] = {"rc": outs[-1][1], "says": outs[-1][2].strip()[-400:].replace(str(s.dir), "DIR"),
                                "daemon_alive": all(alive(x) for x in s.roots), "children_alive": len(s.workers())}
        s.stop(15)
    for how in ("garbage", "nocommand", "badvalue"):
        with c.bed(1) as s:
            if not s.ad.break_config(how):
                continue
            s.start()
            time.sleep(1.5)
            r["start"][how] = {"exit": s.proc.poll(), "children": s.slots.total(),
                               "says": (s.dir / "daemon.out").read_text(errors="replace").strip()[-400:].replace(str(s.dir), "DIR")}
            s.find_roots()
            s.stop(10)
    return r


DEFAULT = "scale:10,scale:100,scale:1000,respawn,flood,flood:64:100,tickers,tail,crashloop,kill9,kill9sub,tree,pid1,fulldisk,badconfig"


def median(rounds):
    """One result of several rounds: the median of each number, the last round's other values."""
    last = rounds[-1]
    if isinstance(last, dict):
        return {k: median([r[k] for r in rounds if isinstance(r, dict) and k in r]) for k in last}
    if isinstance(last, (int, float)) and not isinstance(last, bool):
        return statistics.median_low([r for r in rounds if isinstance(r, (int, float)) and not isinstance(r, bool)])
    return last


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = ap.add_subparsers(dest="cmd", required=True)
    a = sub.add_parser("run")
    a.add_argument("--peers", required=True, help="TOML or JSON: [name] adapter=..., binaries")
    a.add_argument("--out", required=True)
    a.add_argument("--only", default="")
    a.add_argument("--tests", default=DEFAULT)
    a.add_argument("--build-dir", default=os.path.join(tempfile.gettempdir(), "supervisor_bench_bin"))
    a.add_argument("--idle-seconds", type=float, default=20)
    a.add_argument("--rounds", type=int, default=1)
    a.add_argument("--samples", type=int, default=20)
    a.add_argument("--budget", type=float, help="start no further test after so many seconds")
    a.add_argument("--keep", action="store_true", help="keep scratch directories")
    a.add_argument("--again", action="store_true", help="measure also what the results already hold")
    a = sub.add_parser("report")
    a.add_argument("--out", required=True)
    a.add_argument("--limits")
    sub.add_parser("tests")
    o = ap.parse_args()
    if o.cmd == "tests":
        for n, f in TESTS.items():
            print(f"{n:10s} {f.__doc__}")
        return
    if o.cmd == "report":
        import report
        print(report.render(json.loads(Path(o.out).read_text()), json.loads(Path(o.limits).read_text()) if o.limits else {}))
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that scratch daemons are ended
    global IDLE_SECONDS, SAMPLES
    IDLE_SECONDS, SAMPLES = o.idle_seconds, o.samples
    core.raise_limits()
    core.build(Path(o.build_dir))
    text = Path(o.peers).read_text()
    peers = json.loads(text) if o.peers.endswith(".json") else tomllib.loads(text)
    out = Path(o.out)
    res = json.loads(out.read_text()) if out.exists() else {}
    only = [x for x in o.only.split(",") if x]
    begun = time.monotonic()
    for t in o.tests.split(","):
        tname, *args = t.split(":")
        for name, peer in peers.items():
            if only and name not in only:
                continue
            if not o.again and t in res.get(name, {}) and "error" not in res[name][t]:
                continue
            c = Ctx(peer, ADAPTERS[peer.get("adapter", name)], Path(o.build_dir), o.keep)
            if o.budget and time.monotonic() - begun > o.budget:
                say("the budget is used up: call again for the rest")
                return
            t0 = time.perf_counter()
            try:
                r = median([TESTS[tname](c, *args) for _ in range(o.rounds)])
            except Exception as e:
                r = {"error": f"{type(e).__name__}: {e}", "trace": traceback.format_exc()[-600:]}
                say(r["trace"])
            r["took_s"] = round(time.perf_counter() - t0, 1)
            say(name, t, json.dumps(r)[:260])
            res = json.loads(out.read_text()) if out.exists() else {}
            res.setdefault(name, {})[t] = r
            tmp = out.with_suffix(".tmp")
            tmp.write_text(json.dumps(res, indent=1))
            tmp.replace(out)


if __name__ == "__main__":
    main()
