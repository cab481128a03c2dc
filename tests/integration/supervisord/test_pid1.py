"""supervisord as pid 1 of a pid namespace of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import BIN, needs_namespaces, wait_until


@needs_namespaces
def test_pid1_reaps_orphans_and_ends_cleanly_on_term(tmp_path: Path) -> None:
    """A program that leaves double-forked children dying: no zombie after a second, and TERM ends everything with status 0."""
    orphans = ("import os, time\n"
               "for _ in range(50):\n"
               "    if os.fork() == 0:\n"
               "        if os.fork() == 0: time.sleep(0.05)\n"
               "        os._exit(0)\n"
               "    os.wait()\n"
               "print('orphaned', flush=True)\n"
               "time.sleep(1000)\n")
    (tmp_path / "orphans.py").write_text(orphans)
    (tmp_path / "supervisord.conf").write_text(
        f"[unix_http_server]\nfile={tmp_path}/s.sock\n[supervisord]\nnodaemon=true\nsilent=true\nlogfile={tmp_path}/log\n"
        f"pidfile={tmp_path}/pid\nchildlogdir={tmp_path}\n[supervisorctl]\nserverurl=unix://{tmp_path}/s.sock\n"
        f"[program:orphans]\ncommand=/usr/bin/python3 {tmp_path}/orphans.py\nstdout_logfile={tmp_path}/out\nstopwaitsecs=5\n"
    )
    keeper = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child",
         BIN / "supervisord", "-c", tmp_path / "supervisord.conf"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    try:
        out = tmp_path / "out"
        wait_until(lambda: out.exists() and b"orphaned" in out.read_bytes(), "the orphans are made")
        pid1 = wait_until(lambda: _child_of(keeper.pid), "pid 1 is there")
        reaped = lambda: (tmp_path / "log").read_text().count("reaped unknown pid")  # noqa: E731
        wait_until(lambda: reaped() == 50, "all orphans are reaped and told", 5)
        assert _zombies_under(int(str(pid1))) == []
        subprocess.run(["kill", "-TERM", str(pid1)], check=True)
        assert keeper.wait(timeout=10) == 0
    finally:
        if keeper.poll() is None:
            keeper.kill()
            keeper.wait()


def _fields(pid: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _child_of(pid: int) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _fields(entry.name)
        if fields and int(fields[1]) == pid:
            return int(entry.name)
    return 0


def _zombies_under(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _fields(entry.name)
        if fields and int(fields[1]) == pid and fields[0] == "Z":
            found.append(int(entry.name))
    return found
