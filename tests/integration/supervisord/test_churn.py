"""The short form of churn.py."""

from __future__ import annotations

from pathlib import Path

import churn


def test_kills_at_any_moment_leave_every_state_true(tmp_path: Path) -> None:
    wrong, report = churn.churn(tmp_path, kills=40, seed=3)
    print(report)
    assert not wrong, report + "\n" + "\n".join(wrong[:40])
