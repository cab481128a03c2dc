"""What Supervisor's own daemon answered (recorded/), asked of ours by Python's xmlrpc.client and plain HTTP."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import scenario
from bed import Bed
from differences import reason
from play import Answers, events, play

HERE = Path(__file__).resolve().parent
BIN = Path(os.environ.get("SUPERVISOR_BIN", HERE.parents[1] / "build/release/bin"))


@pytest.mark.parametrize("name", ["rpc", "http"])
def test_answers_as_supervisor_did(name: str) -> None:
    bed = Bed([str(BIN / "supervisord")], scenario.CONFIGURATION)
    try:
        ours: Answers = play(scenario.RPC if name == "rpc" else scenario.HTTP, bed, "unix")
        if name == "rpc":
            ours += events(bed)
    finally:
        bed.close()
    theirs = dict(json.loads((HERE / "recorded" / f"{name}.json").read_text(encoding="utf-8")))
    assert [step for step, _ in ours] == list(theirs)
    wrong = [f"{step}\n  theirs: {json.dumps(theirs[step], ensure_ascii=False)}\n  ours:   {json.dumps(got, ensure_ascii=False)}"
             for step, got in ours if theirs[step] != got and reason(step, theirs[step], got) is None]
    assert not wrong, "\n".join(wrong)
