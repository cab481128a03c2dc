#!/usr/bin/env python3
"""Measures ASGI servers side by side on one machine; standard library plus wrk, h2load and load.cpp.

  bench.py run   --python PY [--var name=value ...] [--servers servers.json] [--only a,b]
                 [--groups raw,starlette,...] [--rounds 3] [--seconds 1] --out results.json
  bench.py table results.json [more.json ...]        prints Markdown tables
  bench.py gates results.json --bare bare.json       our rows against what they may cost
  bench.py run   ... --half results.json --out half.json      latency at half of what uvicorn managed in results.json
  bench.py half  half.json                           prints its table

The headline is server CPU time per request (every thread of the server's process
tree, from /proc, over the window / requests finished in it): it does not move when
something else uses the machine, as requests per second do.  Servers are measured
round-robin, so that slow drift of the machine hits all of them alike.
"""
import argparse
import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from servers import Backend, Server, UnixHTTP, cpu, memory, pinned, tree
from tables import gates, half, medians, tables
from workloads import ALL_GROUPS, FRAMEWORK, HEADERS, OWN, RAW

HERE = os.path.dirname(os.path.abspath(__file__))
LUA = os.path.join(HERE, "load.lua")
LINE = {"probe": "", "cpus": (), "max": 0.0}
OWN_LOAD = {"program": "", "always": False}     # the built load.cpp; instead of wrk too?
RATES = {}                                      # row: requests a second; empty: as many as are answered

# ---- load ---------------------------------------------------------------------------

def line_ns():
    """What a cache line takes from the server's CPU to the load's and back (line_probe.cpp), or None."""
    if not LINE["probe"]:
        return None
    done = subprocess.run([LINE["probe"], *LINE["cpus"]], stdout=subprocess.PIPE, text=True, timeout=20)
    return float(done.stdout) if done.returncode == 0 else None


def measured(server, argv, parse, stdin=None):
    """One row; done again (twice at most) while the host keeps the two CPUs further apart than --line-max."""
    for attempt in range(3):
        first = line_ns()
        out = measured_once(server, argv, parse)
        last = line_ns()
        if first is None or last is None:
            break
        out["line_ns"] = max(first, last)
        if not LINE["max"] or out["line_ns"] <= LINE["max"]:
            break
    return out


def measured_once(server, argv, parse):
    waits = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
    before = cpu(server.pid)
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    after = cpu(server.pid)
    waits = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - waits
    out = parse(done.stdout)
    out["cpu_s"] = after[0] - before[0]
    out["user_s"], out["system_s"] = after[1] - before[1], after[2] - before[2]
    if not out["cpu_s"] or out["cpu_s"] < 0:        # no schedstat, or threads went away
        out["cpu_s"] = out["user_s"] + out["system_s"]
    count = out["requests"]
    out["rps"] = count / (out["duration_us"] / 1e6) if out.get("duration_us") else None
    out["cpu_us"] = out["cpu_s"] * 1e6 / count if count else None
    # How often the load slept: on another CPU each time is a wake-up that the server pays for.
    out["load_waits"] = waits / count if count else None
    if "load_cpu_s" in out and count:
        out["load_cpu_us"] = out["load_cpu_s"] * 1e6 / count
    return out


def json_line(mark):
    def parse(text):
        for line in text.splitlines():
            if line.startswith(mark):
                return json.loads(line[len(mark):])
        raise RuntimeError("no result in: " + text[-500:])
    return parse


def load(server, shape, seconds, cpus, scheme="http", rate=None):
    """One row over HTTP/1.1: wrk, or with --load own, or at a rate, our program (which has no TLS)."""
    if rate or OWN_LOAD["always"] and scheme == "http":
        return own_load(server, shape, seconds, cpus, rate=rate)
    path, connections, method, size, headers = shape
    argv = pinned(cpus, ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "10s",
                         "-s", LUA, "%s://127.0.0.1:%d%s" % (scheme, server.port, path), "--", method, str(size),
                         *HEADERS[headers]])
    return measured(server, argv, json_line("JSON "))


def own_load(server, shape, seconds, cpus, depth=1, rate=None):
    path, connections, method, size, headers = shape
    pace = ["-r", str(rate)] if rate else ["-p", str(depth)]
    argv = [OWN_LOAD["program"], "-c", str(connections), "-d", str(seconds), *pace, "-m", method, "-b", str(size), *(word for line in HEADERS[headers] for word in ("-H", line)), server.target, path]
    return dict(measured(server, pinned(cpus, argv), json_line("")), load="own")


def h2load(server, seconds, cpus):
    def parse(text):
        out = {"requests": 0, "duration_us": seconds * 1e6}
        for line in text.splitlines():
            if line.startswith("finished in"):
                out["duration_us"] = float(line.split()[2].rstrip("s,")) * 1e6
            elif line.startswith("requests:"):
                words = line.replace(",", "").split()
                out["requests"] = int(words[words.index("succeeded") - 1])
                out["failed"] = int(words[words.index("failed") - 1])
            elif line.startswith("status codes:"):
                out["status"] = line
                out["requests"] = min(out["requests"], int(line.split()[2]))
        return out
    argv = pinned(cpus, ["h2load", "-t", "1", "-c", "16", "-m", "8", "-D", str(seconds),
                         "http://127.0.0.1:%d/plain" % server.port])
    return measured(server, argv, parse)


def client(server, cpus, *words):
    argv = pinned(cpus, [sys.executable, os.path.join(HERE, "clients.py"), words[0], str(server.port),
                         *map(str, words[1:])])
    return argv


# ---- groups -------------------------------------------------------------------------

class Bench:
    def __init__(self, options, words, servers):
        self.options, self.words, self.servers, self.rows, self.notes = options, words, servers, [], []

    def add(self, server, workload, number, **figures):
        row = {"server": server, "workload": workload, "round": number}
        row.update({k: round(v, 3) if isinstance(v, float) else v for k, v in figures.items()})
        self.rows.append(row)
        brief = {k: row[k] for k in ("rps", "cpu_us", "p50_us", "p99_us", "e_read", "e_status", "failed") if row.get(k)}
        print("%-18s %-12s %s" % (server, workload, brief or figures), flush=True)
        with open(self.options.out + ".rows", "a") as file:
            file.write(json.dumps(row) + "\n")

    def start(self, name, app="apps:app", **more):
        return Server(name, self.servers[name], app, self.words, cpus=more.pop("cpus", self.options.server_cpu), **more)

    def group_raw(self, name, number):
        server = self.start(name)
        seconds, cpus = self.options.seconds, self.options.load_cpu
        try:
            time.sleep(0.3)
            idle = memory(server.pid)
            self.add(name, "startup", number, startup_ms=server.startup_ms)
            self.add(name, "memory_idle", number, **idle)
            try:
                load(server, RAW["plain"], 1, cpus)
            except RuntimeError:
                pass                    # it died: the loop says so
            for workload, shape in RAW.items():
                if self.options.workloads and workload not in self.options.workloads:
                    continue
                if self.options.half and workload not in RATES:
                    continue
                if server.process.poll() is not None:
                    self.failed(name, "died", "status %d before %s" % (server.process.returncode, workload))
                    server.stop()
                    server = self.start(name)
                try:
                    self.add(name, workload, number, **load(server, shape, seconds, cpus, rate=RATES.get(workload)))
                except Exception as error:
                    self.failed(name, workload, error)
                if workload == "json":
                    self.add(name, "memory_loaded", number, **memory(server.pid))
            self.add(name, "memory_after", number, **memory(server.pid))
        finally:
            server.stop()

    def framework(self, name, number, which):
        server = self.start(name, "app_%s:app" % which, path="/items/42")
        try:
            self.add(name, "startup_" + which, number, startup_ms=server.startup_ms)
            self.add(name, "memory_" + which, number, **memory(server.pid))
            load(server, FRAMEWORK[""], 1, self.options.load_cpu)
            self.add(name, which, number, **load(server, FRAMEWORK[""], self.options.seconds, self.options.load_cpu,
                                                 rate=RATES.get(which)))
        finally:
            server.stop()

    def group_starlette(self, name, number):
        self.framework(name, number, "starlette")

    def group_fastapi(self, name, number):
        self.framework(name, number, "fastapi")

    def own(self, name, number, workload, depth=1, **start):
        """A row of a server of its own, with the own load."""
        server = self.start(name, **start)
        try:
            own_load(server, OWN[workload], 1, self.options.load_cpu, depth)
            self.add(name, workload, number, **own_load(server, OWN[workload], self.options.seconds,
                                                        self.options.load_cpu, depth, RATES.get(workload)))
        finally:
            server.stop()

    def group_uds(self, name, number):
        if self.servers[name].get("uds"):
            self.own(name, number, "uds", uds=True)

    def group_pipe8(self, name, number):
        self.own(name, number, "pipe8", depth=8)

    def group_body100k(self, name, number):
        self.own(name, number, "body100k")

    def group_backend(self, name, number):
        with Backend(self.options.backend, self.options.load_cpu) as backend:
            self.own(name, number, "backend", environment={"ASGI_BENCH_BACKEND": backend.port})

    def group_log(self, name, number):
        """Plain with a line for each request, and whether the lines were written."""
        if not self.servers[name].get("log"):
            return
        server = self.start(name, extra=[self.servers[name]["log"]])
        try:
            load(server, RAW["plain"], 1, self.options.load_cpu)
            row = load(server, RAW["plain"], self.options.seconds, self.options.load_cpu)
            lines = server.output().count("GET /plain")
            if lines < row["requests"]:
                raise RuntimeError("%d lines for %d requests and more" % (lines, row["requests"]))
            self.add(name, "plain_log", number, **row)
        finally:
            server.stop()

    def group_ws(self, name, number):
        server = self.start(name)
        try:
            for workload, connections, size in (("ws_c16", 16, 32), ("ws_c1", 1, 32), ("ws_4k", 16, 4096)):
                argv = client(server, self.options.load_cpu, "ws", connections, size, self.options.seconds)
                self.add(name, workload, number, **measured(server, argv, json_line("")))
        finally:
            server.stop()

    def group_tls(self, name, number):
        if not self.servers[name].get("tls"):
            return
        server = self.start(name, extra=[self.servers[name]["tls"]], tls=True)
        try:
            time.sleep(1)
            load(server, RAW["plain"], 1, self.options.load_cpu, "https")
            for workload, shape in (("tls", RAW["plain"]), ("tls_body10k", RAW["body10k"]), ("tls_close", RAW["close"])):
                self.add(name, workload, number, **load(server, shape, self.options.seconds, self.options.load_cpu, "https"))
        finally:
            server.stop()

    def group_h2(self, name, number):
        entry = self.servers[name]
        if not entry.get("h2") and not entry.get("h2_always"):
            return
        server = self.start(name, extra=[entry.get("h2", "")], h2=True)
        try:
            time.sleep(1)
            h2load(server, 1, self.options.load_cpu)
            self.add(name, "h2", number, **h2load(server, self.options.seconds, self.options.load_cpu))
        finally:
            server.stop()

    def group_idle(self, name, number):
        server = self.start(name)
        try:
            warm = subprocess.Popen(client(server, self.options.load_cpu, "idle", 50), stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
            warm.communicate("\n")
            before = memory(server.pid)
            argv = client(server, self.options.load_cpu, "idle", 1000)
            opener = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            count = json.loads(opener.stdout.readline())["open"]
            time.sleep(0.5)
            after = memory(server.pid)
            begin = cpu(server.pid)[0]
            time.sleep(1)
            spent = cpu(server.pid)[0] - begin
            out, _ = opener.communicate("\n")
            self.add(name, "idle1000", number, connections=count, rss_mib=after["rss_mib"],
                     grew_kib_each=(after["pss_mib"] - before["pss_mib"]) * 1024 / max(1, count),
                     idle_cpu_percent=spent * 100, **json.loads(out))
        finally:
            server.stop()

    def group_workers2(self, name, number):
        if self.servers[name].get("workers_not"):
            return
        server = self.start(name, workers=2, cpus="")
        try:
            time.sleep(1)
            self.add(name, "memory_workers2", number, **memory(server.pid))
            load(server, RAW["plain"], 1, "")
            self.add(name, "workers2", number, **load(server, RAW["plain"], self.options.seconds, ""))
            self.add(name, "workers2_json", number, **load(server, RAW["json"], self.options.seconds, ""))
        finally:
            server.stop()

    def group_reload(self, name, number):
        """Two reloads, 3 s apart, while new connections come and kept ones are in use, at a gentle pace."""
        how = self.servers[name].get("reload")
        if not how:
            return
        server = self.start(name, workers=2, cpus="")
        try:
            time.sleep(1.5)
            old = set(tree(server.pid))
            crowd = [subprocess.Popen(client(server, "", kind, 8, 10, 0.01), stdout=subprocess.PIPE, text=True)
                     for kind in ("churn", "kept")]
            for pause in (2, 3):
                time.sleep(pause)
                if isinstance(how, dict):
                    connection = UnixHTTP(server.control)
                    connection.request("GET", how["get"])
                    connection.getresponse().read()
                else:
                    os.kill(server.pid, getattr(signal, "SIG" + how))
            time.sleep(2)
            replaced = len(set(tree(server.pid)) - old)
            new, used = (json.loads(each.communicate(timeout=60)[0]) for each in crowd)
            self.add(name, "reload", number, new_processes=replaced, alive=server.process.poll() is None,
                     **{"new_" + k: v for k, v in new.items()}, **{"kept_" + k: v for k, v in used.items()})
        finally:
            server.stop()

    def group_gone(self, name, number):
        server = self.start(name)
        try:
            argv = client(server, self.options.load_cpu, "gone", 20)
            text = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30).stdout
            self.add(name, "gone", number, **json.loads(text.strip().splitlines()[-1]))
        finally:
            server.stop()

    def failed(self, name, what, error):
        """Keeps what went wrong; a server that cannot do a workload is a result too."""
        note = {"server": name, "workload": what, "error": str(error)[:700]}
        self.notes.append(note)
        print("FAILED", note, flush=True)
        with open(self.options.out + ".rows", "a") as file:
            file.write(json.dumps(note) + "\n")

    def run(self):
        names = list(self.servers)
        lock = Lock(self.options.lock, self.options.hold)
        for number in range(self.options.rounds):
            for group in self.options.groups:
                turn = names[number % len(names):] + names[:number % len(names)]
                for name in turn:
                    limit = self.servers[name].get("groups")
                    if limit and group not in limit:
                        continue
                    if number >= self.servers[name].get("max_rounds", 99):
                        continue
                    lock.take(30)
                    try:
                        getattr(self, "group_" + group)(name, number)
                    except Exception as error:
                        self.failed(name, group, error)
                self.save()
        lock.release()

    def save(self):
        with open(self.options.out, "w") as file:
            json.dump({"meta": self.options.meta, "rows": self.rows, "failures": self.notes}, file, indent=0)


class Lock:
    """An advisory lock file, for a machine on which others measure too: held for many
    short measurements, let go of when `hold` seconds are over."""
    def __init__(self, path, hold):
        self.path, self.hold, self.file = path, hold, None

    def take(self, need):
        if not self.path:
            return
        if self.file and time.monotonic() + need > self.until:
            self.release()
            time.sleep(0.2)
        if not self.file:
            self.file = open(self.path, "a")
            fcntl.flock(self.file, fcntl.LOCK_EX)
            self.until = time.monotonic() + self.hold

    def release(self):
        if self.file:
            self.file.close()
            self.file = None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--servers", default=os.path.join(HERE, "servers.json"))
    run.add_argument("--python", default=sys.executable, help="the Python that has the peers installed")
    run.add_argument("--var", action="append", default=[], help="name=value for a {name} in the server file")
    run.add_argument("--only", default="", help="these servers only, comma separated")
    run.add_argument("--groups", default="raw,starlette,fastapi", help=",".join(ALL_GROUPS))
    run.add_argument("--workloads", default="", help="of the raw group, these only")
    run.add_argument("--rounds", type=int, default=3)
    run.add_argument("--seconds", type=int, default=2)
    run.add_argument("--server-cpu", default="0")
    run.add_argument("--load-cpu", default="1")
    run.add_argument("--load", choices=("wrk", "own"), default="wrk", help="for plain HTTP/1.1 rows; the groups %s are "
                     "always measured with our own" % ", ".join(OWN))
    run.add_argument("--load-program", default="", help="the built load.cpp")
    run.add_argument("--backend", default="", help="the built backend.cpp, for the group of that name")
    run.add_argument("--half", metavar="RESULTS", help="ask for half of the requests a second that --half-of had there, "
                     "at random times, with our own load")
    run.add_argument("--half-of", default="uvicorn", metavar="SERVER")
    run.add_argument("--line-probe", default="", help="the built line_probe: its figure goes with every row")
    run.add_argument("--line-max", type=float, default=0, help="measure a row again (twice at most) over this many ns")
    run.add_argument("--lock", default="", help="a lock file to hold while a server is measured")
    run.add_argument("--hold", type=int, default=225, help="seconds to hold that lock at a stretch")
    run.add_argument("--out", required=True)
    show = commands.add_parser("table")
    show.add_argument("files", nargs="+", help="result files, or their .rows journals")
    show.add_argument("--base", default="uvicorn")
    show.add_argument("--best", action="store_true", help="the least disturbed round instead of the median")
    show.add_argument("--bare", help="the output of bare.py, for the floor")
    calm = commands.add_parser("half")
    calm.add_argument("files", nargs="+")
    judge = commands.add_parser("gates")
    judge.add_argument("files", nargs="+")
    judge.add_argument("--ours", default="asgi-worker")
    judge.add_argument("--best", action="store_true")
    judge.add_argument("--bare")
    options = parser.parse_args()
    if options.command == "gates":
        return gates(options.files, options.ours, options.bare, options.best)
    if options.command == "half":
        return half(options.files)
    if options.command == "table":
        return tables(options.files, options.base, options.best, options.bare)

    with open(options.servers) as file:
        entries = {k: v for k, v in json.load(file).items() if not k.startswith("_")}
    for name, entry in list(entries.items()):
        if "same_as" in entry:
            entries[name] = dict(entries[entry["same_as"]], **entry)
    import getpass
    import grp
    words = {"python": os.path.abspath(options.python), "apps": HERE, "bench": HERE, "user": getpass.getuser(),
             "venv": os.path.dirname(os.path.dirname(os.path.abspath(options.python))),
             "group": grp.getgrgid(os.getgid()).gr_name}
    for pair in options.var:
        key, value = pair.split("=", 1)
        words[key] = os.path.abspath(value) if os.path.exists(value) else value
    keep = [n for n in options.only.split(",") if n] or list(entries)
    chosen = {}
    for name in keep:
        missing = [w for w in ("unitd", "limit", "python_socketify", "asgi_worker")
                   if "{%s}" % w in entries[name]["cmd"] and w not in words]
        if missing:
            print("skipping %s: give --var %s=..." % (name, missing[0]))
            continue
        chosen[name] = entries[name]
    if options.line_probe and options.server_cpu != options.load_cpu:
        LINE.update(probe=os.path.abspath(options.line_probe), cpus=(options.server_cpu, options.load_cpu),
                    max=options.line_max)
    options.groups = options.groups.split(",") if options.groups != "all" else ALL_GROUPS
    options.workloads = [w for w in options.workloads.split(",") if w]
    if options.half:
        cells, _ = medians([options.half])
        RATES.update({row: round(cell["rps"] / 2) for (server, row), cell in cells.items()
                      if server == options.half_of and cell.get("rps")})
        RATES.pop("pipe8", None)        # several at a time are not asked for at a rate
        options.groups = [g for g in options.groups if g != "pipe8"]
    if not options.load_program and (options.half or options.load == "own" or set(OWN) & set(options.groups)):
        parser.error("--load own and the groups %s need --load-program" % ", ".join(OWN))
    if not options.backend and "backend" in options.groups:
        parser.error("the group backend needs --backend")
    OWN_LOAD.update(program=os.path.abspath(options.load_program), always=options.load == "own")
    options.backend = os.path.abspath(options.backend)
    certificates = tempfile.mkdtemp(prefix="asgi_bench_cert_")
    words["cert"], words["key"] = os.path.join(certificates, "cert.pem"), os.path.join(certificates, "key.pem")
    if "tls" in options.groups:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", words["key"], "-out", words["cert"], "-days", "2", "-subj",
                        "/CN=localhost"], check=True, stderr=subprocess.DEVNULL)
    options.meta = {"date": time.strftime("%Y-%m-%d"), "cpus": os.cpu_count(), "kernel": os.uname().release,
                    "seconds": options.seconds, "rounds": options.rounds, "load": options.load}
    try:
        Bench(options, words, chosen).run()
    finally:
        shutil.rmtree(certificates, ignore_errors=True)


if __name__ == "__main__":
    main()
