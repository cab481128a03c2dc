"""Event listeners: what they are given, and what becomes of it when something goes wrong."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conftest import Suite, wait_until

LISTENER = Path(__file__).with_name("listener.py")


@dataclass
class Pool:
    """A pool of test listeners in the configuration, and what it has been given."""

    suite: Suite
    events: str
    options: str = ""
    settings: str = ""

    @property
    def file(self) -> Path:
        return self.suite.directory / "seen"

    @property
    def gate(self) -> Path:
        return self.suite.directory / "gate"

    def section(self) -> str:
        if "--gate" in self.options:
            os.mkfifo(self.gate)
        options = self.options.replace("--gate", f"--gate {self.gate}")
        return (f"[eventlistener:pool]\ncommand={sys.executable} {LISTENER} {self.file} {options}\nevents={self.events}\n"
                f"startsecs=0\n{self.settings}\n")

    def seen(self) -> list[dict[str, Any]]:
        if not self.file.exists():
            return []
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]

    def of_type(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.seen() if event["header"]["eventname"] == name]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self.seen()) >= count, f"{count} events ({[e['header'] for e in self.seen()]})")
        return self.seen()

    def open_gate(self, times: int = 1) -> None:
        gate = os.open(self.gate, os.O_RDWR)
        os.write(gate, b"x" * times)
        os.close(gate)


def serials(events: list[dict[str, Any]]) -> list[int]:
    return [int(event["header"]["poolserial"]) for event in events]


TALKER = ("[program:talker]\ncommand=sh -c 'echo out; echo err >&2; exec cat'\nstartsecs=0\nstopsignal=KILL\n"
          "stdout_events_enabled=true\nstderr_events_enabled=true\n")
COMMUNICATOR = ("[program:comm]\ncommand=sh -c 'printf \"<!--XSUPERVISOR:BEGIN-->h\\303\\244<!--XSUPERVISOR:END-->\\n\"; exec cat'\n"
                "startsecs=0\nstdout_capture_maxbytes=1KB\n")
BROKEN = "[program:broken]\ncommand=sh -c 'exit 3'\nstartretries=0\nstartsecs=1\n"
SHORT = "[program:short]\ncommand=true\nstartsecs=0\nautostart=false\n"

# While it takes its time to stop, the listeners, which come last, are told of what stops.
SLOW = "[program:slow]\ncommand=sh -c 'trap \"sleep 1; exit\" TERM; while :; do sleep 0.1; done'\nstartsecs=0\n"

PAYLOADS = {
    "SUPERVISOR_STATE_CHANGE_RUNNING": r"",
    "PROCESS_GROUP_ADDED": r"groupname:talker\n",
    "PROCESS_GROUP_REMOVED": r"groupname:short\n",
    "PROCESS_STATE_STARTING": r"processname:talker groupname:talker from_state:STOPPED tries:0",
    "PROCESS_STATE_RUNNING": r"processname:talker groupname:talker from_state:STARTING pid:\d+",
    "PROCESS_STATE_STOPPING": r"processname:talker groupname:talker from_state:RUNNING pid:\d+",
    "PROCESS_STATE_STOPPED": r"processname:talker groupname:talker from_state:STOPPING pid:\d+",
    "PROCESS_STATE_EXITED": r"processname:short groupname:short from_state:RUNNING expected:1 pid:\d+",
    "PROCESS_STATE_BACKOFF": r"processname:broken groupname:broken from_state:STARTING tries:1",
    "PROCESS_STATE_FATAL": r"processname:broken groupname:broken from_state:BACKOFF",
    "PROCESS_LOG_STDOUT": r"processname:talker groupname:talker pid:\d+ channel:stdout\nout\n",
    "PROCESS_LOG_STDERR": r"processname:talker groupname:talker pid:\d+ channel:stderr\nerr\n",
    "PROCESS_COMMUNICATION_STDOUT": "processname:comm groupname:comm pid:\\d+\nh\u00e4",
    "REMOTE_COMMUNICATION": "type:deploy\nv2 \u00e4",
    "TICK_5": r"when:\d+[05]",
}


def send_remote_event(suite: Suite, name: str, data: str) -> None:
    """XML-RPC's sendRemoteCommEvent over the Unix socket."""
    body = xmlrpc.client.dumps((name, data), "supervisor.sendRemoteCommEvent").encode()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(suite.socket))
        head = f"POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)
        assert client.recv(100).split()[1] == b"200"


def test_every_type_comes_with_its_payload(suite: Suite) -> None:
    pool = Pool(suite, "EVENT", settings="buffer_size=1000")
    suite.configure(pool.section() + TALKER + COMMUNICATOR + BROKEN + SLOW + SHORT)
    suite.start()
    suite.wait_state("broken", "FATAL")
    suite.wait_state("talker", "RUNNING")
    suite.ctl("start", "short")
    suite.ctl("stop", "talker")
    send_remote_event(suite, "deploy", "v2 \u00e4")
    suite.configure(pool.section() + TALKER + COMMUNICATOR + BROKEN + SLOW)
    suite.ctl("update")

    def missing() -> list[str]:
        return [name for name, payload in PAYLOADS.items()
                if not any(re.fullmatch(payload, event["payload"]) for event in pool.of_type(name))]

    wait_until(lambda: not missing(), "all types")
    events = pool.seen()
    assert serials(events) == list(range(len(events)))
    assert [int(e["header"]["serial"]) for e in events] == list(range(len(events)))
    assert {e["header"]["server"] for e in events} == {"supervisor"}
    assert {e["header"]["pool"] for e in events} == {"pool"}
    assert {e["header"]["ver"] for e in events} == {"3.0"}
    suite.stop()
    assert [e["payload"] for e in pool.of_type("SUPERVISOR_STATE_CHANGE_STOPPING")] == [""]
    assert any("processname:comm groupname:comm from_state:STOPPING" in e["payload"] for e in pool.of_type("PROCESS_STATE_STOPPED"))


def test_last_output_comes_before_the_exit(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_LOG,PROCESS_STATE_EXITED", settings="buffer_size=1000")
    suite.configure(pool.section() + "[program:short]\ncommand=sh -c 'echo last'\nstartsecs=0\nautorestart=false\nstdout_events_enabled=true\n")
    suite.start()
    events = pool.wait_for(2)
    assert [e["header"]["eventname"] for e in events] == ["PROCESS_LOG_STDOUT", "PROCESS_STATE_EXITED"]
    assert events[0]["payload"].endswith("\nlast\n")


def test_event_that_matches_two_subscriptions_comes_twice(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_GROUP,PROCESS_GROUP_ADDED")
    suite.configure(pool.section())
    suite.start()
    events = pool.wait_for(2)
    assert events[0]["header"] == events[1]["header"]


def test_rejected_event_comes_again(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_GROUP_ADDED", "--fail 2")
    suite.configure(pool.section() + SHORT)
    suite.start()
    assert serials(pool.wait_for(4)) == [0, 0, 0, 1]
    assert len(suite.log_lines("WARN pool: event was rejected")) == 2


def test_who_breaks_the_protocol_is_given_no_more(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_GROUP_ADDED", "--noise")
    suite.configure(pool.section() + SHORT)
    suite.start()
    wait_until(lambda: suite.log_lines("WARN pool: bad result line: 'this is no result'"), "it is told")
    assert suite.log_lines("WARN pool: has entered the UNKNOWN state and will no longer receive events, this usually "
                           "indicates the process violated the eventlistener protocol")
    suite.ctl("restart", "pool")  # a new run begins anew, with what the last one had
    assert serials(pool.wait_for(2))[:2] == [0, 0]


def test_oldest_is_dropped_when_the_buffer_overflows(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_STATE_STARTING", "--gate", "buffer_size=2")
    suite.configure(pool.section() + SHORT)
    suite.start()
    assert serials(pool.wait_for(1)) == [0]
    for _ in range(3):
        suite.ctl("start", "short")
        suite.wait_state("short", "EXITED")
    wait_until(lambda: suite.log_lines("ERRO pool pool event buffer overflowed, discarding event 1"), "overflow")
    pool.open_gate(3)
    assert serials(pool.wait_for(3)) == [0, 2, 3]


def test_listeners_of_a_pool_share_its_events(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_GROUP_ADDED", "--gate", "numprocs=2\nprocess_name=%(program_name)s_%(process_num)d")
    suite.configure(pool.section() + SHORT)
    suite.start()
    events = pool.wait_for(2)
    assert sorted(serials(events)) == [0, 1]
    assert events[0]["pid"] != events[1]["pid"]


def test_event_of_a_killed_listener_goes_to_the_next(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_GROUP_ADDED", "--gate", "autorestart=true")
    suite.configure(pool.section())
    suite.start()
    first = pool.wait_for(1)[0]
    os.kill(first["pid"], 9)
    again = pool.wait_for(2)[1]
    assert again["header"] == first["header"]
    assert again["pid"] != first["pid"]


def test_killed_daemon_loses_no_event_of_a_busy_listener(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_STATE", "--gate", "buffer_size=100")
    suite.configure(pool.section() + SHORT)
    suite.start()
    pid = pool.wait_for(1)[0]["pid"]
    suite.ctl("start", "short")
    suite.wait_state("short", "EXITED")
    for _ in range(3):
        suite.kill_daemon()
        wait_until(lambda: suite.state("short") == "EXITED", "ctl answers")
    pool.open_gate(100)
    events = pool.wait_for(5)
    assert serials(events) == list(range(5))
    assert {e["pid"] for e in events} == {pid}
    assert events[-1]["payload"].startswith("processname:short groupname:short from_state:RUNNING expected:1")


def test_dialogue_goes_on_however_often_the_daemon_is_killed(suite: Suite) -> None:
    """Each line of a chatty program is an event; none is lost or comes twice, and the listener never leaves the protocol."""
    pool = Pool(suite, "PROCESS_LOG_STDOUT", settings="buffer_size=100000")
    talk = "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); sleep 0.001; done; exec sleep 1000"
    suite.configure(pool.section() + f"[program:chatty]\ncommand=sh -c '{talk}'\nstartsecs=0\nstdout_events_enabled=true\n")
    suite.start()
    for _ in range(20):
        before = len(pool.seen())
        suite.kill_daemon()
        wait_until(lambda: len(pool.seen()) > before, "events go on")  # noqa: B023
        if "2999" in pool.seen()[-1]["payload"]:
            break

    def text() -> str:
        return "".join(event["payload"].split("\n", 1)[1] for event in pool.seen())

    wait_until(lambda: text().endswith("2999\n"), "the last line")
    assert text() == "".join(f"{i}\n" for i in range(3000))
    events = pool.seen()
    assert serials(events) == list(range(len(events)))
    assert not suite.log_lines("UNKNOWN state")


def test_who_does_not_read_blocks_nobody(suite: Suite) -> None:
    pool = Pool(suite, "PROCESS_LOG", "--deaf")
    suite.configure(pool.section() + "[program:flood]\ncommand=sh -c 'head -c 3000000 /dev/zero | tr \"\\\\0\" x; exec cat'\nstartsecs=0\n"
                    "stdout_events_enabled=true\n")
    suite.start()
    suite.wait_state("flood", "RUNNING")
    wait_until(lambda: suite.log_lines("event buffer overflowed"), "its buffer is full")
    begun = time.monotonic()
    assert suite.ctl("pid").returncode == 0
    assert time.monotonic() - begun < 5
    suite.kill_daemon()
    wait_until(lambda: suite.state("flood") == "RUNNING", "ctl answers")
