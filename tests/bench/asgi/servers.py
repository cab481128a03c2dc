"""A server under test as servers.json says it is started, what its process tree costs, and what the application calls."""

import glob
import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TICK = os.sysconf("SC_CLK_TCK")


def pinned(cpus, argv):
    return (["taskset", "-c", cpus] if cpus else []) + argv


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
