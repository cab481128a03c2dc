"""The differences that are meant, each with its reason. What is not here is a fault of ours."""

from __future__ import annotations

import json
import re
from typing import Any


def reason(step: str, theirs: Any, ours: Any, own: bool = False) -> str | None:
    """Why this step may differ so, or nothing. `own`: ours was asked by our own supervisorctl."""
    for pattern, allows, why in ALLOWED + (OWN if own else []):
        if re.search(pattern, step) and allows(theirs, ours):
            return why
    return None


def _fault_for_500(theirs: Any, ours: Any) -> bool:
    return theirs in ({"http": 500}, "no well-formed answer") and ours != theirs and isinstance(ours, dict) and "fault" in ours


def _place_before(theirs: Any, ours: Any) -> bool:
    """The same but for what ours says around Supervisor's own words: file, line, section and option; what was expected."""
    return re.sub(r"DIR/\S+:\d+: \[[^]]*\] (\w+: )?|; expected [\w (),]*", "", str(ours)) == str(theirs)


def _more_fields(theirs: Any, ours: Any) -> bool:
    return isinstance(theirs, dict) and isinstance(ours, dict) and {**ours, **theirs} == ours


def _one_mark_more(theirs: Any, ours: Any) -> bool:
    text = json.dumps(ours)
    without = re.sub(r"SUPERVISOR_RUN=[\w:]+\\n", "", text)
    return without != text and without == json.dumps(theirs)


def _goes_on_by_get(theirs: Any, ours: Any) -> bool:
    """303 for 301, with the same message; the place is relative, so that it holds behind a proxy that adds a prefix."""
    statuses = [answer.get("status") for answer in (theirs, ours)]
    messages = [str(answer.get("Location")).partition("?")[2] for answer in (theirs, ours)]
    return statuses == [301, 303] and messages[0] == messages[1] != ""


def _own_page(theirs: Any, ours: Any) -> bool:
    """The same status and the same things shown; the type names its character set, an error has our own page."""
    if not isinstance(theirs, dict) or not isinstance(ours, dict) or theirs.get("status") != ours.get("status"):
        return False
    kind = [str(answer.get("Content-Type")).split(";")[0] for answer in (theirs, ours)]
    is_error = theirs.get("status", 0) >= 400
    rest = [{name: value for name, value in answer.items() if name != "Content-Type" and not (is_error and name == "body")} for answer in (theirs, ours)]
    return kind[0] == kind[1] and rest[0] == rest[1]


ALLOWED: list[tuple[str, Any, str]] = [
    (r"^(supervisor|system)\.", _fault_for_500, "their daemon fails on the argument's type (HTTP 500); ours says which fault it is"),
    (r"reloadConfig|^reread|^update", _place_before, "ours says file, line and option first; Supervisor's words follow"),
    (r"^(GET|POST|PUT|DELETE) /(index|tail|stylesheets|\?| |$)", _own_page, "the page in the browser is our own: it names its character set, and its errors look like it"),
    (r"^(supervisor\.readProcessStdoutLog\(|tail )'?environment", _one_mark_more, "ours marks the processes of one run in their environment, so that a stop finds all of them"),
    (r"^POST /index.html", _goes_on_by_get, "browsers keep a 301 and would not ask again; ours is a 303"),
    (r"Authorization: Basic !", lambda theirs, ours: theirs["status"] == 500 and ours["status"] == 400, "their daemon fails on credentials that are no base64 (HTTP 500); ours says that the request is bad"),
    (r"/mainlogtail", _more_fields, "ours tells a proxy here, too, not to hold the stream back"),
]


def _same_exit(theirs: Any, ours: Any) -> bool:
    return isinstance(theirs, dict) and isinstance(ours, dict) and theirs["exit"] == ours["exit"]


def _other_help(theirs: Any, ours: Any) -> bool:
    """The same status and error; the lines of help are not looked at."""
    if not _same_exit(theirs, ours):
        return False
    said = [[line for line in answer["stdout"].split("\n") if line.startswith(("Error", "ERROR", "***"))] for answer in (theirs, ours)]
    return said[0] == said[1]


def _says_what_was_tried(theirs: Any, ours: Any) -> bool:
    is_same = theirs["stdout"] == ours["stdout"] or theirs["stdout"].startswith("error: <class ")
    return _same_exit(theirs, ours) and is_same and ours["stderr"].startswith("supervisorctl: tried ")


def _no_exception(theirs: Any, ours: Any) -> bool:
    """The same but for the line with a Python exception."""
    lines = [answer["stdout"].split("\n") for answer in (theirs, ours)]
    pairs = list(zip(*lines))
    return _same_exit(theirs, ours) and len(lines[0]) == len(lines[1]) and all(their == our or their.startswith("error: <class ") for their, our in pairs)


def _same_lines(theirs: Any, ours: Any) -> bool:
    return _same_exit(theirs, ours) and sorted(theirs["stdout"].split("\n")) == sorted(ours["stdout"].split("\n"))


def _same_shell(theirs: Any, ours: Any) -> bool:
    """The same but for the version and the table of commands."""
    texts = [re.sub(r"(=\n)(?:.+\n)+", r"\1", re.sub(r"> \d+\.\d+\.\d+\n", "> VERSION\n", answer["stdout"])) for answer in (theirs, ours)]
    return _same_exit(theirs, ours) and texts[0] == texts[1]


OWN: list[tuple[str, Any, str]] = [
    (r"^reload x$", lambda theirs, ours: ours["stdout"].startswith("x: ERROR (no such process)"), "ours sends a process its reload signal"),
    (r"^(help|-h)|^maintail -f x$|^tail -f utf8 stdout more$|^(version|avail|reread|shutdown) x$|^(fg|start|stop|restart|signal|signal HUP|clear|tail|add|remove|open)( \[\d+\])?$", _other_help, "the help is in our own words"),
    (r"^\(shell\)", _same_shell, "another version, and commands that Supervisor has not"),
    (r"^-s \S+ (status|start run|reread|pid|avail)$", _says_what_was_tried, "standard error says what was tried, and there is no Python exception"),
    (r"-p wrong|^update", _no_exception, "a sentence for a Python exception"),
    (r"^signal NOSUCH all$", lambda theirs, ours: _same_exit(theirs, ours) and ours["stdout"] == "all: ERROR (bad signal name)\n", "one line for a signal that there is not"),
    (r"^fg cat <<<", lambda theirs, ours: theirs["exit"] == -9 and ours["exit"] == 0, "their fg does not end by Ctrl-C while its thread waits for output"),
    (r"^clear all|^signal CONT all", _same_lines, "by name, as status shows them"),
]
