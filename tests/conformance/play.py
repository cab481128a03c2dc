"""Plays a table of the scenario against a bed and gives back what came out, step by step, normalised."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import select
import signal
import subprocess
import urllib.parse
import xml.parsers.expat
import xmlrpc.client
from collections import Counter
from typing import Any

import normal
from bed import Bed, Client
from scenario import Call, Ctl, Get, Step, Wait, Write

Answers = list[tuple[str, Any]]  # the step, numbered from its second time on; what came


def play(table: list[Step], bed: Bed, way: str, client: Client | None = None) -> Answers:
    answers: Answers = []
    asked: Counter[str] = Counter()
    server = bed.rpc(way)

    def add(what: str, answer: Any) -> None:
        asked[what] += 1
        answers.append((what if asked[what] == 1 else f"{what} [{asked[what]}]", answer))

    for step in table:
        if isinstance(step, Wait):
            late = bed.wait(step.states)
            if late:
                add(f"wait for {step.states}", late)
        elif isinstance(step, Write):
            path = bed.dir / "conf.d" / step.name
            if step.text is None:
                path.unlink()
            else:
                path.write_text(step.text)
        elif isinstance(step, Call):
            add(str(step), call(server, step, bed))
        elif isinstance(step, Get):
            add(str(step), get(step, bed, way))
        else:
            assert client is not None
            add(str(step), ctl(client, step, bed, way))
    return answers


def call(server: xmlrpc.client.ServerProxy, step: Call, bed: Bed) -> Any:
    try:
        value = normal.answer(getattr(server, step.method)(*step.arguments), bed, "pid" if step.method == "supervisor.getPID" else "")
        if re.match(r"supervisor\.(start|stop)", step.method) and isinstance(value, list):  # in the order in which they got there
            value.sort(key=lambda row: (row["group"], row["name"]))
        return value
    except xmlrpc.client.Fault as fault:
        return {"fault": fault.faultCode, "text": normal.text(fault.faultString, bed)}
    except xmlrpc.client.ProtocolError as error:
        return {"http": error.errcode}
    except (xmlrpc.client.ResponseError, xml.parsers.expat.ExpatError):
        return "no well-formed answer"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error}"


def get(step: Get, bed: Bed, way: str) -> Any:
    connection = bed.connection(way)
    try:
        connection.request(step.method, step.path, step.body.encode() if step.body is not None else None, {**bed.authorization(way), **step.headers})
        response = connection.getresponse()
        raw = response.read() if step.upto is None else response.read(step.upto)
        body = normal.text(raw.decode("utf-8", "replace"), bed)
        fields = {name: normal.text(urllib.parse.unquote(response.headers[name]), bed) for name in ("Content-Type", "Location", "WWW-Authenticate", "Connection", "X-Accel-Buffering", "Transfer-Encoding") if name in response.headers}
        if step.upto is not None:
            connection.sock and connection.sock.close()
        answer: dict[str, Any] = {"status": response.status, **fields}
        if step.shows is None:
            answer["body"] = body
        elif response.status == 200:
            answer["shows"] = [text for text in step.shows if text in body]
        return answer
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error!r}"
    finally:
        connection.close()


def ctl(client: Client, step: Ctl, bed: Bed, way: str) -> dict[str, Any]:
    server = [] if way == "unix" else ["-s", f"http://127.0.0.1:{bed.port}", "-u", "operator", "-p", "s3cret word"]
    conf = ["-c", str(bed.conf)]
    if any(word.startswith("-") for word in step.words[:1]) and step.words[0] != "-i":  # brings options of its own
        server = []
        conf = [] if step.words[0] in ("-c", "-h", "--conf") else conf
    words = [word.replace("@PORT@", str(bed.port)) for word in step.words]
    process = subprocess.Popen([*client.command, *conf, *server, *words], stdin=subprocess.DEVNULL if step.typed is None else subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=bed.dir, env={**bed.environment, **client.environment})
    typed = step.typed.encode() if step.typed is not None else None
    if typed is not None and step.seconds:  # the typist stays until Ctrl-C
        assert process.stdin is not None
        process.stdin.write(typed)
        process.stdin.flush()
        typed = None
    if step.seconds:  # counted from its first word: a busy machine takes its time to start it
        select.select([process.stdout], [], [], 20)
    try:
        if process.stdin is not None and step.seconds:
            process.wait(step.seconds)
        out, err = process.communicate(typed, timeout=step.seconds or 60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
    many = step.words[:1] in (("start",), ("stop",)) and any(word == "all" or word.endswith((":*", ":")) for word in step.words)
    text = ctl_text(out, client, bed)
    said = {"exit": process.returncode, "stdout": "\n".join(sorted(text.split("\n"))) if many else in_order(text), "stderr": ctl_text(err, client, bed)}
    return {key: value for key, value in said.items() if value != ""}


def ctl_text(raw: bytes, client: Client, bed: Bed) -> str:
    text = normal.text(raw.decode("utf-8", "replace"), bed)
    text = text.replace(client.command[-1], "supervisorctl")
    text = re.sub(r"^[1-9]\d*$", "PID", text, flags=re.MULTILINE)
    return re.sub(r"file: \S+ line: \d+", "file: FILE line: LINE", text)


def in_order(text: str) -> str:
    """Neighbouring lines that say the same of several processes, sorted: they come in the order in which the processes got there."""
    runs = itertools.groupby(text.split("\n"), key=lambda line: re.sub(r"^\S+: (?=started$|stopped$)", "", line))
    return "\n".join(line for _, run in runs for line in sorted(run))


def events(bed: Bed) -> Answers:
    """What the listener of the scenario was told until the daemon had ended: for each process and group, in its order."""
    bed.process.wait(60)
    kept = bed.dir / "events.jsonl"
    if not kept.exists():
        return [("events", "none came")]
    told: dict[str, list[str]] = {}
    for line in kept.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        about = re.match(r"processname:(\S*) groupname:(\S*)|groupname:(\S*)", event["payload"])
        key = "the daemon" if about is None else f"group {about[3]}" if about[3] is not None else f"{about[2]}:{about[1]}"
        if key == "backoff:backoff" and not event["payload"].endswith(("tries:0", "tries:1")):
            continue  # how often it is tried depends on the time that the scenario takes
        told.setdefault(key, []).append(normal.text(f"{event['event']} {event['payload']}", bed))
    header = json.loads(kept.read_text(encoding="utf-8").split("\n", 1)[0])["header"]
    shape = re.sub(r"(len|serial):\d+", r"\1:N", header)
    return [("the form of an event's header", re.sub(r"eventname:\S+", "eventname:NAME", shape)), *[(f"events of {key}", value) for key, value in sorted(told.items())]]
