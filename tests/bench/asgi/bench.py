#!/usr/bin/env python3
"""Measures ASGI servers side by side on one machine; standard library plus wrk, h2load and load.cpp.

  bench.py run   --python PY [--var name=value ...] [--servers servers.json] [--only a,b]
                 [--groups raw,starlette,...] [--rounds 3] [--seconds 1] --out results.json
  bench.py table results.json [more.json ...]        prints Markdown tables
  bench.py gates results.json --bare bare.json       our rows against what they may cost

The headline is server CPU time per request (every thread of the server's process
tree, from /proc, over the window / requests finished in it): it does not move when
something else uses the machine, as requests per second do.  Servers are measured
round-robin, so that slow drift of the machine hits all of them alike.
"""
import argparse
import fcntl
import glob
import http.client
import json
import os
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TICK = os.sysconf("SC_CLK_TCK")
LUA = os.path.join(HERE, "load.lua")
LINE = {"probe": "", "cpus": (), "max": 0.0}
OWN_LOAD = {"program": "", "always": False}     # the built load.cpp; instead of wrk too?

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 "
                  "Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8,zh-CN;q=0.7",
    "Cache-Control": "max-age=0",
    "Connection": "keep-alive",
    "Cookie": "sid=0123456789abcdef0123456789abcdef; form=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef; theme=dark; "
              "_ga=GA1.1.1234567890.1700000000",
    "DNT": "1",
    "If-None-Match": 'W/"5f3a-18f0c9d2b40"',
    "Priority": "u=0, i",
    "Referer": "http://localhost/some/other/page?with=a&query=string",
    "Sec-CH-UA": '"Chromium";v="128", "Not;A=Brand";v="24"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
    "X-Forwarded-For": "203.0.113.7",
}
HEADERS = {"none": [], "browser": ["%s: %s" % pair for pair in BROWSER.items()], "close": ["Connection: close"]}

# name: (path, connections, method, body bytes, header set)
RAW = {
    "plain": ("/plain", 64, "GET", 0, "none"),
    "plain_c1": ("/plain", 1, "GET", 0, "none"),
    "json": ("/json", 64, "GET", 0, "none"),
    "body10k": ("/body10k", 64, "GET", 0, "none"),
    "headers": ("/headers", 64, "GET", 0, "browser"),
    "echo1k": ("/echo", 64, "POST", 1000, "none"),
    "echo100k": ("/echo", 16, "POST", 100_000, "none"),
    "echo10m": ("/echo", 2, "POST", 10_000_000, "none"),
    "stream": ("/stream", 64, "GET", 0, "none"),
    "sleep": ("/sleep", 64, "GET", 0, "none"),
    "close": ("/plain", 64, "GET", 0, "close"),
}
FRAMEWORK = {"": ("/items/42", 64, "GET", 0, "none")}
# Measured with the own load; each is a group.
OWN = {
    "uds": ("/plain", 64, "GET", 0, "none"),
    "pipe8": ("/plain", 8, "GET", 0, "none"),
    "body100k": ("/body100k", 8, "GET", 0, "none"),
    "backend": ("/backend", 64, "GET", 0, "none"),
}
ALL_GROUPS = ["raw", "starlette", "fastapi", "ws", "tls", "h2", "idle", "workers2", "reload", "gone", *OWN]


# ---- the process tree ---------------------------------------------------------------

def tree(root):
    children = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as file:
                text = file.read()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2:].split()
        children.setdefault(int(fields[1]), []).append(int(text.split(" ", 1)[0]))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu(root):
    """(seconds on a CPU in all threads, user share) of the tree; nanosecond clock where there is one."""
    exact = user = system = 0
    for pid in tree(root):
        try:
            for path in glob.glob("/proc/%d/task/*/schedstat" % pid):
                with open(path) as file:
                    exact += int(file.read().split()[0])
            with open("/proc/%d/stat" % pid) as file:
                text = file.read()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2:].split()
        user += int(fields[11])
        system += int(fields[12])
    return exact / 1e9, user / TICK, system / TICK


def memory(root):
    rss = pss = 0
    for pid in tree(root):
        try:
            with open("/proc/%d/smaps_rollup" % pid) as file:
                for line in file:
                    if line.startswith("Rss:"):
                        rss += int(line.split()[1])
                    elif line.startswith("Pss:"):
                        pss += int(line.split()[1])
        except OSError:
            continue
    return {"rss_mib": round(rss / 1024, 2), "pss_mib": round(pss / 1024, 2), "processes": len(tree(root))}


# ---- servers ------------------------------------------------------------------------

class UnixHTTP(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def fill(value, words):
    if isinstance(value, str):
        if value in ("{workers}",):
            return int(words["workers"])
        for key, word in words.items():
            value = value.replace("{%s}" % key, str(word))
        return value
    if isinstance(value, dict):
        return {fill(k, words): fill(v, words) for k, v in value.items()}
    return value


class Server:
    def __init__(self, name, entry, app, words, cpus="0", workers=1, extra="", path="/plain", tls=False, h2=False,
                 uds=False, environment=None):
        self.name, self.entry = name, entry
        self.tmp = tempfile.mkdtemp(prefix="asgi_bench_")
        os.chmod(self.tmp, 0o755)
        self.port = free_port()
        self.socket = os.path.join(self.tmp, "server.sock") if uds else ""
        self.target = "unix:" + self.socket if uds else str(self.port)
        app = entry.get("rename", {}).get(app, app)
        module, _, attribute = app.partition(":")
        words = dict(words, port=self.port, app=app, workers=workers, tmp=self.tmp, module=module,
                     callable=attribute, socket=self.socket)
        command = fill(entry["cmd"].replace("{listen}", entry.get("uds" if uds else "tcp", "")), words)
        for flag in extra:
            command += " " + fill(flag, words)
        if "{" in command:
            raise KeyError("no value for a {word} in: %s" % command)
        env = dict(os.environ, PYTHONPATH=words["apps"], PYTHONDONTWRITEBYTECODE="")
        env.update(entry.get("env", {}), **(environment or {}))
        argv = (["taskset", "-c", cpus] if cpus else []) + shlex.split(command)
        self.log = open(os.path.join(self.tmp, "out"), "wb")
        begin = time.perf_counter()
        self.process = subprocess.Popen(argv, cwd=words["apps"], env=env, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = self.process.pid
        try:
            if "uds_config" in entry:
                self.configure(fill(entry["uds_config"], words))
            self.wait_ready(path, tls, h2)
        except Exception as error:
            text = self.output()
            self.stop()
            raise RuntimeError("%s: %s; output: %s" % (name, error, text[-600:]))
        self.startup_ms = (time.perf_counter() - begin) * 1e3

    def output(self):
        self.log.flush()
        with open(os.path.join(self.tmp, "out"), errors="replace") as file:
            return file.read()

    def configure(self, config):
        until = time.monotonic() + 10
        while not os.path.exists(config["socket"]):
            if time.monotonic() > until:
                raise TimeoutError("no control socket")
            time.sleep(0.002)
        self.control = config["socket"]
        while True:
            try:
                connection = UnixHTTP(config["socket"])
                connection.request("PUT", "/config", json.dumps(config["body"]))
                answer = connection.getresponse()
                text = answer.read().decode()
                if answer.status != 200:
                    raise RuntimeError(text)
                return
            except ConnectionError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.002)

    def connect(self):
        if not self.socket:
            return socket.create_connection(("127.0.0.1", self.port), timeout=5)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(5)
            sock.connect(self.socket)
        except OSError:
            sock.close()
            raise
        return sock

    def wait_ready(self, path, tls, h2):
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError("it ended with status %d" % self.process.returncode)
            try:
                with self.connect() as sock:
                    if tls or h2 or self.entry.get("ready") == "connect":
                        return
                    sock.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % path).encode())
                    data = sock.recv(4096)
                    if data.startswith(b"HTTP/1.1 200"):
                        return
                    if data.startswith(b"HTTP/1.1 4"):
                        raise RuntimeError("answered %r" % data[:120])
            except OSError:
                pass
            time.sleep(0.002)
        raise TimeoutError("not ready after 20 s")

    def stop(self):
        pids = tree(self.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                pass
        for pid in pids:                # whatever of our own tree is left
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)     # its own group: a worker started while it was stopping
        except OSError:
            pass
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.tmp, ignore_errors=True)


class Backend:
    """The program that the application calls (backend.cpp): no part of the server's process tree."""
    def __init__(self, program, cpus):
        self.process = subprocess.Popen(pinned(cpus, [program]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.port = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()      # closes its standard input: it ends


# ---- load ---------------------------------------------------------------------------

def pinned(cpus, argv):
    return (["taskset", "-c", cpus] if cpus else []) + argv


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


def load(server, shape, seconds, cpus, scheme="http"):
    """One row over HTTP/1.1: wrk, or with --load own our program (which has no TLS)."""
    if OWN_LOAD["always"] and scheme == "http":
        return own_load(server, shape, seconds, cpus)
    path, connections, method, size, headers = shape
    argv = pinned(cpus, ["wrk", "-t", "1", "-c", str(connections), "-d", "%ds" % seconds, "--timeout", "10s",
                         "-s", LUA, "%s://127.0.0.1:%d%s" % (scheme, server.port, path), "--", method, str(size),
                         *HEADERS[headers]])
    return measured(server, argv, json_line("JSON "))


def own_load(server, shape, seconds, cpus, depth=1):
    path, connections, method, size, headers = shape
    argv = [OWN_LOAD["program"], "-c", str(connections), "-d", str(seconds), "-p", str(depth), "-m", method, "-b",
            str(size), *(word for line in HEADERS[headers] for word in ("-H", line)), server.target, path]
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
                if server.process.poll() is not None:
                    self.failed(name, "died", "status %d before %s" % (server.process.returncode, workload))
                    server.stop()
                    server = self.start(name)
                try:
                    self.add(name, workload, number, **load(server, shape, seconds, cpus))
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
            self.add(name, which, number, **load(server, FRAMEWORK[""], self.options.seconds, self.options.load_cpu))
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
            self.add(name, workload, number,
                     **own_load(server, OWN[workload], self.options.seconds, self.options.load_cpu, depth))
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


# ---- tables -------------------------------------------------------------------------

def sound(row):
    """Whether nearly every answer was right: a figure over failed requests means nothing."""
    wrong = sum(row.get(k) or 0 for k in ("e_status", "e_read", "e_timeout", "wrong", "failed"))
    return bool(row["cpu_us"]) and wrong * 100 < row["requests"]


def medians(files, best=False):
    """Per (server, workload) one figure of each kind: the median over the rounds, or with `best` the
    least disturbed one (least time, most requests a second)."""
    cells, failures = {}, []
    for path in files:
        with open(path) as file:
            if path.endswith(".rows"):
                rows = [json.loads(line) for line in file]
                failures += [r for r in rows if "error" in r]
                rows = [r for r in rows if "error" not in r]
            else:
                data = json.load(file)
                rows = data["rows"]
                failures += data["failures"]
        for row in rows:
            if "cpu_us" in row and not sound(row):
                failures.append(dict(row, error="wrong or missing answers: " + ", ".join(
                    "%s %s" % (k, row[k]) for k in ("requests", "e_status", "e_read", "e_timeout", "wrong", "failed")
                    if row.get(k))))
                continue
            cell = cells.setdefault((row["server"], row["workload"]), {})
            for key, value in row.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    cell.setdefault(key, []).append(value)
    def pick(field, values):
        if not best:
            return statistics.median(values)
        return max(values) if field == "rps" else min(values)
    return {k: dict({f: pick(f, v) for f, v in cell.items()}, n=len(cell.get("round", [])))
            for k, cell in cells.items()}, failures


def table(title, cells, workloads, field, form="%.1f", base=None, scale=1.0):
    servers = []
    for server, workload in cells:
        if workload in workloads and field in cells[server, workload] and server not in servers:
            servers.append(server)
    workloads = [w for w in workloads if any((s, w) in cells for s in servers)]
    print("\n### %s\n" % title)
    print("| server | " + " | ".join(workloads) + " |")
    print("|" + " --- |" * (len(workloads) + 1))
    for server in servers:
        line = []
        for workload in workloads:
            value = cells.get((server, workload), {}).get(field)
            if value is None:
                line.append("–")
                continue
            text = form % (value * scale)
            if base and (base, workload) in cells and cells[base, workload].get(field):
                text += " (%.2f×)" % (value / cells[base, workload][field])
            line.append(text)
        print("| %s | %s |" % (server, " | ".join(line)))


def add_floor(cells, bare):
    """The limit's cost plus the application's own is what no server can go below."""
    for (server, workload), cell in list(cells.items()):
        same = dict.fromkeys(("plain_c1", "close", "sleep", "uds", "pipe8", "body100k"), "plain")
        alone = bare.get(same.get(workload, workload))
        if server == "limit" and "cpu_us" in cell and isinstance(alone, (int, float)):
            cells["floor = limit + bare", workload] = {"cpu_us": cell["cpu_us"] + alone}


def tables(files, base, best=False, bare=None):
    cells, failures = medians(files, best)
    if bare:
        with open(bare) as file:
            add_floor(cells, json.load(file))
    main_ones = [w for w in RAW if w != "plain_c1"] + ["starlette", "fastapi"]
    extra = ["ws_c16", "ws_c1", "ws_4k", "tls", "tls_body10k", "tls_close", "h2", "workers2", "workers2_json"]
    table("Server CPU µs per request (× %s)" % base, cells, main_ones, "cpu_us", base=base)
    table("Server CPU µs per request, other transports", cells, extra, "cpu_us", base=base)
    table("Server CPU µs per request, own load", cells, list(OWN), "cpu_us", base=base)
    table("Requests per second", cells, main_ones + extra + list(OWN), "rps", form="%.0f")
    table("p50 latency, ms", cells, ["plain_c1"] + main_ones + extra[:3] + list(OWN), "p50_us", "%.3f", scale=1e-3)
    table("p99 latency, ms", cells, ["plain_c1"] + main_ones + extra[:3] + list(OWN), "p99_us", "%.3f", scale=1e-3)
    table("Startup to first answer, ms", cells, ["startup", "startup_starlette", "startup_fastapi"], "startup_ms", "%.0f")
    table("Memory (PSS of the tree), MiB", cells,
          ["memory_idle", "memory_loaded", "memory_after", "memory_starlette", "memory_fastapi", "memory_workers2"], "pss_mib")
    table("1,000 idle connections: KiB each", cells, ["idle1000"], "grew_kib_each", "%.2f")
    if failures:
        print("\n### Failures\n")
        for note in failures:
            print("- %(server)s %(workload)s: %(error)s" % note)


# row: (what it is compared with, at most so many times as much)
GATES = {
    "plain": (("floor", 1.15), ("uvicorn", 0.40), ("granian-st", 0.42)),
    "echo1k": (("floor", 1.15), ("uvicorn", 0.40)),
    "headers": (("floor", 1.15), ("uvicorn", 0.40)),
    "json": (("floor", 1.15), ("uvicorn", 0.40)),
    "uds": (("uvicorn", 0.25), ("granian-st", 0.25)),
    "pipe8": (("uvicorn", 0.12), ("granian-st", 0.12)),
    "close": (("limit", 1.1), ("uvicorn", 0.55)),
    "stream": (("floor", 1.2), ("uvicorn", 0.07)),
    "body100k": (("floor", 1.2),),
    "echo100k": (("floor", 1.2),),
    "sleep": (("uvicorn", 0.45),),
    "starlette": (("floor", 1.08), ("uvicorn", 0.50)),
    "fastapi": (("floor", 1.05), ("uvicorn", 0.77)),
    "backend": (("uvicorn", 0.50),),
}


def gates(files, ours, bare, best):
    """A table of our rows against the others; says which of them cost more than they may."""
    cells, _ = medians(files, best)
    if bare:
        with open(bare) as file:
            add_floor(cells, json.load(file))
    names = {"floor": "floor = limit + bare"}
    print("| row | µs | is × of, at most | |")
    print("| --- | ---: | --- | --- |")
    for workload, limits in GATES.items():
        cost = cells.get((ours, workload), {}).get("cpu_us")
        if cost is None:
            continue
        said, is_kept = [], True
        for other, most in limits:
            theirs = cells.get((names.get(other, other), workload), {}).get("cpu_us")
            if not theirs:
                said.append("%s –" % other)
                continue
            said.append("%.2f %s %.1f (%.2f)" % (cost / theirs, other, theirs, most))
            is_kept &= cost / theirs <= most
        print("| %s | %.1f | %s | %s |" % (workload, cost, "; ".join(said), "yes" if is_kept else "**no**"))


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
    judge = commands.add_parser("gates")
    judge.add_argument("files", nargs="+")
    judge.add_argument("--ours", default="asgi-worker")
    judge.add_argument("--best", action="store_true")
    judge.add_argument("--bare")
    options = parser.parse_args()
    if options.command == "gates":
        return gates(options.files, options.ours, options.bare, options.best)
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
    if not options.load_program and (options.load == "own" or set(OWN) & set(options.groups)):
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
