"""What the file system does to supervisord: a full disk under a log, a root without any writable path. In mount namespaces of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import BIN, Suite, needs_namespaces, wait_until
from survival import free_port

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]


@needs_namespaces
def test_full_disk_under_a_log_is_said_once_and_recovers_by_itself(suite: Suite) -> None:
    small = suite.directory / "small"
    small.mkdir()
    suite.configure(
        "[program:loud]\ncommand=sh -c 'i=0; while [ $i -lt 3000 ]; do echo line $i of the loud program; i=$((i+1)); done; exec cat'\n"
        f"startsecs=0\nstdout_logfile={small}/loud.log\nstdout_logfile_maxbytes=0\n"
        f"[program:other]\ncommand=sh -c 'echo started; exec cat'\nstartsecs=0\nstdout_logfile={suite.directory}/other.log\n"
    )
    with (suite.directory / "terminal").open("wb") as terminal:
        suite.keeper = subprocess.Popen(
            [*UNSHARE, "sh", "-c", f"mount -t tmpfs -o size=64k none {small} && head -c 40000 /dev/zero > {small}/fill && "
             f"exec {BIN}/supervisord -c {suite.conf}"],
            stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.STDOUT,
        )
    wait_until(lambda: suite.log_lines("loud.log.*ENOSPC"), f"the line is there\n{suite.terminal()}")
    assert suite.state("loud") == "RUNNING"
    wait_until(lambda: suite.ctl("tail", "other").stdout == "started\n\n", "another program's log goes on")
    assert suite.ctl("restart", "other").stdout == "other: stopped\nother: started\n"

    inside = Path(f"/proc/{suite.keeper.pid}/root{small}")
    subprocess.run(["nsenter", f"--target={suite.keeper.pid}", "--mount", "--user", "mount", "-o", "remount,size=4m", small], check=True)
    wait_until(lambda: (inside / "loud.log").read_text().endswith("line 2999 of the loud program\n"), "all of it arrives")
    assert (inside / "loud.log").read_text().splitlines() == [f"line {n} of the loud program" for n in range(3000)]
    assert len(suite.log_lines("loud.log.*ENOSPC")) == 1


@needs_namespaces
def test_root_without_any_writable_path(suite: Suite) -> None:
    port = free_port()
    suite.conf.write_text(
        f"[inet_http_server]\nport=127.0.0.1:{port}\n"
        "[supervisord]\nnodaemon=true\nlogfile=/dev/null\npidfile=/run/supervisord.pid\n"
        f"[supervisorctl]\nserverurl=http://127.0.0.1:{port}\n"
        "[program:app]\ncommand=sh -c 'echo hello from the program; exec cat'\nstartsecs=0\nstdout_logfile=/dev/stdout\n"
        "stdout_logfile_maxbytes=0\nstderr_logfile=/dev/stderr\nstderr_logfile_maxbytes=0\n"
    )
    read_only = "findmnt -rno TARGET | while read m; do mount -o remount,bind,ro \"$m\" 2>/dev/null; done; ! touch /tmp/x /run/x 2>/dev/null && "
    with (suite.directory / "terminal").open("wb") as terminal:
        suite.keeper = subprocess.Popen([*UNSHARE, "sh", "-c", f"{read_only} exec {BIN}/supervisord -c {suite.conf}"],
                                        stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.STDOUT)
    wait_until(lambda: suite.state("app") == "RUNNING", f"it runs\n{suite.terminal()}")
    wait_until(lambda: "hello from the program\n" in suite.terminal(), "its output is there")
    text = suite.terminal()
    assert "could not write pidfile /run/supervisord.pid" in text
    assert "programs will not survive the death of supervisord's own main process" in text
    pid = suite.pid("app")
    suite.kill_daemon()
    wait_until(lambda: suite.pid("app") == pid, "the daemon's death is survived all the same")
