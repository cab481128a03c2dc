"""XML-RPC and the log streams as a client of Supervisor finds them: Python's own xmlrpc.client over both kinds of socket."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Suite, is_alive, wait_until
from survival import free_port

PROGRAMS = """
[program:cat]
command=cat
startsecs=0
[program:down]
command=cat
startsecs=0
autostart=false
[program:nofile]
command=/nonexistent/x
autostart=false
[program:noexec]
command=/etc/passwd
autostart=false
[program:quick]
command=/bin/false
autostart=false
startretries=0
[program:multi]
command=cat
startsecs=0
process_name=%(program_name)s_%(process_num)d
numprocs=2
priority=5
[program:say]
command=sh -c 'printf "h\\303\\244llo\\033[0m\\nworld\\n"; exec sleep 1000'
startsecs=0
stdout_logfile=%(here)s/say.log
stderr_logfile=NONE
"""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> UnixConnection:
        if self._connection[1] is None:
            self._connection = host, UnixConnection(self.path)
        return self._connection[1]


def over_unix(path: Path) -> xmlrpc.client.ServerProxy:
    return xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=UnixTransport(path))


def fault_of(call: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        call(*arguments)
    return f"{raised.value.faultCode} {raised.value.faultString}"


@pytest.fixture(params=["unix", "tcp"])
def served(suite: Suite, request: pytest.FixtureRequest) -> Iterator[tuple[Suite, Any]]:
    """The suite with PROGRAMS, and the `supervisor` namespace over one kind of socket."""
    port = free_port()
    password = "{SHA}" + hashlib.sha1(b"secret").hexdigest()
    suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword={password}\n{PROGRAMS}")
    suite.start()
    for name in ("cat", "multi:multi_0", "multi:multi_1", "say"):
        suite.wait_state(name, "RUNNING")
    proxy = over_unix(suite.socket) if request.param == "unix" else xmlrpc.client.ServerProxy(f"http://me:secret@127.0.0.1:{port}/RPC2")
    yield suite, proxy.supervisor
    proxy("close")()


def ok(name: str, group: str) -> dict[str, object]:
    return {"name": name, "group": group, "status": 80, "description": "OK"}


def test_facts(served: tuple[Suite, Any]) -> None:
    suite, api = served
    assert suite.keeper is not None
    assert [api.getAPIVersion(), api.getVersion(), api.getSupervisorVersion()] == ["3.0", "3.0", "4.3.0"]
    assert api.getIdentification() == "supervisor"
    assert api.getState() == {"statecode": 1, "statename": "RUNNING"}
    assert api.getPID() == suite.keeper.pid
    assert fault_of(api.getState, 1) == "2 INCORRECT_PARAMETERS"
    assert fault_of(api.nope) == "1 UNKNOWN_METHOD"
    assert fault_of(api._update) == "1 UNKNOWN_METHOD"


def test_process_info(served: tuple[Suite, Any]) -> None:
    suite, api = served
    rows = api.getAllProcessInfo()
    assert [f"{row['group']}:{row['name']}" for row in rows] == [
        "cat:cat", "down:down", "multi:multi_0", "multi:multi_1", "noexec:noexec", "nofile:nofile", "quick:quick", "say:say"]
    assert list(rows[0]) == ["name", "group", "start", "stop", "now", "state", "statename", "spawnerr", "exitstatus", "logfile",
                             "stdout_logfile", "stderr_logfile", "pid", "description"]
    say = api.getProcessInfo("say")
    assert (say["state"], say["statename"], say["logfile"], say["stderr_logfile"]) == (20, "RUNNING", f"{suite.directory}/say.log", "")
    assert is_alive(say["pid"])
    assert say["description"].startswith(f"pid {say['pid']}, uptime 0:00:0")
    assert api.getProcessInfo("multi:multi_1")["name"] == "multi_1"
    down = api.getProcessInfo("down")
    assert (down["start"], down["pid"], down["description"]) == (0, 0, "Not started")
    for name in ("nope", "multi", "multi:*", "all", ""):
        assert fault_of(api.getProcessInfo, name) == f"10 BAD_NAME: {name}"


def test_config_info(served: tuple[Suite, Any]) -> None:
    suite, api = served
    rows = {row["name"]: row for row in api.getAllConfigInfo()}
    assert list(rows) == sorted(rows)
    assert len(rows["say"]) == 29
    assert rows["say"]["stdout_logfile"] == f"{suite.directory}/say.log"
    assert rows["say"]["stderr_logfile"] == "none"
    assert (rows["multi_0"]["group_prio"], rows["multi_0"]["process_prio"], rows["multi_0"]["inuse"]) == (5, 5, True)
    assert rows["quick"]["autostart"] is False


def test_start_and_stop(served: tuple[Suite, Any]) -> None:
    _, api = served
    assert api.startProcess("down") is True
    assert fault_of(api.startProcess, "down") == "60 ALREADY_STARTED: down"
    assert api.stopProcess("down") is True
    assert fault_of(api.stopProcess, "down") == "70 NOT_RUNNING: down"
    assert fault_of(api.startProcess, "nofile") == "20 NO_FILE: can't find command '/nonexistent/x'"
    assert fault_of(api.startProcess, "noexec") == "21 NOT_EXECUTABLE: command at '/etc/passwd' is not executable"
    assert fault_of(api.startProcess, "quick") == "50 SPAWN_ERROR: quick"
    assert fault_of(api.startProcess, "multi") == "10 BAD_NAME: multi"
    assert api.startProcess("multi:*") == []
    assert sorted(api.stopProcessGroup("multi"), key=lambda row: row["name"]) == [ok("multi_0", "multi"), ok("multi_1", "multi")]
    assert api.stopProcessGroup("multi") == []
    assert api.startProcess("multi:multi_0", False) is True
    assert api.startProcessGroup("multi") == [ok("multi_1", "multi")]
    assert fault_of(api.startProcessGroup, "nope") == "10 BAD_NAME: nope"
    assert [row["name"] for row in api.stopAllProcesses() if row["status"] == 80 and row["name"] != "quick"]
    started = {row["name"]: row["status"] for row in api.startAllProcesses()}
    assert {name: started[name] for name in ("cat", "down", "nofile", "noexec")} == {"cat": 80, "down": 80, "nofile": 20, "noexec": 21}


def test_signals_and_stdin(served: tuple[Suite, Any]) -> None:
    suite, api = served
    assert api.signalProcess("cat", "CONT") is True
    assert api.signalProcess("cat", 18) is True
    assert fault_of(api.signalProcess, "cat", "BOGUS") == "11 BAD_SIGNAL: BOGUS"
    assert fault_of(api.signalProcess, "down", "CONT") == "70 NOT_RUNNING: down"
    assert api.signalProcessGroup("multi", "CONT") == [ok("multi_0", "multi"), ok("multi_1", "multi")]
    assert len(api.signalAllProcesses("CONT")) == 4
    assert api.sendProcessStdin("cat", "hällo\n") is True
    wait_until(lambda: api.readProcessStdoutLog("cat", 0, 0) == "hällo\n", "cat has written it")
    assert fault_of(api.sendProcessStdin, "cat", 1) == "2 INCORRECT_PARAMETERS: 1"
    assert fault_of(api.sendProcessStdin, "down", "x") == "70 NOT_RUNNING: down"
    assert fault_of(api.sendProcessStdin, "nope", "x") == "10 BAD_NAME: nope"
    assert api.sendRemoteCommEvent("type", "data") is True
    assert suite.state("cat") == "RUNNING"


def test_logs(served: tuple[Suite, Any]) -> None:
    suite, api = served
    text = "hällo\ufffd[0m\nworld\n"
    size = len("hällo\x1b[0m\nworld\n".encode())
    wait_until(lambda: api.readProcessLog("say", 0, 0) == text, "say has written")
    assert api.readProcessStdoutLog("say", 2, 5) == "llo\ufffd", "the half of a character at the beginning is left out"
    assert api.readProcessStdoutLog("say", -6, 0) == "world\n"
    assert fault_of(api.readProcessStdoutLog, "say", -6, 1) == "3 BAD_ARGUMENTS"
    assert fault_of(api.readProcessStderrLog, "say", 0, 0) == "20 NO_FILE"
    assert api.tailProcessStdoutLog("say", 0, 6) == ["world\n", size, True]
    assert api.tailProcessLog("say", size, 6) == ["", size, False]
    assert api.tailProcessStderrLog("say", 0, 6) == ["", 0, False]
    assert fault_of(api.tailProcessLog, "nope", 0, 6) == "10 BAD_NAME: nope"
    assert api.clearProcessLogs("say") is True
    assert api.readProcessLog("say", 0, 0) == ""
    assert fault_of(api.clearProcessLogs, "multi:*") == "10 BAD_NAME: multi:*"
    assert [row["status"] for row in api.clearAllProcessLogs()] == [80] * 8
    assert "supervisord started with pid" in api.readMainLog(0, 0)
    assert api.clearLog() is True
    assert "supervisord started with pid" not in api.readLog(0, 0)
    assert not suite.log_lines("supervisord started")


def test_configuration(served: tuple[Suite, Any]) -> None:
    suite, api = served
    assert api.reloadConfig() == [[[], [], []]]
    good = suite.conf.read_text()
    suite.conf.write_text(good + "[program:more]\ncommand=cat\nstartsecs=0\n")
    assert api.reloadConfig() == [[["more"], [], []]]
    assert api.addProcessGroup("more") is True
    assert fault_of(api.addProcessGroup, "more") == "90 ALREADY_ADDED: more"
    assert fault_of(api.addProcessGroup, "nope") == "10 BAD_NAME: nope"
    wait_until(lambda: api.getProcessInfo("more")["statename"] == "RUNNING", "it is started")
    assert fault_of(api.removeProcessGroup, "more") == "91 STILL_RUNNING: more"
    api.stopProcess("more")
    assert api.removeProcessGroup("more") is True
    assert fault_of(api.removeProcessGroup, "more") == "10 BAD_NAME: more"
    suite.conf.write_text(good + "[program:bad]\ncommand=cat\nstartsecs=x\n")
    assert fault_of(api.reloadConfig).startswith("92 CANT_REREAD: ")
    assert fault_of(api.restart).startswith("92 CANT_REREAD: ")
    assert api.getState()["statename"] == "RUNNING"


def test_system_methods(suite: Suite) -> None:
    suite.configure(PROGRAMS)
    suite.start()
    suite.wait_state("cat", "RUNNING")
    server = over_unix(suite.socket)
    names = server.system.listMethods()
    assert (len(names), names) == (41, sorted(names))
    for name in names:
        assert server.system.methodHelp(name)
        assert set(server.system.methodSignature(name)) <= {"array", "boolean", "int", "string", "struct"}
    assert fault_of(server.system.methodHelp, "nope") == "4 SIGNATURE_UNSUPPORTED"
    calls = [("supervisor.stopProcess", "cat"), ("supervisor.stopProcess", "cat"), ("supervisor.startProcess", "cat"), ("nope",),
             ("system.multicall", [])]
    stopped, again, started, unknown, recursive = server.system.multicall(
        [{"methodName": name, "params": list(params)} for name, *params in calls])
    assert (stopped, started) == (True, True)
    assert again == {"faultCode": 70, "faultString": "NOT_RUNNING: cat"}
    assert unknown == {"faultCode": 1, "faultString": "UNKNOWN_METHOD"}
    assert recursive == {"faultCode": 2, "faultString": "INCORRECT_PARAMETERS: Recursive system.multicall forbidden"}


def test_shutdown_is_answered_and_others_refused_meanwhile(suite: Suite) -> None:
    suite.configure("[program:slow]\ncommand=sh -c 'trap \"\" TERM; while :; do sleep 0.1; done'\nstopwaitsecs=2\nstartsecs=0\n")
    suite.start()
    suite.wait_state("slow", "RUNNING")
    api = over_unix(suite.socket).supervisor
    assert api.shutdown() is True
    assert fault_of(api.getState) == "6 SHUTDOWN_STATE"
    assert fault_of(api.shutdown) == "6 SHUTDOWN_STATE"
    assert api.sendRemoteCommEvent("a", "b") is True
    assert suite.keeper is not None
    assert suite.keeper.wait(timeout=30) == 0


def test_shutdown_with_nothing_to_stop_is_answered(suite: Suite) -> None:
    suite.configure("")
    suite.start()
    assert over_unix(suite.socket).supervisor.shutdown() is True


def test_restart(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    assert over_unix(suite.socket).supervisor.restart() is True
    wait_until(lambda: suite.pid("cat") not in (0, pid), "it runs again")


def test_password(suite: Suite) -> None:
    port = free_port()
    suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=secret\n")
    suite.start()

    def get(authorization: str | None) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/ok.html", headers={"Authorization": authorization} if authorization else {})
        return connection.getresponse()

    basic = lambda text: "Basic " + base64.b64encode(text.encode()).decode()  # noqa: E731
    assert (get(basic("me:secret")).status, get(basic("me:secret")).read()) == (200, b"OK")
    for wrong in (None, basic("me:wrong"), basic("you:secret"), "Digest x"):
        answer = get(wrong)
        assert (answer.status, answer.getheader("WWW-Authenticate"), answer.getheader("Connection")) == (401, 'Basic realm="default"', "close")
        assert b"Error code 401" in answer.read()
    assert get("Basic ?").status == 400
    assert len(suite.log_lines("CRIT Server 'unix_http_server' running without any HTTP authentication checking")) == 1
    assert not suite.log_lines("Server 'inet_http_server' running without")


def test_log_streams(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\nstderr_logfile=NONE\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    api = over_unix(suite.socket).supervisor

    def open_log(path: str) -> http.client.HTTPResponse:
        connection = UnixConnection(suite.socket)
        connection.putrequest("GET", path)
        connection.putheader("Accept", "*/*")
        connection.endheaders()
        connection.send(b"\r\n")  # one line too many, as supervisorctl sends
        return connection.getresponse()

    follow = open_log("/logtail/cat%3Acat/stdout")
    assert (follow.status, follow.getheader("Content-Type"), follow.getheader("Transfer-Encoding")) == (
        200, "text/plain;charset=utf-8", "chunked")
    for line in ("one\n", "two\n"):
        api.sendProcessStdin("cat", line)
        assert follow.readline() == line.encode()
    api.clearProcessLogs("cat")
    api.sendProcessStdin("cat", "three\n")
    assert [follow.readline(), follow.readline()] == [b"==> File truncated <==\n", b"three\n"]
    main = open_log("/mainlogtail")
    api.stopProcess("cat")
    assert any(b"stopped: cat" in line for line in main)
    for path, status in (("/logtail/nope", 404), ("/logtail/cat/both", 404), ("/logtail/cat/stderr", 404), ("/logtail", 500), ("/nope", 404)):
        assert open_log(path).status == status, path


def test_connection_outlives_many_calls_and_the_daemons_death_is_noticed(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    api = over_unix(suite.socket).supervisor
    for _ in range(300):
        assert api.getVersion() == "3.0"
    suite.kill_daemon()
    wait_until(lambda: suite.ctl("pid").returncode == 0, "the next one answers")
    assert api.getVersion() == "3.0"


def test_two_thousand_rows_come_whole(suite: Suite) -> None:
    suite.configure("[program:x]\ncommand=cat\nautostart=false\nprocess_name=%(program_name)s_%(process_num)d\nnumprocs=2000\n"
                    "stdout_logfile=NONE\nstderr_logfile=NONE\n")
    suite.start()
    api = over_unix(suite.socket).supervisor
    assert len(api.getAllProcessInfo()) == 2000
