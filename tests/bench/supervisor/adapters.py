"""One adapter per supervisor: how to write its configuration, start it, ask it and stop it.

An adapter gets its binaries from the peers file (peers.toml is written by .ci/extra bench); nothing here names a place on a machine.
A method that a supervisor has no counterpart for returns None, and the measurement is reported as "no such feature".
"""
import contextlib
import http.client
import os
import resource
import shlex
import signal
import socket
from pathlib import Path


class UdsHttp(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def http_call(connect, method, url, body=None, headers=None):
    """A function that makes the call once over a kept connection (a new one where the server closes it)."""
    state = {}

    def call():
        for attempt in (0, 1):
            c = state.get("c") or connect()
            state["c"] = c
            try:
                c.request(method, url, body, headers or {})
                r = c.getresponse()
                data = r.read()
                if r.will_close:
                    c.close()
                    state.pop("c")
                if r.status != 200:
                    raise RuntimeError(f"{url}: HTTP {r.status} {data[:200]!r}")
                return data
            except (http.client.HTTPException, OSError):
                state.pop("c", None)
                if attempt:
                    raise
    return call


class Adapter:
    restart_pause = 0.0          # what must pass between start and death for an undelayed restart
    max_programs = None
    log_capture = True
    note = ""

    def __init__(self, peer, dir, opts):
        self.peer, self.dir, self.opts = peer, Path(dir), opts
        self.progs = []

    def bin(self, key):
        return self.peer[key]

    def env(self):
        return dict(os.environ)

    def roots(self, pid):
        return [pid]

    def close(self):
        pass

    def shutdown(self, roots):
        for r in roots:
            with contextlib.suppress(ProcessLookupError):
                os.kill(r, signal.SIGTERM)

    def ready(self):
        return True

    def status_all(self): return None
    def status_one(self, name): return None
    def restart_one(self, name): return None
    def stop_one(self, name): return None
    def start_one(self, name): return None
    def restart_all(self): return None
    def stop_all(self): return None
    def start_all(self): return None
    def add(self, prog): return None           # change the files; returns the commands that make it known
    def remove(self, name): return None
    def api(self): return {}                   # name -> function doing one raw call
    def tail(self, name): return None
    def break_config(self, how): return None   # returns the commands that reload; how: garbage | nocommand | unreadable
    def log_files(self, prog):                 # oldest first
        p = Path(prog.log)
        nums = sorted((int(f.name[len(p.name) + 1:]) for f in p.parent.glob(p.name + ".*")
                       if f.name[len(p.name) + 1:].isdigit()), reverse=True)
        return [f"{prog.log}.{n}" for n in nums] + ([prog.log] if p.exists() else [])


class Supervisor(Adapter):
    """Supervisor and ours, which takes the same files and command line (keys: supervisord, supervisorctl)."""

    def __init__(self, *a):
        super().__init__(*a)
        self.conf = self.dir / "supervisord.conf"
        self.sock = self.dir / "s.sock"

    def daemon(self):
        return [*shlex.split(self.bin("supervisord")), "-n", "-c", str(self.conf)]

    def ctl(self, *args):
        return [*shlex.split(self.bin("supervisorctl")), "-c", str(self.conf), *args]

    def section(self, p):
        o = self.opts
        lines = [f"[program:{p.name}]", "command=" + " ".join(p.argv), f"autostart={str(p.autostart).lower()}",
                 f"autorestart={o.get('autorestart', 'true')}", f"startsecs={o.get('startsecs', 0)}",
                 f"stopwaitsecs={p.stopwait}", "redirect_stderr=true",
                 f"stopasgroup={o.get('asgroup', 'false')}", f"killasgroup={o.get('asgroup', 'false')}"]
        if p.log:
            lines += [f"stdout_logfile={p.log}", f"stdout_logfile_maxbytes={p.maxbytes}", f"stdout_logfile_backups={p.backups}"]
        else:
            lines += ["stdout_logfile=NONE"]
        return "\n".join(lines) + "\n\n"

    def write(self, progs):
        self.progs = list(progs)
        files = min(max(1024, 4 * len(progs) + 256), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        (self.dir / "conf.d").mkdir(exist_ok=True)
        self.conf.write_text(
            f"[unix_http_server]\nfile={self.sock}\n\n[supervisord]\nnodaemon=true\nlogfile={self.dir}/supervisord.log\npidfile={self.dir}/supervisord.pid\n"
            f"childlogdir={self.dir}\nminfds={files}\nminprocs=200\n\n"
            "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\n"
            f"[supervisorctl]\nserverurl=unix://{self.sock}\n\n[include]\nfiles = {self.dir}/conf.d/*.conf\n")
        (self.dir / "conf.d" / "all.conf").write_text("".join(map(self.section, progs)))

    def status_all(self): return self.ctl("status")
    def status_one(self, name): return self.ctl("status", name)
    def restart_one(self, name): return self.ctl("restart", name)
    def stop_one(self, name): return self.ctl("stop", name)
    def start_one(self, name): return self.ctl("start", name)
    def restart_all(self): return self.ctl("restart", "all")
    def stop_all(self): return self.ctl("stop", "all")
    def start_all(self): return self.ctl("start", "all")

    def update(self): return [self.ctl("update")]

    def add(self, prog):
        (self.dir / "conf.d" / f"{prog.name}.conf").write_text(self.section(prog))
        return self.update()

    def remove(self, name):
        (self.dir / "conf.d" / f"{name}.conf").unlink()
        return self.update()

    def tail(self, name):
        return self.ctl("tail", "-f", name)

    def api(self):
        def rpc(method, *args):
            params = "".join(f"<param><value><string>{a}</string></value></param>" for a in args)
            body = f"<?xml version='1.0'?><methodCall><methodName>supervisor.{method}</methodName><params>{params}</params></methodCall>"
            return http_call(lambda: UdsHttp(str(self.sock)), "POST", "/RPC2", body, {"Content-Type": "text/xml"})
        return {"state": rpc("getState"), "one": rpc("getProcessInfo", self.progs[0].name), "all": rpc("getAllProcessInfo")}

    def break_config(self, how):
        f = self.dir / "conf.d" / "bad.conf"
        if f.is_symlink() or f.exists():
            f.unlink()
        if how == "garbage":
            f.write_text("this is not an ini file\n[program:x\ncommand=/bin/true\n")
        elif how == "nocommand":
            f.write_text("[program:nocommand]\nautostart=true\n")
        elif how == "badvalue":
            f.write_text("[program:badvalue]\ncommand=/bin/true\nautostart=perhaps\nstartsecs=many\n")
        elif how == "nosuchbinary":
            f.write_text("[program:nosuch]\ncommand=/no/such/binary --flag\n")
        elif how == "unreadable":
            f.symlink_to(self.dir / "missing")
        elif how == "fix":
            pass
        return [self.ctl("reread")]


class S6(Adapter):
    """keys: bindir (where s6-svscan, s6-svc, s6-svstat and s6-log are)."""
    restart_pause = 1.1

    def t(self, name):
        return str(Path(self.bin("bindir")) / name)

    def daemon(self):
        return [self.t("s6-svscan"), "-c", str(max(500, len(self.progs) + 16)), "-t", "0", str(self.dir / "scan")]

    def service(self, p):
        d = self.dir / "sv" / p.name
        d.mkdir(parents=True)
        (d / "run").write_text("#!/bin/sh\nexec " + " ".join(p.argv) + " 2>&1\n")
        (d / "run").chmod(0o755)
        if not p.autostart:
            (d / "down").touch()
        (d / "timeout-kill").write_text(f"{p.stopwait * 1000}\n")
        if p.log:
            Path(p.log).mkdir(parents=True, exist_ok=True)
            (d / "log").mkdir()
            (d / "log" / "run").write_text(f"#!/bin/sh\nexec {self.t('s6-log')} n{p.backups} s{p.maxbytes} {p.log}\n")
            (d / "log" / "run").chmod(0o755)
        (self.dir / "scan" / p.name).symlink_to(d)

    def write(self, progs):
        self.progs = list(progs)
        (self.dir / "scan").mkdir()
        for p in progs:
            self.service(p)

    def loop(self, cmd):
        return ["/bin/sh", "-c", f"for d in {self.dir}/scan/*; do {cmd}; done"]

    def d(self, name): return str(self.dir / "sv" / name)
    def status_all(self): return self.loop(f'{self.t("s6-svstat")} "$d"')
    def status_one(self, name): return [self.t("s6-svstat"), self.d(name)]
    def restart_one(self, name): return [self.t("s6-svc"), "-wr", "-T", "5000", "-r", self.d(name)]
    def stop_one(self, name): return [self.t("s6-svc"), "-wd", "-T", "15000", "-d", self.d(name)]
    def start_one(self, name): return [self.t("s6-svc"), "-wu", "-T", "5000", "-u", self.d(name)]
    def restart_all(self): return self.loop(f'{self.t("s6-svc")} -r "$d"')
    def stop_all(self): return self.loop(f'{self.t("s6-svc")} -d "$d"')
    def start_all(self): return self.loop(f'{self.t("s6-svc")} -u "$d"')

    def add(self, prog):
        self.service(prog)
        return [[self.t("s6-svscanctl"), "-a", str(self.dir / "scan")]]

    def remove(self, name):
        (self.dir / "scan" / name).unlink()
        return [[self.t("s6-svscanctl"), "-an", str(self.dir / "scan")]]

    def log_files(self, prog):
        p = Path(prog.log)
        return sorted(map(str, p.glob("@*"))) + [str(p / "current")]


class Runit(S6):
    """keys: bindir (runsvdir, runsv, sv, svlogd)."""
    max_programs = 1000
    note = "runsvdir looks for new services every 5 s; at most 1000 services are compiled in"

    def daemon(self): return [self.t("runsvdir"), "-P", str(self.dir / "scan")]

    def env(self):
        return dict(os.environ, SVDIR=str(self.dir / "scan"))

    def service(self, p):
        d = self.dir / "sv" / p.name
        d.mkdir(parents=True)
        (d / "run").write_text("#!/bin/sh\nexec " + " ".join(p.argv) + " 2>&1\n")
        (d / "run").chmod(0o755)
        if not p.autostart:
            (d / "down").touch()
        if p.log:
            Path(p.log).mkdir(parents=True, exist_ok=True)
            (Path(p.log) / "config").write_text(f"s{p.maxbytes}\nn{p.backups}\n")
            (d / "log").mkdir()
            (d / "log" / "run").write_text(f"#!/bin/sh\nexec {self.t('svlogd')} {p.log}\n")
            (d / "log" / "run").chmod(0o755)
        (self.dir / "scan" / p.name).symlink_to(d)

    def sv(self, verb, *names):
        return [self.t("sv"), "-w", "15", verb, *names]

    def every(self, verb):
        return ["/bin/sh", "-c", f"{self.t('sv')} -w 60 {verb} {self.dir}/scan/*"]

    def status_all(self): return self.every("status")
    def status_one(self, name): return self.sv("status", name)
    def restart_one(self, name): return self.sv("restart", name)
    def stop_one(self, name): return self.sv("stop", name)
    def start_one(self, name): return self.sv("start", name)
    def restart_all(self): return self.every("restart")
    def stop_all(self): return self.every("stop")
    def start_all(self): return self.every("start")

    def add(self, prog):
        self.service(prog)
        return []

    def remove(self, name):
        (self.dir / "scan" / name).unlink()
        return []

    def shutdown(self, roots):
        for r in roots:
            with contextlib.suppress(ProcessLookupError):
                os.kill(r, signal.SIGHUP)


ADAPTERS = {"supervisor": Supervisor, "s6": S6, "runit": Runit}
