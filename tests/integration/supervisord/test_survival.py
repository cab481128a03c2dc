"""The short form of survival.py."""

from __future__ import annotations

from pathlib import Path

import survival


def test_kill_of_the_daemon_loses_nothing(tmp_path: Path) -> None:
    wrong, report = survival.survive(tmp_path, kills=25, port=survival.free_port(), seed=1)
    print(report)
    assert not wrong, report + "\n" + "\n".join(wrong[:40])
