#!/usr/bin/env python3
"""Supervisor's own clients against Supervisor's own daemon and against ours: the same commands, the answers side by side.

    clients.py --theirs VENV/bin/supervisord --ours build/release/bin/supervisord
               [--ctl NAME=COMMAND[,VARIABLE=VALUE]...] [--own build/release/bin/supervisorctl] [--superlance VENV/bin]
               [--only TABLE,...] [--all] [--table FILE] [--record]

With --own, our supervisorctl on our daemon is compared with the first --ctl on theirs; --table writes each of its steps with both
exit statuses and outputs, and the reason where they differ.

Exit status: 0 when each answer is equal or differs as differences.py says and why; 1 otherwise. --record writes what
Supervisor's daemon answered to recorded/, which the tests compare with (test_recorded.py).
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import listeners
import scenario
from bed import Bed, Client
from differences import reason
from play import Answers, events, play

NOT_THERE = "not there"
OWN = "our supervisorctl"
Job = Callable[[str], Answers]

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Round:
    """One table, played over one way by one client."""

    name: str
    table: list[scenario.Step]
    way: str
    client: Client | None = None
    listens: bool = False


def rounds(clients: list[Client]) -> list[Round]:
    return [
        Round("rpc", scenario.RPC, "unix", listens=True), Round("rpc over tcp", scenario.RPC, "tcp"),
        Round("http", scenario.HTTP, "unix"), Round("http over tcp", scenario.HTTP, "tcp"),
        *[Round(f"{client.name}{'' if way == 'unix' else ' over tcp'}", scenario.CTL, way, client) for client in clients for way in ("unix", "tcp")],
    ]


def play_round(what: Round, supervisord: str) -> Answers:
    bed = Bed([supervisord], scenario.CONFIGURATION)
    try:
        answers = play(what.table, bed, what.way, what.client)
        return answers + (events(bed) if what.listens else [])  # the table ends with a shutdown
    finally:
        bed.close()


def round_of(what: Round) -> Job:
    return lambda supervisord: play_round(what, supervisord)


def shown(answer: Any) -> list[str]:
    if isinstance(answer, dict) and set(answer) <= {"exit", "stdout", "stderr"}:
        return [f"exit {answer['exit']}", *answer.get("stdout", "").split("\n"), *(f"stderr: {line}" for line in answer.get("stderr", "").split("\n"))]
    return json.dumps(answer, ensure_ascii=False, indent=1).split("\n")


def compare(name: str, theirs: Answers, ours: Answers, show_equal: bool, own: bool) -> tuple[int, int, int]:
    """Prints the table; how many were equal, differed as allowed, differed otherwise."""
    equal = allowed = other = 0
    print(f"\n## {name}")
    theirs_by_step, ours_by_step = dict(theirs), dict(ours)
    for step in [*theirs_by_step, *(step for step in ours_by_step if step not in theirs_by_step)]:
        right, got = theirs_by_step.get(step, NOT_THERE), ours_by_step.get(step, NOT_THERE)
        if right == got:
            equal += 1
            if show_equal:
                print(f"equal      {step}")
            continue
        why = reason(step, right, got, own)
        if why:
            allowed += 1
            print(f"allowed    {step}: {why}")
            continue
        other += 1
        print(f"DIFFERENT  {step}")
        lines = list(difflib.unified_diff(shown(right), shown(got), lineterm="", n=1))[2:]
        print("\n".join(f"             {line}" for line in lines[:30]))
    print(f"{equal} equal, {allowed} differ as allowed, {other} differ")
    return equal, allowed, other


def cell(answer: Any) -> str:
    """What it printed, short enough for a table."""
    if not isinstance(answer, dict):
        return str(answer)
    text = answer.get("stdout", "") + ("".join(f" [stderr] {answer['stderr']}") if answer.get("stderr") else "")
    lines = [line.strip() for line in text.replace("|", "\\|").replace("\t", " ").split("\n") if line.strip()]
    shown_lines = " / ".join(lines[:2])[:110]
    return f"`{shown_lines}`" + (f" (+{len(lines) - 2} lines)" if len(lines) > 2 else "") if lines else "(nothing)"


def own_table(theirs: Answers, ours: Answers) -> str:
    """Every step of our supervisorctl beside Supervisor's: exit status and output of both, equal or why not."""
    ours_by_step = dict(ours)
    rows = ["| command | exit, theirs | ours | output, theirs | ours | |", "|---|---|---|---|---|---|"]
    for step, right in theirs:
        got = ours_by_step.get(step, NOT_THERE)
        exits = [str(answer.get("exit", "")) if isinstance(answer, dict) else "" for answer in (right, got)]
        verdict = "equal" if right == got else reason(step, right, got, True) or "DIFFERENT"
        name = step.replace("|", "\\|")
        rows.append(f"| `{name}` | {exits[0]} | {exits[1]} | {cell(right)} | {'same' if right == got else cell(got)} | {verdict} |")
    return "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--theirs", required=True, type=os.path.abspath)
    parser.add_argument("--ours", type=os.path.abspath)
    parser.add_argument("--ctl", action="append", default=[], help="NAME=COMMAND[,VARIABLE=VALUE]")
    parser.add_argument("--own", type=os.path.abspath, help="our supervisorctl")
    parser.add_argument("--superlance", type=os.path.abspath, help="the folder that holds memmon, httpok, ...")
    parser.add_argument("--only", default="", help="names of rounds")
    parser.add_argument("--all", action="store_true", help="show what is equal, too")
    parser.add_argument("--table", type=Path, help="where the table of our supervisorctl's steps goes")
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    clients = []
    for given in options.ctl:
        name, _, command = given.partition("=")
        command, *variables = command.split(",")
        clients.append(Client(name, command.split(), dict(variable.split("=", 1) for variable in variables)))

    # Each name: what is played against their daemon, what against ours.
    jobs: dict[str, tuple[Job, Job]] = {what.name: (round_of(what), round_of(what)) for what in rounds(clients)}
    if options.own:
        table = [step for step in scenario.CTL if str(step) != "version"]  # it says ours
        jobs[OWN] = (round_of(Round("", table, "unix", clients[0])), round_of(Round("", table, "unix", Client("", [options.own], {}))))
    if options.superlance:
        listen: Job = lambda daemon: listeners.play(daemon, Path(options.superlance))
        jobs["superlance"] = (listen, listen)
    only = [name for name in options.only.split(",") if name]
    jobs = {name: job for name, job in jobs.items() if not only or name in only}
    totals = [0, 0, 0]
    table = ["| client | equal | different, with a reason | otherwise |", "|---|---|---|---|"]
    with ThreadPoolExecutor(4) as pool:
        theirs = {name: pool.submit(job[0], options.theirs) for name, job in jobs.items()}
        ours = {name: pool.submit(job[1], options.ours) for name, job in jobs.items()} if options.ours else {}
        for name in jobs:
            answers = theirs[name].result()
            if options.record and name in ("rpc", "http"):
                rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in answers)
                (HERE / "recorded" / f"{name}.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")
            if options.ours:
                if name == OWN and options.table:
                    options.table.write_text(own_table(answers, ours[name].result()), encoding="utf-8")
                counts = compare(name, answers, ours[name].result(), options.all, own=name == OWN)
                table.append(f"| {name} | {counts[0]} | {counts[1]} | {counts[2]} |")
                totals = [sum(pair) for pair in zip(totals, counts)]
            elif options.all:
                for step, answer in answers:
                    print(f"{name}: {step}\n    " + "\n    ".join(shown(answer)))
    print("\n" + "\n".join(table))
    print(f"\nin all: {totals[0]} equal, {totals[1]} differ as allowed, {totals[2]} differ")
    return 1 if totals[2] else 0


if __name__ == "__main__":
    sys.exit(main())
