"""What goes beyond Supervisor's commands, each against the real daemon."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from terminal import BIN  # makes `suite`

from suite import Suite, wait_until

PROGRAMS = """
[program:web]
command=/bin/sh -c 'trap "echo reloaded" HUP; trap "echo usr1" USR1; echo "2026-01-01 10:00:00,000 old"; echo "2099-01-01 10:00:00,000 new"; echo err >&2; while :; do sleep 0.05; done'
startsecs=0
environment=API_TOKEN="abc",URL="redis://u:pw@host/1",PLAIN="yes"
[program:db]
command=/bin/sh -c 'echo from db && exec sleep 1000'
startsecs=0
redirect_stderr=true
[program:idle]
command=sleep 1000
autostart=false
startsecs=0
[program:broken]
command=/bin/sh -c 'exit 3'
autostart=false
startsecs=1
startretries=1
"""


@pytest.fixture
def running(suite: Suite) -> Suite:
    suite.configure(PROGRAMS)
    suite.start()
    for name in ("web", "db"):
        suite.wait_state(name, "RUNNING")
    wait_until(lambda: "new" in suite.ctl("tail", "web").stdout and "from db" in suite.ctl("tail", "db").stdout, "they have written")
    return suite


@contextmanager
def going_on(suite: Suite, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on until Ctrl-C, and then ends well."""
    with subprocess.Popen([BIN / "supervisorctl", "-c", suite.conf, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], pattern: str) -> str:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if re.search(pattern, line):
            return text
    raise AssertionError(f"{pattern} does not come: {text}")


def test_status_as_json(running: Suite) -> None:
    answered = running.ctl("status", "--json")
    rows = {row["name"]: row for row in json.loads(answered.stdout)}
    assert answered.returncode == 3  # idle is stopped
    assert rows["web"]["state"] == "RUNNING" and rows["web"]["pid"] == running.pid("web")
    assert rows["idle"]["pid"] == 0 and rows["idle"]["started_at"] is None
    unknown = running.ctl("status", "--json", "web", "nosuch")
    assert [row["name"] for row in json.loads(unknown.stdout)] == ["web"]
    assert (unknown.returncode, unknown.stderr) == (4, "nosuch: ERROR (no such process)\n")


def test_status_watch_tells_changes_across_a_killed_daemon(running: Suite) -> None:
    with going_on(running, "status", "--watch", "i*") as watch:
        read_until(watch, r"^idle +STOPPED")
        assert running.ctl("start", "idle").returncode == 0
        read_until(watch, r"^idle +RUNNING")
        running.kill_daemon()
        assert running.ctl("stop", "idle").returncode == 0
        assert "STARTING" not in read_until(watch, r"^idle +STOPPED")
    with going_on(running, "status", "--watch", "--json", "idle") as watch:
        assert json.loads(read_until(watch, "idle"))["state"] == "STOPPED"


def test_wait_goes_through_retries_and_timeout_tells_who_is_late(running: Suite) -> None:
    assert running.ctl("start", "broken").stdout == "broken: ERROR (spawn error)\n"
    running.wait_state("broken", "FATAL")
    waited = running.ctl("start", "--wait", "broken")
    assert (waited.returncode, waited.stdout) == (7, "broken: ERROR (spawn error)\n")
    assert running.state("broken") == "FATAL"  # not BACKOFF: it was waited for
    running.conf.write_text(running.conf.read_text() + "[program:slow]\ncommand=sleep 1000\nstartsecs=600\nautostart=false\n")
    running.ctl("update")
    late = running.ctl("start", "--timeout", "1", "slow")
    assert (late.returncode, late.stdout) == (7, "slow: ERROR (STARTING after 1 s)\n")
    asked = running.ctl("stop", "--no-wait", "slow")
    assert (asked.returncode, asked.stdout) == (0, "slow: stopped\n")
    wrong = running.ctl("start", "--timeout", "soon", "slow")
    assert wrong.returncode == 1 and wrong.stdout.startswith("Error: --timeout takes a whole number of seconds, not 'soon'\n")
    assert running.ctl("start", "--nosuch", "slow").stdout.startswith("Error: start has no option --nosuch\n")


def test_rolling_restart_takes_one_after_the_other(running: Suite) -> None:
    pids = [running.pid("db"), running.pid("web")]
    rolled = running.ctl("restart", "--rolling", "db", "web")
    assert rolled.stdout == "db: stopped\ndb: started\nweb: stopped\nweb: started\n"
    assert pids != [running.pid("db"), running.pid("web")]
    ended = running.ctl("restart", "--rolling", "broken", "web")
    assert ended.stdout == "broken: ERROR (spawn error)\nERROR: the rolling restart has ended here; 1 of 2 were left as they are\n"
    assert ended.returncode == 7


def test_logs_of_several_bear_their_names(running: Suite) -> None:
    shown = running.ctl("logs", "web", "db").stdout.splitlines()
    assert "db  | from db" in shown and "web err | err" in shown and "web | 2099-01-01 10:00:00,000 new" in shown
    assert running.ctl("logs", "--stdout", "-n", "1", "web").stdout == "2099-01-01 10:00:00,000 new\n"
    assert running.ctl("logs", "--since", "1h", "--stdout", "web").stdout == "2099-01-01 10:00:00,000 new\n"
    assert running.ctl("logs", "--grep", "00,000 o.d", "web").stdout == "2026-01-01 10:00:00,000 old\n"
    assert running.ctl("logs", "--since", "whenever", "web").returncode == 1
    assert running.ctl("logs", "--grep", "(", "web").stdout.startswith("Error: --grep '('")
    assert running.ctl("logs", "nosuch").stdout == "nosuch: ERROR (no such process name)\n"
    with going_on(running, "logs", "-f", "*") as follow:
        read_until(follow, "from db")
        os.kill(running.pid("web"), signal.SIGUSR1)
        assert re.search(r"web +\| usr1\n$", read_until(follow, "usr1"))


def test_events_a_line_each_and_by_type(running: Suite) -> None:
    with going_on(running, "events", "PROCESS_STATE") as events, going_on(running, "events", "--json", "PROCESS_STATE_RUNNING") as as_json:
        running.ctl("start", "idle")  # may be before they listen
        running.ctl("restart", "idle")
        wait_until(lambda: running.ctl("restart", "idle").returncode == 0, "restarted")
        assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} PROCESS_STATE_RUNNING +idle from STARTING pid \d+$", read_until(events, "RUNNING"), re.M)
        event = json.loads(read_until(as_json, "idle"))
        assert (event["type"], event["process"], event["to"]) == ("PROCESS_STATE_RUNNING", "idle", "RUNNING")


def test_reload_of_a_process_sends_it_hup(running: Suite) -> None:
    answered = running.ctl("reload", "web")
    assert (answered.returncode, answered.stdout) == (0, "web: signalled\n")
    wait_until(lambda: "reloaded" in running.ctl("tail", "web").stdout, "HUP came")
    assert running.ctl("reload", "idle").stdout == "idle: ERROR (not running)\n"


def test_reload_sends_what_reloadsignal_says(running: Suite) -> None:
    running.conf.write_text(running.conf.read_text().replace("[program:db]", "reloadsignal=USR1\n[program:db]"))
    running.ctl("update")
    running.wait_state("web", "RUNNING")
    assert "usr1" not in running.ctl("tail", "web").stdout
    assert running.ctl("reload", "web").stdout == "web: signalled\n"
    wait_until(lambda: "usr1" in running.ctl("tail", "web").stdout, "USR1 came")


def test_describe_tells_how_the_last_runs_ended(running: Suite) -> None:
    running.ctl("start", "--wait", "broken")
    ends = json.loads(running.ctl("describe", "--json", "broken").stdout)["last_exits"]
    assert [(end["exit_status"], end["expected"], end["stopped"]) for end in ends] == [(3, False, False)] * 2
    assert ends[0]["pid"] > 0 and ends[0]["reason"] == "exit status 3: Exited too quickly (process log may have details)"
    pid = running.pid("web")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: "SIGKILL" in running.ctl("describe", "web").stdout, "its end is told")
    assert re.search(rf"^  \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d  terminated by SIGKILL \(not expected\) after \S+.*, pid {pid}$", running.ctl("describe", "web").stdout, re.M)
    running.ctl("stop", "db")
    assert "terminated by SIGTERM (stopped)" in running.ctl("describe", "db").stdout


def test_describe_masks_secrets(running: Suite) -> None:
    text = running.ctl("describe", "web").stdout
    assert re.search(r"API_TOKEN +\*\*\*\n", text) and "redis://u:***@host/1" in text and re.search(r"PLAIN +yes\n", text)
    assert "startsecs" in text and "abc" not in text
    assert re.search(r"API_TOKEN +abc\n", running.ctl("describe", "--show-secrets", "web").stdout)
    described = json.loads(running.ctl("describe", "--json", "web").stdout)
    assert described["environment"]["API_TOKEN"] == "***" and described["options"]["stopsignal"] == "TERM"
    assert described["process"]["state"] == "RUNNING" and described["sockets"] == {}
    assert running.ctl("describe", "nosuch").stdout == "nosuch: ERROR (no such process)\n"


def test_top_shows_what_processes_use(running: Suite) -> None:
    rows = {line.split()[0]: line.split() for line in running.ctl("top", "--once", "--sort", "name").stdout.splitlines()}
    assert rows["NAME"][:4] == ["NAME", "STATE", "PID", "CPU"]
    assert rows["web"][1] == "RUNNING" and int(rows["web"][2]) == running.pid("web")
    assert float(rows["web"][3]) >= 0 and float(rows["web"][4]) > 0 and int(rows["web"][6]) >= 1
    assert rows["idle"][2:4] == ["-", "-"]
    assert running.ctl("top", "--sort", "size").returncode == 1


def test_check_is_the_daemons(running: Suite) -> None:
    good = running.ctl("check")
    assert good.returncode == 0, good.stdout + good.stderr
    bad = running.directory / "bad.conf"
    bad.write_text(running.conf.read_text() + "[program:x]\ncommand=x\nautostart=perhaps\n")
    checked = running.ctl("check", str(bad))
    assert checked.returncode == 2 and "autostart" in checked.stderr


def all_flags(suite: Suite) -> dict[str, list[str]]:
    names = suite.ctl("help").stdout.split("=\n", 1)[1].split() + ["help"]
    return {name: re.findall(r"^  (-\S+)", suite.ctl("help", name).stdout, re.M) for name in names}


def test_the_manual_and_the_scripts_know_every_command_and_flag(running: Suite) -> None:
    page = running.ctl("completion", "man").stdout
    flags = all_flags(running)
    options = re.findall(r"^  (-\S), (--\S+)", running.ctl("-h").stdout, re.M)
    assert len(flags) > 25 and len(options) >= 6
    for name, its in flags.items():
        assert f".SS {name}\n" in page
        for flag in its:
            assert flag.replace("-", "\\-") in page
            for shell in ("bash", "zsh", "fish"):
                spelled = flag if shell != "fish" else flag.lstrip("-")
                assert spelled in running.ctl("completion", shell).stdout
    for short, long in options:
        assert f"{short}, {long}".replace("-", "\\-") in page
    if shutil.which("groff"):
        formatted = subprocess.run(["groff", "-ww", "-man", "-Tutf8"], input=page, capture_output=True, text=True, check=True)
        assert formatted.stderr == ""
    assert running.ctl("completion", "tcsh").returncode == 2


def test_bash_completes_commands_flags_and_names(running: Suite) -> None:
    script = running.directory / "completion"
    script.write_text(running.ctl("completion", "bash").stdout)

    def complete(*words: str) -> list[str]:
        program = str(BIN / "supervisorctl")
        line = f"source {script}; COMP_WORDS=({program} -c {running.conf} {' '.join(repr(word) for word in words)}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _supervisorctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout.split()

    assert complete("sta") == ["start", "status"]
    assert complete("start", "--w") == ["--wait"]
    assert complete("start", "w") == ["web"]
    assert complete("add", "d") == ["db"]
