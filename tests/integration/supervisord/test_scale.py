"""Thousands of programs: they start, answer and end; what they cost; and the refusal of what cannot be."""

from __future__ import annotations

import re
import resource
import subprocess
from pathlib import Path

import pytest

from conftest import BIN, Suite, needs_namespaces, wait_until


def many(count: int, log: str = "NONE") -> str:
    return (f"[program:p]\ncommand=sleep 100000\nnumprocs={count}\nprocess_name=p_%(process_num)05d\nstdout_logfile={log}\n"
            f"stderr_logfile={log}\n")


def pss(pid: int) -> int:
    """KiB"""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", text, re.M)
    assert found is not None
    return int(found[1])


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def running(suite: Suite) -> int:
    return len(re.findall(r"^\S+ +RUNNING ", suite.ctl("status", seconds=60).stdout, re.M))


def test_five_thousand_programs_start_answer_and_end(suite: Suite) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11000:
        pytest.skip(f"RLIMIT_NOFILE allows {hard}")
    suite.configure(many(5000))
    suite.start()
    wait_until(lambda: running(suite) == 5000, "all run", 120)
    assert suite.keeper is not None
    assert descriptors(suite.keeper.pid) < 2 * 5000 + 100  # a pidfd and a stdin each
    assert descriptors(suite.daemon_pid()) < 5000 + 100
    suite.kill_daemon()
    wait_until(lambda: running(suite) == 5000, "all are taken over", 60)
    assert suite.ctl("stop", "p:p_04711").stdout == "p:p_04711: stopped\n"
    assert len(suite.log_lines("spawned: ")) == 5000
    assert suite.stop() == 0


def test_memory_of_a_thousand_programs(suite: Suite) -> None:
    suite.configure(many(1000))
    suite.start()
    wait_until(lambda: running(suite) == 1000, "all run", 60)
    assert suite.keeper is not None
    both = pss(suite.keeper.pid) + pss(suite.daemon_pid())
    assert both < 25 * 1024 + 4 * 1000, f"{both} KiB"


@needs_namespaces
def test_more_than_the_limit_allows_is_refused_with_numbers(suite: Suite) -> None:
    suite.configure(many(200, "AUTO"))
    run = subprocess.run(["sh", "-c", f"ulimit -n 1024 && exec unshare --user --map-root-user {BIN}/supervisord -c {suite.conf}"],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 2
    assert "the 200 configured processes need 1329 file descriptors, and RLIMIT_NOFILE allows 1024" in run.stderr


@needs_namespaces
def test_update_beyond_the_limit_changes_nothing(suite: Suite) -> None:
    suite.configure(many(3, "AUTO"))
    with (suite.directory / "terminal").open("wb") as terminal:
        suite.keeper = subprocess.Popen(["sh", "-c", f"ulimit -n 1024 && exec unshare --user --map-root-user {BIN}/supervisord -c {suite.conf}"],
                                        stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.STDOUT)
    wait_until(lambda: running(suite) == 3, "they run")
    suite.configure(many(200, "AUTO"))
    assert "RLIMIT_NOFILE allows 1024" in suite.ctl("update").stdout
    assert running(suite) == 3


def test_minfds_that_cannot_be_had_is_supervisors_refusal(suite: Suite) -> None:
    suite.configure("", "minfds=99999999999")
    run = subprocess.run([BIN / "supervisord", "-c", suite.conf], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                         check=False)
    assert run.returncode == 2
    assert 'to run this process is 99999999999 as per the "minfds" command-line argument or config file setting.' in run.stderr
