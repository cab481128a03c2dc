"""Shared machinery: slot file, /proc reading, process bookkeeping."""
import contextlib
import mmap
import os
import resource
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SLOT = struct.Struct("<Qqqqqqqq")  # starts pid ts_start ts_term a b c d
FIELDS = ("starts", "pid", "ts_start", "ts_term", "a", "b", "c", "d")


def now():
    return time.monotonic_ns()


def say(*a):
    print(time.strftime("%H:%M:%S"), *a, file=sys.stderr, flush=True)


def build(outdir: Path):
    """The workload and the log checker, static where the libc allows it."""
    outdir.mkdir(parents=True, exist_ok=True)
    for name in ("work", "logcheck"):
        src, out = HERE / "programs" / f"{name}.c", outdir / name
        if out.exists() and out.stat().st_mtime > src.stat().st_mtime:
            continue
        for extra in (["-static"], []):
            if subprocess.run(["cc", "-O2", *extra, "-o", str(out), str(src)], stderr=subprocess.DEVNULL).returncode == 0:
                break
        else:
            raise SystemExit(f"cannot build {name}.c")


class Slots:
    """Shared memory that the supervised programs report to; record 0 holds the totals."""

    def __init__(self, path, count):
        self.path, self.count = str(path), count + 1
        with open(path, "wb") as f:
            f.truncate(self.count * SLOT.size)
        self.f = open(path, "r+b")
        self.m = mmap.mmap(self.f.fileno(), 0)

    def get(self, i):
        return dict(zip(FIELDS, SLOT.unpack_from(self.m, i * SLOT.size)))

    def total(self):
        return struct.unpack_from("<Q", self.m, 0)[0]

    def put_header(self, field, value):
        struct.pack_into("<q", self.m, FIELDS.index(field) * 8, value)

    def all(self):
        return [self.get(i) for i in range(1, self.count)]

    def wait(self, cond, timeout, step=0.0005):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if cond(self):
                return True
            time.sleep(step)
        return cond(self)


@dataclass
class Prog:
    name: str
    argv: list
    log: str | None = None          # path of the log file (or logging directory); None: output is not kept
    maxbytes: int = 50_000_000
    backups: int = 20
    stopwait: int = 10
    autostart: bool = True


def alive(pid):
    """Does the process run (a zombie does not)?"""
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            return f.read().rsplit(b")", 1)[1].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def table():
    """{pid: (ppid, state)} of the whole machine."""
    out = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                with open(f"/proc/{d}/stat", "rb") as f:
                    s = f.read().rsplit(b")", 1)[1].split()
                out[int(d)] = (int(s[1]), s[0].decode())
            except (OSError, IndexError):
                pass
    return out


def exe(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def descendants(roots, tab=None):
    tab = tab or table()
    kids = {}
    for p, (pp, _) in tab.items():
        kids.setdefault(pp, []).append(p)
    out, todo = [], [r for r in roots if r in tab]
    while todo:
        p = todo.pop()
        out.append(p)
        todo += kids.get(p, [])
    return out


def supervision(roots, work):
    """The peer's own processes: the roots and what they started, without the supervised workload."""
    return [p for p in descendants(roots) if exe(p) != work]


def cpu(pids):
    """CPU seconds (user + system, all threads) with ns resolution, through the process CPU clock."""
    t = 0.0
    for p in pids:
        with contextlib.suppress(OSError):
            t += time.clock_gettime((~p << 3) | 2)
    return t


def memory(pids):
    pss = rss = 0
    for p in pids:
        with contextlib.suppress(OSError):
            for line in open(f"/proc/{p}/smaps_rollup"):
                if line.startswith("Pss:"):
                    pss += int(line.split()[1])
                elif line.startswith("Rss:"):
                    rss += int(line.split()[1])
    return {"pss_kib": pss, "rss_kib": rss, "processes": len(pids)}


def fds(pids):
    n = 0
    for p in pids:
        with contextlib.suppress(OSError):
            n += len(os.listdir(f"/proc/{p}/fd"))
    return n


def until(is_so, what, seconds=60, step=0.05):
    """Looks every `step` seconds until `is_so()`; ends the program when that takes longer than `seconds`."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"not within {seconds} s: {what}")
        time.sleep(step)


def pcts(v):
    """Summary of a list of seconds, in ms."""
    if not v:
        return None
    s = sorted(v)
    return {"n": len(s), "median_ms": round(statistics.median(s) * 1e3, 3), "min_ms": round(s[0] * 1e3, 3),
            "max_ms": round(s[-1] * 1e3, 3)}


def raise_limits(n=200_000):
    for want in (n, 65536, None):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (want or hard, max(want or hard, hard)))
            return


class Bed:
    """One daemon with one configuration in one scratch directory."""

    def __init__(self, adapter_cls, peer, bindir, n, tag="", make=None, extra_slots=8, **opts):
        self.dir = Path(tempfile.mkdtemp(prefix=f"sb{tag}."))
        self.work = str(self.dir / "work")
        shutil.copy2(bindir / "work", self.work)
        self.slots = Slots(self.dir / "slots", n + extra_slots)
        self.n = n
        make = make or (lambda s, i: s.prog(i))
        self.progs = [make(self, i) for i in range(1, n + 1)]
        self.ad = adapter_cls(peer, self.dir, opts)
        self.ad.write(self.progs)
        self.proc = None
        self.roots = []

    def prog(self, i, role="idle", *args, **kw):
        return Prog(f"p{i:04d}", [self.work, role, self.slots.path, str(i), *map(str, args)], **kw)

    def log(self, i):
        d = self.dir / "logs"
        d.mkdir(exist_ok=True)
        return str(d / f"p{i:04d}.log")

    def start(self, wrap=()):
        self.out = open(self.dir / "daemon.out", "ab")
        t0 = now()
        self.proc = subprocess.Popen([*wrap, *self.ad.daemon()], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out,
                                     env=self.ad.env(), cwd=self.dir, start_new_session=True)
        self.roots = [self.proc.pid]
        return t0

    def find_roots(self):
        self.roots = self.ad.roots(self.proc.pid) or [self.proc.pid]
        return self.roots

    def wait_started(self, n=None, timeout=120):
        n = n or self.n
        ok = self.slots.wait(lambda s: s.total() >= n, timeout)
        self.find_roots()
        return ok

    def super(self):
        return supervision(self.roots, self.work)

    def sh(self, argv, timeout=180, capture=False):
        """Run a control command: (seconds, exit code, output)."""
        # no wait(timeout): Python polls there, in steps of up to 50 ms
        late = []
        t = time.perf_counter()
        p = subprocess.Popen(argv, env=self.ad.env(), cwd=self.dir, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE if capture else subprocess.DEVNULL,
                             stderr=subprocess.STDOUT if capture else subprocess.DEVNULL)
        guard = threading.Timer(timeout, lambda: (late.append(1), p.kill()))
        guard.start()
        try:
            out = p.communicate()[0]
            took = time.perf_counter() - t
        finally:
            guard.cancel()
        return took, -999 if late else p.returncode, (out or b"").decode(errors="replace")

    def workers(self):
        return [p for p in table() if exe(p) == self.work]

    def stop(self, timeout=30):
        """Graceful end as a service manager would do it, then what is left is killed by pid. -> (seconds, left over)"""
        if not self.proc:
            return None, 0
        t = time.perf_counter()
        self.ad.shutdown(self.roots)
        end = t + timeout
        while time.perf_counter() < end:
            if self.proc.poll() is not None and not any(alive(r) for r in self.roots) and not self.workers():
                break
            time.sleep(0.002)
        took = time.perf_counter() - t
        left = len(self.workers())
        self.kill()
        return took, left

    def kill(self):
        mine = set(self.workers())
        for p, (pp, _) in table().items():  # supervision processes of this scratch directory, orphaned or not
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{p}/cwd").startswith(str(self.dir)):
                    mine.add(p)
        for r in self.roots + ([self.proc.pid] if self.proc and self.proc.poll() is None else []):
            if alive(r):
                mine |= set(descendants([r]))
        for _ in range(3):
            for p in mine:
                if p != os.getpid():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(p, signal.SIGKILL)
            time.sleep(0.05)
            mine = set(self.workers())
        if self.proc:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.proc.wait(5)

    def close(self, keep=False):
        self.kill()
        self.ad.close()
        if not keep:
            shutil.rmtree(self.dir, ignore_errors=True)
