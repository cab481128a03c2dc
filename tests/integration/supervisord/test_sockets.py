"""[socket:x] and a program's sockets=: opened by supervisord, there whatever becomes of programs and daemon."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
from pathlib import Path

import pytest

from conftest import Suite, wait_until
from survival import free_port

# Answers each connection with its pid, which of its sockets it came by, and what sd_listen_fds(3) looks at.
ACCEPTOR = '''
import contextlib, os, selectors, socket
own = os.environ["LISTEN_PID"] == str(os.getpid())
names = os.environ["LISTEN_FDNAMES"].split(":")
assert own and len(names) == int(os.environ["LISTEN_FDS"])
waiting = selectors.DefaultSelector()
for number, name in enumerate(names, start=3):
    waiting.register(socket.socket(fileno=number), selectors.EVENT_READ, name)
while True:
    for key, _ in waiting.select():
        client, _ = key.fileobj.accept()
        with client, contextlib.suppress(OSError):  # who only looked whether somebody is there
            client.sendall(f"{os.getpid()} {key.data}".encode())
'''


def ask(address: str | tuple[str, int]) -> list[str]:
    """The pid of who accepted one connection, and the name of the socket it came by."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.settimeout(20)
        client.connect(address)
        answer = b""
        while piece := client.recv(100):
            answer += piece
        return answer.decode().split()


class Waiting:
    """A connection that is made now and answered later."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        self.answer: list[str] = []
        self.client = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.client.settimeout(20)
        self.client.connect(address)
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        self.answer = self.client.recv(100).decode().split()
        self.client.close()

    def answered(self) -> list[str]:
        self.thread.join(timeout=20)
        return self.answer


@pytest.fixture
def acceptor(suite: Suite) -> Path:
    script = suite.directory / "acceptor.py"
    script.write_text(ACCEPTOR)
    return script


def program(script: Path, sockets: str = "web", more: str = "") -> str:
    return f"[program:p]\ncommand=/usr/bin/python3 {script}\nsockets={sockets}\nstartsecs=0\n{more}\n"


def section(url: str, name: str = "web", more: str = "") -> str:
    return f"[socket:{name}]\nlisten={url}\n{more}\n"


def inode(suite: Suite, number: int = 3) -> int:
    return os.stat(f"/proc/{suite.pid('p')}/fd/{number}").st_ino


def test_process_has_its_sockets_and_what_says_so(suite: Suite, acceptor: Path) -> None:
    path, port = suite.directory / "w.sock", free_port()
    suite.configure(program(acceptor, "api,web", "environment=LISTEN_PID=\"1\",LISTEN_FDS=\"7\"") + section(f"unix://{path}", more="mode=0660")
                    + section(f"tcp://127.0.0.1:{port}", "api"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    pid = str(suite.pid("p"))
    assert ask(str(path)) == [pid, "web"]
    assert ask(("127.0.0.1", port)) == [pid, "api"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert suite.stop() == 0
    assert not path.exists()


def test_connections_wait_while_the_program_is_restarted_stopped_or_dead(suite: Suite, acceptor: Path) -> None:
    path = suite.directory / "w.sock"
    suite.configure(program(acceptor, more="autostart=false") + section(f"unix://{path}"))
    suite.start()
    early = Waiting(str(path))  # there before its program
    suite.ctl("start", "p")
    first = suite.pid("p")
    assert early.answered() == [str(first), "web"]
    same = inode(suite)

    os.kill(first, signal.SIGSTOP)
    waiting = Waiting(str(path))
    suite.ctl("signal", "KILL", "p")
    wait_until(lambda: suite.pid("p") not in (0, first), "it is started again")
    second = suite.pid("p")
    assert waiting.answered() == [str(second), "web"]

    suite.ctl("stop", "p")
    waiting = Waiting(str(path))
    suite.ctl("start", "p")
    assert waiting.answered() == [str(suite.pid("p")), "web"]
    assert inode(suite) == same


def test_socket_and_queue_outlive_the_daemon_and_an_upgrade(suite: Suite, acceptor: Path) -> None:
    port = free_port()
    suite.configure(program(acceptor) + section(f"tcp://127.0.0.1:{port}"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    pid, same = suite.pid("p"), inode(suite)
    os.kill(pid, signal.SIGSTOP)
    waiting = Waiting(("127.0.0.1", port))
    suite.kill_daemon()
    assert suite.ctl("upgrade").returncode == 0
    assert suite.pid("p") == pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: suite.pid("p") not in (0, pid), "it is started again")
    assert waiting.answered() == [str(suite.pid("p")), "web"]
    assert inode(suite) == same


@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_socket_comes_back_from_the_program_when_all_else_was_killed(suite: Suite, acceptor: Path, kind: str) -> None:
    path, port = suite.directory / "w.sock", free_port()
    address: str | tuple[str, int] = str(path) if kind == "unix" else ("127.0.0.1", port)
    suite.configure(program(acceptor) + section(f"unix://{path}" if kind == "unix" else f"tcp://127.0.0.1:{port}"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    pid, same = suite.pid("p"), inode(suite)
    suite.kill_keeper()
    suite.start()
    assert suite.pid("p") == pid
    assert ask(address) == [str(pid), "web"]
    suite.ctl("restart", "p")
    assert inode(suite) == same
    assert ask(address) == [str(suite.pid("p")), "web"]


def test_update_keeps_a_socket_whose_address_stays(suite: Suite, acceptor: Path) -> None:
    path = suite.directory / "w.sock"
    suite.configure(program(acceptor) + section(f"unix://{path}"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    same = inode(suite)
    suite.configure(program(acceptor, "renamed", "startretries=1") + section(f"unix://{path}", "renamed", "mode=0666"))
    assert suite.ctl("update").stdout.splitlines() == ["p: stopped", "p: updated process group"]
    suite.wait_state("p", "RUNNING")
    assert inode(suite) == same
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert ask(str(path))[1] == "renamed"


def test_another_address_is_a_changed_group_and_the_old_one_closes(suite: Suite, acceptor: Path) -> None:
    old, new = suite.directory / "old.sock", suite.directory / "new.sock"
    other = f"[program:other]\ncommand=/usr/bin/python3 {acceptor}\nsockets=web\nstartsecs=0\n"
    suite.configure(program(acceptor) + other + section(f"unix://{old}"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    suite.configure(program(acceptor) + other + section(f"unix://{new}"))
    assert suite.ctl("reread").stdout.splitlines() == ["other: changed", "p: changed"]
    suite.ctl("update")
    assert ask(str(new))[1] == "web"
    wait_until(lambda: not old.exists(), "the old one is closed")
    suite.configure("")
    suite.ctl("update")
    wait_until(lambda: not new.exists(), "and so is one that nobody names")


def test_reload_keeps_the_socket(suite: Suite, acceptor: Path) -> None:
    port = free_port()
    suite.configure(program(acceptor) + section(f"tcp://127.0.0.1:{port}"))
    suite.start()
    suite.wait_state("p", "RUNNING")
    pid, same = suite.pid("p"), inode(suite)
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGHUP)
    wait_until(lambda: suite.pid("p") not in (0, pid), "all is started anew")
    assert inode(suite) == same


def test_address_in_use_is_refused_at_the_start_and_a_spawn_error_later(suite: Suite, acceptor: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        suite.configure(program(acceptor) + section(url))
        suite.start(wait=False)
        assert suite.keeper is not None
        assert suite.keeper.wait(timeout=20) == 2
        assert f"Cannot open [socket:web] listen={url}: Address already in use: {url.removeprefix('tcp://')}" in suite.terminal()

        suite.configure("")
        suite.start()
        suite.configure(program(acceptor) + section(url))
        suite.ctl("update")
        wait_until(lambda: suite.state("p") in ("BACKOFF", "FATAL"), "it cannot be started")
        assert "cannot open [socket:web]: Address already in use" in suite.status()["p"][1]
    suite.ctl("start", "p")  # or its next try
    suite.wait_state("p", "RUNNING")
    assert ask(("127.0.0.1", int(url.rsplit(":", 1)[1])))[1] == "web"


def test_many_sockets_stand_behind_the_standard_descriptors(suite: Suite, acceptor: Path) -> None:
    sections = "".join(section(f"unix://{suite.directory}/{n}.sock", f"s{n}") for n in range(60))
    suite.configure(program(acceptor, ",".join(f"s{n}" for n in range(60))) + sections)
    suite.start()
    suite.wait_state("p", "RUNNING")
    assert ask(f"{suite.directory}/59.sock") == [str(suite.pid("p")), "s59"]
    open_ones = sorted(int(name) for name in os.listdir(f"/proc/{suite.pid('p')}/fd"))
    assert open_ones[:63] == list(range(63))
