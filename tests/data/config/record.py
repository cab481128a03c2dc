#!/usr/bin/env python3
"""Writes the corpus of cases.py to cases/ and what Supervisor 4.3.0 makes of each file beside it.

By hand, as root, with a Python that has supervisor==4.3.0:  PYTHON tests/data/config/record.py
A case is cases/NAME.conf (or cases/NAME/main.conf with the files that it includes); its verdict, NAME.json, holds the
refusal's words ("error"), or what was read ("daemon", "servers", "groups", "warnings", "notices"): of daemon, group
and process only the fields that differ from defaults.json. Each file is read by a child process in a world that is
the same everywhere: it lies in /here on the machine host, the working directory is /, the user is root, and the
environment is ENVIRONMENT. tests/unit/config/corpus_test.cpp compares our reading with these, and
differences.json says where ours is another and why.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {"HOME": "/root", "KIND": "web", "LANG": "C.UTF-8"}
PROCESS_FIELDS = [
    "name", "command", "directory", "umask", "priority", "autostart", "startsecs", "startretries", "uid",
    "stdout_capture_maxbytes", "stdout_events_enabled", "stdout_logfile_backups", "stdout_logfile_maxbytes", "stdout_syslog",
    "stderr_capture_maxbytes", "stderr_events_enabled", "stderr_logfile_backups", "stderr_logfile_maxbytes", "stderr_syslog",
    "stopsignal", "stopwaitsecs", "stopasgroup", "killasgroup", "exitcodes", "redirect_stderr", "environment", "serverurl",
]
DAEMON_FIELDS = [
    "logfile", "logfile_maxbytes", "logfile_backups", "pidfile", "umask", "nodaemon", "silent", "nocleanup", "strip_ansi",
    "minfds", "minprocs", "childlogdir", "user", "directory", "identifier", "environment",
]


def process_of(config, datatypes) -> dict[str, object]:
    def log_file(value: object) -> object:
        if value is datatypes.Automatic:
            return "AUTO"
        return None if value is None else os.path.abspath(value)

    restart = {datatypes.RestartUnconditionally: "true", datatypes.RestartWhenExitUnexpected: "unexpected", False: "false"}
    record = {field: getattr(config, field) for field in PROCESS_FIELDS}
    record["stopsignal"] = int(record["stopsignal"])
    record["autorestart"] = restart[config.autorestart]
    record["stdout_logfile"] = log_file(config.stdout_logfile)
    record["stderr_logfile"] = log_file(config.stderr_logfile)
    return record


def group_of(config, datatypes, events) -> dict[str, object]:
    record: dict[str, object] = {
        "name": config.name,
        "priority": config.priority,
        "processes": [process_of(process, datatypes) for process in config.process_configs],
    }
    if hasattr(config, "pool_events"):
        record["events"] = sorted(events.getEventNameByType(event) for event in config.pool_events)
        record["buffer_size"] = config.buffer_size
    if hasattr(config, "socket_config"):
        socket = config.socket_config
        record["socket"] = socket.url
        record["socket_backlog"] = socket.backlog
        record["socket_mode"] = getattr(socket, "mode", None)
        record["socket_owner"] = getattr(socket, "owner", None)
    return record


def daemon_of(options) -> dict[str, object]:
    from supervisor import loggers

    section = options.configroot.supervisord
    record = {field: getattr(options, field, getattr(section, field, None)) for field in DAEMON_FIELDS}
    record["loglevel"] = next(name for name in ("critical", "error", "warn", "info", "debug", "trace", "blather")
                              if loggers.getLevelNumByDescription(name) == options.loglevel) if isinstance(options.loglevel, int) else options.loglevel
    record["user"] = options.uid
    record["umask"] = int(record["umask"], 8) if isinstance(record["umask"], str) else record["umask"]
    for flag in ("nodaemon", "silent", "nocleanup", "strip_ansi"):
        record[flag] = bool(record[flag])
    for path in ("directory", "childlogdir"):
        record[path] = record[path] and os.path.abspath(record[path])
    return record


def server_of(config: dict[str, object]) -> dict[str, object]:
    record = {key: config[key] for key in ("section", "username", "password")}
    if "file" in config:
        record.update(file=config["file"], chmod=config["chmod"], chown=list(config["chown"]))
    else:
        record.update(host=config["host"], port=config["port"])
    return record


def verdict(main_file: str) -> dict[str, object]:
    """What Supervisor makes of one file; run in a process of its own."""
    from supervisor import datatypes, events
    from supervisor.options import ServerOptions

    messages = io.StringIO()
    options = ServerOptions()
    options.stderr = messages
    try:
        options.realize(["-c", main_file], doc="", progname="supervisord")
    except SystemExit:
        text = messages.getvalue().removeprefix("Error: ")
        return {"error": text[: text.rindex("\nFor help, use")]}
    except Exception as error:  # noqa: BLE001 - it is the verdict
        return {"error": f"crash: {type(error).__name__}"}
    return {
        "daemon": daemon_of(options),
        "servers": [server_of(config) for config in options.server_configs],
        "groups": [group_of(config, datatypes, events) for config in options.process_group_configs],
        "warnings": options.parse_warnings,
        "notices": options.parse_infos,
    }


def in_child(main_file: Path) -> dict[str, object]:
    """verdict() in the world that is the same everywhere; where the file lies becomes /here."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        with contextlib.suppress(BaseException):
            os.environ.clear()
            os.environ.update(ENVIRONMENT)
            os.chdir("/")
            os.getuid = lambda: 0
            platform.node = lambda: "host"
            text = json.dumps(verdict(str(main_file)))
            os.write(write_end, text.replace(str(main_file.parent), "/here").encode())
            status = 0
        os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as stream:
        text = stream.read()
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit(f"{main_file}: no verdict")
    return json.loads(text)


def files_of(case: object) -> dict[str, str]:
    return {"main.conf": case} if isinstance(case, str) else case


def recorded(case: object) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="record") as directory:
        for name, text in files_of(case).items():
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        return in_child(Path(directory) / "main.conf")


def without(record: dict[str, object], defaults: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in record.items() if key == "name" or key not in defaults or value != defaults[key]}


def without_defaults(record: dict[str, object], defaults: dict[str, object]) -> dict[str, object]:
    if "error" in record:
        return record
    short = {"daemon": without(record["daemon"], defaults["daemon"])}
    groups = []
    for group in record["groups"]:
        own = without(group, defaults["group"])
        own["processes"] = [without(process, defaults["process"]) for process in group["processes"]]
        groups.append(own)
    short.update(servers=record["servers"], groups=groups, warnings=record["warnings"], notices=record["notices"])
    return {key: value for key, value in short.items() if value}


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE))
    from cases import CASES

    full = recorded("[supervisord]\n[program:x]\ncommand=/bin/cat\n")
    group = dict(full["groups"][0])
    process = group.pop("processes")[0]
    defaults = {"daemon": full["daemon"], "group": group, "process": process}
    write_json(HERE / "defaults.json", defaults)
    target = HERE / "cases"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name, case in CASES:
        for file, text in files_of(case).items():
            path = target / f"{name}.conf" if isinstance(case, str) else target / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        write_json(target / f"{name}.json", without_defaults(recorded(case), defaults))


if __name__ == "__main__":
    main()
