"""The interactive shell on a terminal: editing, history, completion, Ctrl-C, fg, and the question for a password."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
from collections.abc import Callable

import pytest
from terminal import Terminal  # makes `suite`

from suite import Suite, wait_until

OnTerminal = Callable[..., Terminal]
PROGRAMS = """
[program:cat]
command=/bin/cat
startsecs=0
[program:web]
command=/bin/sh -c 'echo hello from web && exec sleep 1000'
startsecs=0
[program:pool]
command=sleep 1000
process_name=pool_%(process_num)d
numprocs=2
startsecs=0
[program:idle]
command=sleep 1000
autostart=false
"""


@pytest.fixture
def shell(suite: Suite, on_terminal: OnTerminal) -> Callable[[], Terminal]:
    suite.configure(PROGRAMS)
    with suite.conf.open("a") as conf:
        conf.write(f"[supervisorctl]\nhistory_file={suite.directory}/history\n")
    suite.start()
    for name in ("cat", "web", "pool:pool_0", "pool:pool_1"):
        suite.wait_state(name, "RUNNING")

    def start() -> Terminal:
        terminal = on_terminal("-c", str(suite.conf))
        terminal.wait_prompt()
        return terminal

    return start


def test_starts_with_the_status_and_ends_with_ctrl_d(shell: Callable[[], Terminal]) -> None:
    terminal = shell()
    assert "RUNNING" in terminal.raw and "idle" in terminal.raw
    terminal.type("\x04")
    assert terminal.end() == 0


def test_remembers_lines_from_one_shell_to_the_next(shell: Callable[[], Terminal], suite: Suite) -> None:
    terminal = shell()
    terminal.type("pid cat\r")
    terminal.wait(r"pid cat\r\n\d+\r\n")
    terminal.wait_prompt()
    terminal.type("quit\r")
    assert terminal.end() == 0
    history = suite.directory / "history"
    assert history.read_text() == "pid cat\nquit\n"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    terminal = shell()
    terminal.type("\x1b[A\x1b[A\r")  # up, up
    terminal.wait(r"\d+\r\n")
    terminal.wait_prompt()
    terminal.type("\x12ca")  # Ctrl-R
    terminal.wait(r"pid cat")


def test_completes_commands_and_names(shell: Callable[[], Terminal]) -> None:
    terminal = shell()
    terminal.type("stat\t")
    terminal.wait(r"stat[^ ]*us ")  # between them the cursor moves
    terminal.type("po\t")
    terminal.wait(r"po[^ ]*ol:")
    terminal.type("\t")
    terminal.wait(r"pool:\*\s+pool:pool_0\s+pool:pool_1\r\n")
    terminal.type("pool_1\t\r")
    terminal.wait(r"\r\npool:pool_1 +.*RUNNING")
    terminal.wait_prompt()
    terminal.type("start --\t")
    terminal.wait(r"--no-wait\s+--timeout\s+--wait\r\n")


def test_ctrl_c_drops_what_was_typed_and_ends_an_empty_prompt(shell: Callable[[], Terminal]) -> None:
    terminal = shell()
    terminal.type("shutdown")
    terminal.wait("shutdown")
    terminal.type("\x03")
    terminal.wait_prompt()
    terminal.type("\x03")
    assert terminal.end() == 0
    assert "Really" not in terminal.raw


def test_ctrl_c_ends_tail_f_and_the_shell_goes_on(shell: Callable[[], Terminal]) -> None:
    terminal = shell()
    terminal.type("tail -f web\r")
    terminal.wait(r"==> Press Ctrl-C to exit <==\r\nhello from web\r\n")
    terminal.type("\x03")
    terminal.wait_prompt()
    terminal.type("pid idle\r")
    terminal.wait(r"\r\n0\r\n")


def test_ctrl_c_ends_a_wait_and_the_shell_goes_on(shell: Callable[[], Terminal], suite: Suite) -> None:
    (suite.directory / "more").write_text("")
    suite.conf.write_text(suite.conf.read_text() + "[program:slow]\ncommand=sleep 1000\nstartsecs=600\nautostart=false\n")
    assert suite.ctl("update").returncode == 0
    terminal = shell()
    terminal.type("start slow\r")
    suite.wait_state("slow", "STARTING")
    terminal.type("\x03")
    terminal.wait_prompt()
    terminal.type("stop slow\r")
    terminal.wait(r"slow: stopped\r\n")


def test_fg_talks_to_a_process(shell: Callable[[], Terminal]) -> None:
    terminal = shell()
    terminal.type("fg cat\r")
    terminal.wait(r"==> Press Ctrl-C to exit <==\r\n")
    terminal.type("one line\r")
    terminal.wait(r"one line\r\n.*one line\r\n")  # the terminal's echo, and what cat says
    terminal.type("\x03")
    terminal.wait(r"Exiting foreground\r\n")
    terminal.wait_prompt()
    terminal.type("fg cat\r")
    terminal.wait(r"==> Press Ctrl-C to exit <==\r\n")
    terminal.type("\x04")
    terminal.wait(r"Exiting foreground\r\n")
    terminal.wait_prompt()
    terminal.type("fg idle\r")
    terminal.wait(r"ERROR: process not running\r\n")


def test_fg_says_that_the_process_is_gone(shell: Callable[[], Terminal], suite: Suite) -> None:
    terminal = shell()
    terminal.type("fg web\r")
    terminal.wait(r"hello from web\r\n")
    os.kill(suite.pid("web"), signal.SIGKILL)
    terminal.wait(r"Process got killed\r\nExiting foreground\r\n")
    terminal.wait_prompt()


def test_asks_before_shutdown(shell: Callable[[], Terminal], suite: Suite) -> None:
    terminal = shell()
    terminal.type("shutdown\r")
    terminal.wait(r"Really shut the remote supervisord process down y/N\? ")
    terminal.type("n\r")
    terminal.wait_prompt()
    terminal.type("shutdown\r")
    terminal.wait(r"y/N\? ")
    terminal.type("y\r")
    terminal.wait(r"Shut down\r\n")
    wait_until(lambda: suite.keeper is not None and suite.keeper.poll() is not None, "supervisord ends")
    terminal.wait_prompt()
    terminal.type("status\r")
    terminal.wait(r"what to do:")


def test_help_knows_every_command(shell: Callable[[], Terminal], suite: Suite) -> None:
    names = suite.ctl("help").stdout.split("=\n", 1)[1].split()
    assert len(names) > 20
    for name in [*names, "help"]:
        help_text = suite.ctl("help", name).stdout
        assert help_text.startswith(name), help_text
        assert suite.ctl("?", name).stdout == help_text
    terminal = shell()
    terminal.type("?\r")
    terminal.wait(r"default commands \(type help <topic>\):")


def test_asks_for_name_and_password(suite: Suite, on_terminal: OnTerminal) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    suite.configure(PROGRAMS + f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=secret\n")
    suite.start()
    words = ["-c", str(suite.conf), "-s", f"http://127.0.0.1:{port}"]
    terminal = on_terminal(*words)
    terminal.wait(r"Server requires authentication\r\nUsername:")
    terminal.type("me\r")
    terminal.wait(r"Password:")
    terminal.type("wrong\r")
    terminal.wait(r"Server requires authentication\r\nUsername:")
    terminal.type("me\r")
    terminal.wait(r"Password:")
    terminal.type("secret\r")
    terminal.wait(r"RUNNING")
    terminal.wait_prompt()
    assert "secret" not in terminal.raw
    terminal = on_terminal("-i", *words, "version")
    terminal.wait(r"Username:")
    terminal.type("me\r")
    terminal.wait(r"Password:")
    terminal.type("secret\r")
    terminal.wait(r"\d+\.\d+\.\d+\r\n")
    assert terminal.end() == 0
    script = suite.ctl("-s", f"http://127.0.0.1:{port}", "version")
    assert (script.returncode, script.stdout.splitlines()[0]) == (1, "Server requires authentication")


def test_names_supervisors_own_daemon_in_one_line(suite: Suite) -> None:
    suite.configure("")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(suite.socket))
        server.listen()

        def answer() -> None:
            for _ in range(2):
                connection = server.accept()[0]
                connection.recv(65536)
                connection.sendall(b"HTTP/1.0 404 Not Found\r\nServer: Medusa/1.12\r\nContent-Length: 0\r\n\r\n")
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        answered = suite.ctl("status")
        thread.join()
    assert answered.stdout == f"error: unix://{suite.socket} is served by Supervisor's own supervisord, which speaks no gRPC: ask it with its own supervisorctl\n"
    assert answered.returncode == 5
