#!/usr/bin/env python3
"""asgi-worker on a socket of supervisord's, under load, while it, its parent process or supervisord is replaced. With full counts:

    tests/integration/supervisord/restarts.py [restart] [update] [usr2] [kill] [daemon] [upgrade]

test_restarts.py is the short form. A request fails when its connection ends without its answer, or is refused."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from conftest import BIN, ROOT, Suite, wait_until
from survival import free_port

sys.path.append(str(ROOT / "tests/integration/asgi"))
from load import Load, Result  # noqa: E402  (needs the path)


def configuration(port: int, startretries: int = 3) -> str:
    return (f"[socket:web]\nlisten=tcp://127.0.0.1:{port}\n"
            f"[program:app]\ncommand={BIN}/asgi-worker --python /usr/bin/python3 hello:app --app-dir {ROOT}/tests/apps --workers 2 --no-access-log\n"
            f"sockets=web\nready_notification=notify_socket\nautorestart=true\nstartretries={startretries}\nstopasgroup=true\nkillasgroup=true\n"
            "stopwaitsecs=40\nredirect_stderr=true\nstdout_logfile=%(here)s/app.log\n")


def some_answers(load: Load) -> None:
    before = load.result.answered
    wait_until(lambda: load.result.answered > before + 100, "the load goes on")


def running_anew(suite: Suite, before: int) -> None:
    wait_until(lambda: suite.state("app") == "RUNNING" and suite.pid("app") != before, "it runs again")


def restart(suite: Suite, load: Load, port: int) -> None:
    assert suite.ctl("restart", "app").stdout == "app: stopped\napp: started\n"


def update(suite: Suite, load: Load, port: int) -> None:
    """With something else changed than the address."""
    before = suite.pid("app")
    suite.configure(configuration(port, startretries=4 if "startretries=3" in suite.conf.read_text() else 3))
    assert suite.ctl("update").returncode == 0
    running_anew(suite, before)


def usr2(suite: Suite, load: Load, port: int) -> None:
    """A second parent process beside the first, which is then ended: no exit to supervisord."""
    before, log = suite.pid("app"), suite.directory / "app.log"
    running = log.read_text().count("asgi-worker running on")
    assert suite.ctl("signal", "USR2", "app").returncode == 0
    wait_until(lambda: log.read_text().count("asgi-worker running on") > running, "the second one serves")
    assert suite.ctl("signal", "TERM", "app").returncode == 0
    running_anew(suite, before)
    assert not suite.log_lines("exited: app")


def kill(suite: Suite, load: Load, port: int) -> None:
    """Of asgi-worker's parent process. Its workers end with it."""
    before = suite.pid("app")
    os.kill(before, signal.SIGKILL)
    running_anew(suite, before)


def daemon(suite: Suite, load: Load, port: int) -> None:
    suite.kill_daemon()


def upgrade(suite: Suite, load: Load, port: int) -> None:
    assert suite.ctl("upgrade").returncode == 0


SCENARIOS: dict[str, tuple[Callable[[Suite, Load, int], None], int]] = {
    # what happens, how often in full
    "restart": (restart, 20),
    "update": (update, 5),
    "usr2": (usr2, 5),
    "kill": (kill, 20),
    "daemon": (daemon, 20),
    "upgrade": (upgrade, 5),
}


def run(name: str, suite: Suite, count: int) -> Result:
    happen, _ = SCENARIOS[name]
    port = free_port()
    suite.configure(configuration(port))
    suite.start()
    suite.wait_state("app", "RUNNING")
    with Load(("127.0.0.1", port)) as load:
        for _ in range(count):
            some_answers(load)
            happen(suite, load, port)
        some_answers(load)
    return load.result


def main(names: list[str]) -> int:
    failed = 0
    for name in names or list(SCENARIOS):
        count = SCENARIOS[name][1]
        with tempfile.TemporaryDirectory() as folder:
            suite = Suite(Path(folder))
            began = time.monotonic()
            try:
                result = run(name, suite, count)
            finally:
                suite.stop()
            print(f"{name} x {count}: {result.text()} ({time.monotonic() - began:.0f} s)", flush=True)
            failed += 0 if name == "kill" else result.failed  # what a killed program had open is lost
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
