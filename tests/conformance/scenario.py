"""What is played against each daemon: one configuration with a process in each state, and tables of what the clients ask.

Steps that change something stand between steps that look; each table leaves no doubt about the state in which a step is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

SHA1_OF_PASSWORD = "{SHA}2c639adafb6a9cc15b4ce00f4ec9be0d68ae1820"  # of bed.PASSWORD

SERVERS = f"""
[unix_http_server]
file=%(here)s/s.sock
[inet_http_server]
port=127.0.0.1:@PORT@
username=operator
password={SHA1_OF_PASSWORD}
[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
identifier=conform
nodaemon=true
silent=true
environment=FROM_DAEMON="yes"
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/s.sock
[include]
files=conf.d/*.conf
"""

CONFIGURATION = SERVERS + """
[program:run]
command=/bin/sleep 1000
stdout_logfile=%(here)s/run.log
[program:utf8]
command=/bin/sh %(here)s/utf8.sh
stdout_logfile=%(here)s/utf8.log
[program:café]
command=/bin/cat
stdout_logfile=%(here)s/cafe.log
[program:backoff]
command=%(here)s/missing
startretries=1000
[program:fatal]
command=%(here)s/not-executable
startretries=0
[program:quick]
command=/bin/sh -c 'exit 3'
startretries=0
[program:done]
command=/bin/sh -c 'sleep 2.5 && exit 0'
startsecs=0
autorestart=false
[program:bad]
command=/bin/sh -c 'sleep 2.5 && exit 7'
startsecs=0
autorestart=false
[program:killed]
command=/bin/sh -c 'sleep 2.5 && kill -9 $$'
startsecs=0
autorestart=false
[program:idle]
command=/bin/sleep 1000
autostart=false
stdout_logfile=%(here)s/idle.log
[program:cat]
command=/bin/cat
startsecs=0
stdout_logfile=%(here)s/cat.log
[program:errors]
command=/bin/sh -c 'echo to standard error >&2 && exec /bin/sleep 1000'
stderr_logfile=%(here)s/errors.log
[program:nolog]
command=/bin/sleep 1000
stdout_logfile=NONE
stderr_logfile=NONE
redirect_stderr=true
[program:stubborn]
command=/bin/sh -c 'trap "" TERM && while true; do /bin/sleep 0.2; done'
stopwaitsecs=1
[program:environment]
command=/bin/sh %(here)s/environment.sh
environment=OWN="a,b",PROC="%(process_num)d"
stdout_logfile=%(here)s/environment.log
[program:communication]
command=/bin/sh %(here)s/communication.sh
stdout_capture_maxbytes=1KB
stdout_logfile=%(here)s/communication.log
[group:web]
programs=weba,webb
priority=5
[program:weba]
command=/bin/sleep 1000
process_name=%(program_name)s_%(process_num)02d
numprocs=2
priority=20
exitcodes=0,2
stopsignal=INT
stopwaitsecs=3
[program:webb]
command=/bin/sleep 1000
priority=10
umask=027
startsecs=0
[group:empty]
programs=
[eventlistener:watcher]
command=@PYTHON@ %(here)s/listener.py %(here)s/events.jsonl
events=PROCESS_STATE,REMOTE_COMMUNICATION,PROCESS_COMMUNICATION,PROCESS_GROUP,SUPERVISOR_STATE_CHANGE
startsecs=0
buffer_size=200
stderr_logfile=%(here)s/watcher.err
"""

AT_FIRST = {
    "run": "RUNNING", "utf8": "RUNNING", "café": "RUNNING", "backoff": "BACKOFF", "fatal": "FATAL", "quick": "FATAL", "done": "EXITED",
    "bad": "EXITED", "killed": "EXITED", "idle": "STOPPED", "cat": "RUNNING", "errors": "RUNNING", "nolog": "RUNNING", "stubborn": "RUNNING",
    "environment": "RUNNING", "communication": "RUNNING", "web:weba_00": "RUNNING", "web:weba_01": "RUNNING", "web:webb": "RUNNING",
    "watcher": "RUNNING",
}


@dataclass(frozen=True)
class Call:
    """A method of XML-RPC with arguments."""

    method: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.method}({', '.join(map(repr, self.arguments))})"


@dataclass(frozen=True)
class Ctl:
    """A command line of supervisorctl; `typed` is its standard input, `seconds` after its first word it gets Ctrl-C."""

    words: tuple[str, ...]
    typed: str | None = None
    seconds: float = 0

    def __str__(self) -> str:
        line = " ".join(word if word and " " not in word else repr(word) for word in self.words) or "(shell)"
        return line + (f" <<< {self.typed!r}" if self.typed is not None else "") + (f" (Ctrl-C after {self.seconds:g} s)" if self.seconds else "")


@dataclass(frozen=True)
class Get:
    """An HTTP request. `upto` is for answers that never end: so many bytes of the body."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    upto: int | None = None
    shows: tuple[str, ...] | None = None  # None: the body whole; else whether it holds these

    def __str__(self) -> str:
        more = ", ".join([*(f"{name}: {value}" for name, value in self.headers.items()), *([repr(self.body)] if self.body is not None else [])])
        return f"{self.method} {self.path}" + (f" ({more})" if more else "")


@dataclass(frozen=True)
class Wait:
    """Not compared: until the processes are in these states."""

    states: dict[str, str]


@dataclass(frozen=True)
class Write:
    """Not compared: a file of the configuration is written, or removed when it has no text."""

    name: str
    text: str | None


Step = Union[Call, Ctl, Get, Wait, Write]

ONE_MORE = "[program:more]\ncommand=/bin/sleep 1000\nstartsecs=0\n"
ONE_MORE_CHANGED = "[program:more]\ncommand=/bin/sleep 2000\nstartsecs=0\n"


def calls(method: str, *rows: tuple[Any, ...]) -> list[Step]:
    return [Call(method, row) for row in rows]


def supervisor(method: str, *rows: tuple[Any, ...]) -> list[Step]:
    return calls(f"supervisor.{method}", *rows)


# Each method that takes the name of a process or group, with arguments that are no good.
BAD_NAMES: list[Step] = [
    step
    for method, rest in [
        ("getProcessInfo", ()), ("startProcess", ()), ("stopProcess", ()), ("signalProcess", ("HUP",)), ("startProcessGroup", ()),
        ("stopProcessGroup", ()), ("signalProcessGroup", ("HUP",)), ("addProcessGroup", ()), ("removeProcessGroup", ()),
        ("readProcessStdoutLog", (0, 10)), ("readProcessStderrLog", (0, 10)), ("readProcessLog", (0, 10)), ("tailProcessStdoutLog", (0, 10)),
        ("tailProcessStderrLog", (0, 10)), ("tailProcessLog", (0, 10)), ("clearProcessLogs", ()), ("clearProcessLog", ()),
        ("sendProcessStdin", ("text",)),
    ]
    for step in supervisor(method, (), ("nosuch", *rest), ("", *rest), ("web:nosuch", *rest), ("no:such", *rest), ("nosuch", *rest, "one", "too", "many"))
]
NO_ARGUMENTS = ["getAPIVersion", "getVersion", "getSupervisorVersion", "getIdentification", "getState", "getPID", "clearLog", "reloadConfig",
                "getAllProcessInfo", "getAllConfigInfo", "clearAllProcessLogs", "shutdown", "restart"]

RPC: list[Step] = [
    Wait(AT_FIRST),
    *calls("system.listMethods", (), ("x",)),
    *calls("system.methodHelp", (), ("nosuch",), ("supervisor.nosuch",)),
    *calls("system.methodSignature", (), ("nosuch",), ("supervisor.startProcess",), ("supervisor.getState",), ("supervisor.tailProcessStdoutLog",),
           ("system.multicall",), ("supervisor.getAllProcessInfo",)),
    *calls("nosuch"), *calls("nosuch.method"), *calls("supervisor.nosuch"), *calls("supervisor._update"), *calls("supervisor.getState.x"), *calls("getState"),
    *[Call(f"supervisor.{method}", ("too many",)) for method in NO_ARGUMENTS],
    *[step for method in NO_ARGUMENTS[:6] for step in supervisor(method, ())],
    *supervisor("getAllProcessInfo", ()), *supervisor("getAllConfigInfo", ()),
    *supervisor("getProcessInfo", *[(name,) for name in ["run", "run:run", "café", "web:weba_01", "web:*", "web:", "web", "weba_01", "idle", "empty"]], (5,)),
    *BAD_NAMES,
    # Logs.
    *supervisor("readProcessStdoutLog", ("utf8", 0, 0), ("utf8", 0, 7), ("utf8", 8, 20), ("utf8", -32, 0), ("utf8", -100000, 0), ("utf8", 100000, 10),
                ("utf8", -1, 5), ("utf8", 0, -1), ("utf8", "0", "7"), ("run", 0, 0), ("nolog", 0, 0), ("web:weba_00", 0, 0), ("web:*", 0, 0), ("idle", 0, 10)),
    *supervisor("readProcessStderrLog", ("errors", 0, 0), ("errors", 3, 8), ("nolog", 0, 0)),
    *supervisor("readProcessLog", ("utf8", 0, 7)),
    *supervisor("tailProcessStdoutLog", ("utf8", 0, 33), ("utf8", 5, 33), ("utf8", 100000, 33), ("utf8", 0, 0), ("utf8", 0, 100000), ("utf8", -5, 33), ("nolog", 0, 10), ("idle", 0, 10)),
    *supervisor("tailProcessStderrLog", ("errors", 0, 10), ("errors", 0, 100), ("nolog", 0, 10)),
    *supervisor("tailProcessLog", ("utf8", 0, 33)),
    *supervisor("readProcessStdoutLog", ("environment", 0, 0), ("communication", 0, 0)),
    *supervisor("readLog", (0, -1), (-1, 5), ()), *supervisor("readMainLog", (-3, 4)),
    # Standard input.
    *supervisor("sendProcessStdin", ("cat", "one line\n"), ("cat", "naïve 🙂\n"), ("run", ""), ("cat", 5), ("idle", "x"), ("fatal", "x"), ("café", "x\n")),
    *supervisor("sendRemoteCommEvent", ("a type", "some data"), ("naïve", "日本語"), ("", ""), ("one",)),
    # Start, stop, signal: one process.
    *supervisor("startProcess", ("run",), ("backoff",), ("fatal",), ("quick",), ("idle", True, "many")),
    *supervisor("startProcess", ("idle",)), *supervisor("getProcessInfo", ("idle",)), *supervisor("stopProcess", ("idle",), ("idle",)), *supervisor("getProcessInfo", ("idle",)),
    *supervisor("startProcess", ("idle", False)), Wait({"idle": "RUNNING"}), *supervisor("stopProcess", ("idle", False)), Wait({"idle": "STOPPED"}),
    *supervisor("startProcess", ("done",)), Wait({"done": "EXITED"}), *supervisor("startProcess", ("bad",)), Wait({"bad": "EXITED"}), *supervisor("getProcessInfo", ("bad",), ("done",), ("killed",)),
    *supervisor("stopProcess", ("stubborn",)), *supervisor("getProcessInfo", ("stubborn",)), *supervisor("startProcess", ("stubborn",)),
    *supervisor("stopProcess", ("fatal",), ("backoff",)), *supervisor("getProcessInfo", ("backoff",)), *supervisor("startProcess", ("backoff",)),
    *supervisor("signalProcess", ("run", "NOSUCH"), ("run", 0), ("run", "0"), ("idle", "HUP"), ("fatal", "HUP"), ("run", 99), ("run", ""), ("web:*", "CONT"), ("web", "CONT"), ("run", "cont"), ("run", "SIGCONT"), ("run", 18)),
    *supervisor("signalProcess", ("nolog", "KILL")), Wait({"nolog": "RUNNING"}),
    # Groups.
    *supervisor("stopProcessGroup", ("web",), ("web",)), *supervisor("startProcess", ("web:webb",), ("web:*",)), *supervisor("stopProcess", ("web:weba_00",), ("web:*",)),
    *supervisor("startProcessGroup", ("web",), ("web",)), *supervisor("stopProcessGroup", ("web", False)), Wait({"web:weba_00": "STOPPED", "web:weba_01": "STOPPED", "web:webb": "STOPPED"}),
    *supervisor("startProcessGroup", ("web", False)), Wait({"web:weba_00": "RUNNING", "web:weba_01": "RUNNING", "web:webb": "RUNNING"}),
    *supervisor("signalProcessGroup", ("web", "CONT"), ("web", "NOSUCH"), ("empty", "CONT"), ("run", "CONT")), *supervisor("signalAllProcesses", ("CONT",), ("NOSUCH",), ()),
    *supervisor("stopProcessGroup", ("empty",)), *supervisor("startProcessGroup", ("empty",)),
    # Logs are cleared.
    *supervisor("clearProcessLogs", ("utf8",), ("web:*",), ("nolog",)), *supervisor("readProcessStdoutLog", ("utf8", 0, 0)), *supervisor("clearProcessLog", ("errors",)),
    *supervisor("readProcessStderrLog", ("errors", 0, 0)),
    # From here on without the name that is not ASCII: their daemon counts the length of a late answer in characters, so no client can read it.
    *supervisor("stopProcess", ("café",)), *supervisor("removeProcessGroup", ("café",)), *supervisor("clearAllProcessLogs", ()),
    # The files change.
    *supervisor("reloadConfig", ()), Write("more.conf", ONE_MORE), *supervisor("addProcessGroup", ("more",)), *supervisor("reloadConfig", ()), *supervisor("addProcessGroup", ("more",), ("more",), ("run",)),
    Wait({"more": "RUNNING"}), Write("more.conf", ONE_MORE_CHANGED), *supervisor("reloadConfig", ()), *supervisor("removeProcessGroup", ("more",)),
    *supervisor("stopProcessGroup", ("more",)), *supervisor("removeProcessGroup", ("more",), ("more",)), *supervisor("addProcessGroup", ("more",)), Wait({"more": "RUNNING"}),
    Write("more.conf", None), *supervisor("reloadConfig", ()), *supervisor("stopProcess", ("more",)), *supervisor("removeProcessGroup", ("more",)),
    Write("more.conf", "[program:more]\n"), *supervisor("reloadConfig", ()), Write("more.conf", "[program:more]\ncommand=x\nautostart=perhaps\n"), *supervisor("reloadConfig", ()),
    Write("more.conf", None), *supervisor("reloadConfig", ()),
    # Several in one.
    *calls("system.multicall", ([],), ([{"methodName": "supervisor.getState", "params": []}, {"methodName": "supervisor.getProcessInfo", "params": ["nosuch"]},
                                        {"methodName": "nosuch", "params": []}, {"methodName": "system.multicall", "params": [[]]}, {"params": []}, {"methodName": "supervisor.getAPIVersion"}],),
           ([{"methodName": "supervisor.stopProcess", "params": ["web:webb"]}, {"methodName": "supervisor.startProcess", "params": ["web:webb"]}],)),
    # All.
    *supervisor("stopAllProcesses", ()), *supervisor("stopAllProcesses", ()), *supervisor("getAllProcessInfo", ()),
    *supervisor("startProcessGroup", ("watcher",)), *supervisor("startProcess", ("run",)),
    *supervisor("clearLog", ()), *supervisor("getState", ()), *supervisor("shutdown", ()),
]

XML = {"Content-Type": "text/xml"}
HTTP: list[Step] = [
    Wait(AT_FIRST),
    Get("/ok.html"), Get("/nosuch"), Get("/nosuch", "HEAD"), Get("/", "DELETE"), Get("/", "PUT", body="x"),
    Get("/RPC2"), Get("/RPC2", "POST", XML, "no xml"), Get("/RPC2", "POST", XML, "<methodCall><params/></methodCall>"),
    Get("/RPC2", "POST", XML, "<?xml version='1.0'?><methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>"),
    Get("/RPC2", "POST", XML, "<methodCall><methodName>supervisor.getProcessInfo</methodName><params><param><value>nosuch</value></param></params></methodCall>"),
    Get("/RPC2/anything", "POST", XML, "<methodCall><methodName>supervisor.getVersion</methodName><params></params></methodCall>"),
    Get("/RPC2", "POST", XML, "<methodCall><methodName>system.methodSignature</methodName><params><param><value><string>supervisor.getState</string></value></param></params></methodCall>"),
    Get("/logtail/utf8", upto=1024), Get("/logtail/utf8/stdout", upto=1024), Get("/logtail/errors/stderr", upto=18), Get("/logtail/utf8%3Autf8", upto=1024),
    Get("/logtail/nosuch"), Get("/logtail/utf8/nosuch"), Get("/logtail/nolog"), Get("/logtail/web:*"), Get("/logtail/utf8", "POST", body=""),
    Get("/logtail"), Get("/logtail/"), Get("/mainlogtail", upto=64, shows=()), Get("/mainlogtail", "POST", body=""),
    Get("/", shows=("web:weba_01", "statusrunning", "statuserror", "statusnominal", "Refresh", "Restart All", "Stop All", "tail.html?processname=")),
    Get("/index.html", shows=("Clear Log",)), Get("/stylesheets/supervisor.css", shows=()), Get("/stylesheets/nosuch.css"),
    Get("/tail.html?processname=utf8", shows=("line 40: naïve café, 日本語, 🙂", "Refresh")), Get("/tail.html?processname=nosuch", shows=("ERROR: unexpected rpc fault [10] BAD_NAME: nosuch",)),
    Get("/tail.html", shows=("No process name found",)),
    *[Get("/index.html", "POST", {"Content-Type": "application/x-www-form-urlencoded"}, body, shows=())
      for body in ["processname=idle&action=start", "processname=idle&action=stop", "processname=nosuch&action=start", "processname=run&action=start", "processname=idle&action=stop",
                   "processname=fatal&action=start", "processname=backoff&action=stop", "processname=quick&action=start", "processname=utf8&action=clearlog", "processname=cat&action=restart",
                   "action=refresh"]],
    Get("/ok.html", headers={"Authorization": "Basic b3BlcmF0b3I6d3Jvbmc="}), Get("/ok.html", headers={"Authorization": "Basic !"}), Get("/ok.html", headers={"Authorization": ""}),
    Get("/RPC2", "POST", {**XML, "Authorization": "Basic b3BlcmF0b3I6d3Jvbmc="}, "<methodCall><methodName>supervisor.getVersion</methodName></methodCall>"),
]


def ctl(*lines: str) -> list[Step]:
    return [Ctl(tuple(line.split())) for line in lines]


CTL: list[Step] = [
    Wait(AT_FIRST),
    *ctl("status", "status run", "status web:*", "status web:", "status web:weba_01 run nosuch", "status nosuch:*", "status web", "status run utf8", "status empty:*", "status all", "status idle"),
    *ctl("pid run", "pid nosuch", "pid idle", "pid run nosuch", "pid web:webb"), Ctl(("pid",)), Ctl(("pid", "all")),
    *ctl("stop café", "remove café"), *ctl("version", "avail", "version x", "avail x", "help", "help start", "help status", "help nosuch", "nosuch", "Status", "quit", "exit"),
    *ctl(*[f"help {name}" for name in ("add clear fg maintail open pid reload remove reread restart shutdown signal stop tail update version").split()]),
    *ctl("start", "stop", "restart", "signal", "signal HUP", "clear", "tail", "fg", "add", "remove", "open", "pid x y"),
    *ctl("start run", "start nosuch", "start nosuch:*", "start web:nosuch", "start fatal", "start quick", "start backoff", "start idle", "start idle run", "stop idle", "stop idle",
         "stop nosuch", "stop nosuch:*", "stop web:nosuch", "restart idle", "restart idle", "stop idle", "restart nosuch", "restart cat", "stop fatal", "stop backoff", "start idle nosuch cat", "stop idle idle"),
    *ctl("stop web:*", "start web:*", "start web:*", "restart web:*", "stop web:webb web:weba_00", "start web:weba_00 web:webb", "stop stubborn", "start stubborn", "stop empty:*", "start empty:*", "restart web:"),
    *ctl("signal CONT run", "signal 18 run", "signal SIGCONT web:*", "signal NOSUCH run", "signal CONT nosuch", "signal CONT idle", "signal CONT nosuch:*", "signal CONT run idle"), Ctl(("signal CONT", "run")),
    *ctl("tail utf8", "tail -40 utf8", "tail -1000000 utf8", "tail utf8 stdout", "tail errors stderr", "tail utf8 nosuch", "tail nosuch", "tail nolog", "tail -x utf8", "tail utf8 stdout more", "tail web:*",
         "tail -5 errors stderr", "tail environment", "maintail x", "maintail -x", "tail idle"),
    Ctl(("tail", "-f", "utf8"), seconds=2), Ctl(("tail", "-f", "errors", "stderr"), seconds=2), Ctl(("tail", "-f", "nosuch"), seconds=2), Ctl(("tail", "-f", "nolog"), seconds=2), Ctl(("tail", "-f"), seconds=2),
    *ctl("clear utf8", "clear nosuch", "clear web:*", "clear web:webb run", "tail utf8", "clear all"),
    *ctl("reread", "update", "reread x", "add nosuch", "add run", "remove run", "remove nosuch", "update nosuch"), Write("more.conf", ONE_MORE), *ctl("reread", "reread", "avail", "add more", "add more", "status more"),
    Write("more.conf", ONE_MORE_CHANGED), *ctl("reread", "update more", "update", "remove more", "stop more", "remove more", "status more", "add more nosuch"), Wait({"more": "RUNNING"}),
    Write("more.conf", None), *ctl("reread", "update", "update all"), Write("more.conf", ONE_MORE), *ctl("update"), Write("more.conf", ONE_MORE_CHANGED), *ctl("update"), Write("more.conf", None), *ctl("update all"),
    Write("more.conf", "[program:more]\n"), *ctl("reread", "update"), Write("more.conf", None),
    *ctl("fg", "fg nosuch", "fg idle", "fg run cat", "fg web:*", "fg nosuch:x"), Wait({"café": "RUNNING"}), *ctl("open ftp://127.0.0.1/", "open nosuch", "maintail -f x", "tail -f utf8 stdout more", "tail -10", "signal", "pid nosuch:*",
         "exit x", "quit x", "add", "remove", "update all x", "status all x", "stop run nosuch idle", "start run nosuch", "signal CONT all", "signal NOSUCH all"), Ctl(("fg", "cat"), typed="a line for it\n", seconds=2),
    Wait({"café": "RUNNING"}), Ctl((), typed="status run\nhelp\n\nnosuch\nstop idle\nquit\n"), Ctl((), typed="pid nosuch\nversion\n"), Ctl(("-i",), typed="shutdown\nn\nreload\nno\nexit\n"),
    *ctl("-z", "--nosuch", "-s", "-s foo status", "-c /nonexistent/file status", "--conf", "-h"), Ctl(("-s", "unix:///nonexistent/x.sock", "status")), Ctl(("-s", "unix:///nonexistent/x.sock", "start", "run")),
    Ctl(("-s", "unix:///nonexistent/x.sock", "reread")), Ctl(("-s", "http://127.0.0.1:1", "status")), Ctl(("-s", "http://127.0.0.1:1", "pid")), Ctl(("-s", "http://127.0.0.1:1", "avail")), Ctl(("-s", "http://127.0.0.1:1", "shutdown")),
    Ctl(("-s", "http://127.0.0.1:@PORT@", "-u", "operator", "-p", "wrong", "status", "run")), Ctl(("-s", "http://127.0.0.1:@PORT@", "-u", "operator", "-p", "s3cret word", "status", "run")),
    *ctl("stop café", "remove café", "start all"), Wait({"done": "EXITED", "bad": "EXITED", "killed": "EXITED"}), *ctl("stop all", "stop all", "status", "restart run idle", "start web:* run", "reload x", "shutdown x"),
    *ctl("reload"), Wait(AT_FIRST), *ctl("status web:*", "shutdown"),
]
