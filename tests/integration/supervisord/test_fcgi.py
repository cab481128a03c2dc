"""[fcgi-program:x]: one listening socket a group, as descriptor 0, from the first spawn to the last reap."""

from __future__ import annotations

import os
import signal
import socket
import stat
import threading
from pathlib import Path

import pytest

from conftest import Suite, is_alive, wait_until
from survival import free_port

ACCEPTOR = '''
import os, socket, sys
listening = socket.socket(fileno=0)
listening.setblocking(True)
while True:
    client, _ = listening.accept()
    said = client.recv(100)
    client.sendall(f"{os.getpid()} {said.decode()}".encode())
    client.close()
'''


def ask(address: str | tuple[str, int], text: str = "hello") -> list[str]:
    """What one connection is answered, in words: the pid of who accepted it, and the text."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.settimeout(20)
        client.connect(address)
        client.sendall(text.encode())
        answer = b""
        while piece := client.recv(100):
            answer += piece
        return answer.decode().split()


@pytest.fixture
def acceptor(suite: Suite) -> Path:
    script = suite.directory / "acceptor.py"
    script.write_text(ACCEPTOR)
    return script


def section(script: Path, socket_url: str, more: str = "", numprocs: int = 2) -> str:
    return (f"[fcgi-program:f]\ncommand=/usr/bin/python3 {script}\nsocket={socket_url}\nnumprocs={numprocs}\n"
            f"process_name=%(program_name)s_%(process_num)d\nstartsecs=0\n{more}\n")


def test_processes_share_a_unix_socket_that_goes_with_the_last(suite: Suite, acceptor: Path) -> None:
    path = suite.directory / "f.sock"
    suite.configure(section(acceptor, f"unix://{path}", "socket_mode=0660\nsocket_backlog=7"))
    suite.start()
    wait_until(lambda: suite.state("f:f_0") == "RUNNING" and suite.state("f:f_1") == "RUNNING", "both run")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert ask(str(path))[1:] == ["hello"]
    inodes = {os.stat(f"/proc/{suite.pid(f'f:f_{n}')}/fd/0").st_ino for n in range(2)}
    assert len(inodes) == 1
    assert suite.log_lines(f"INFO Creating socket unix://{path}")

    suite.ctl("stop", "f:f_0")
    assert ask(str(path))[0] == str(suite.pid("f:f_1"))
    suite.ctl("stop", "f:f_1")
    assert not path.exists()
    assert suite.log_lines(f"INFO Closing socket unix://{path}")
    suite.ctl("start", "f:*")
    assert ask(str(path))[1:] == ["hello"]


def test_socket_and_queue_outlive_the_daemon(suite: Suite, acceptor: Path) -> None:
    path = suite.directory / "f.sock"
    suite.configure(section(acceptor, f"unix://{path}", numprocs=1))
    suite.start()
    suite.wait_state("f:f_0", "RUNNING")
    pid = suite.pid("f:f_0")
    inode = os.stat(f"/proc/{pid}/fd/0").st_ino
    os.kill(pid, signal.SIGSTOP)
    answers: list[list[str]] = []
    client = threading.Thread(target=lambda: answers.append(ask(str(path), "queued")))
    client.start()
    suite.kill_daemon()
    wait_until(lambda: suite.pid("f:f_0") == pid, "the program is taken over")
    os.kill(pid, signal.SIGCONT)
    client.join(timeout=20)
    assert answers == [[str(pid), "queued"]]
    os.kill(pid, signal.SIGKILL)  # its successor gets the same socket
    wait_until(lambda: suite.pid("f:f_0") not in (0, pid), "it is started again")
    assert os.stat(f"/proc/{suite.pid('f:f_0')}/fd/0").st_ino == inode
    assert ask(str(path))[1:] == ["hello"]


def test_socket_comes_back_from_the_program_when_all_else_was_killed(suite: Suite, acceptor: Path) -> None:
    port = free_port()
    suite.configure(section(acceptor, f"tcp://127.0.0.1:{port}", numprocs=1))
    suite.start()
    suite.wait_state("f:f_0", "RUNNING")
    pid = suite.pid("f:f_0")
    suite.kill_keeper()
    suite.start()
    assert suite.pid("f:f_0") == pid
    assert ask(("127.0.0.1", port))[0] == str(pid)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: suite.state("f:f_0") == "RUNNING" and suite.pid("f:f_0") != pid, "it is started again")
    assert ask(("127.0.0.1", port))[1:] == ["hello"]


def test_tcp_and_no_stdin(suite: Suite, acceptor: Path) -> None:
    port = free_port()
    suite.configure(section(acceptor, f"tcp://localhost:{port}"))
    suite.start()
    wait_until(lambda: suite.state("f:f_1") == "RUNNING", "both run")
    assert ask(("127.0.0.1", port))[1:] == ["hello"]
    suite.ctl("restart", "f:*")
    assert ask(("127.0.0.1", port))[1:] == ["hello"]  # the address is free again at once


def test_socket_that_cannot_be_had_is_refused_at_the_start(suite: Suite, acceptor: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for url in (f"unix://{suite.directory}/none/f.sock", f"tcp://127.0.0.1:{port}"):
            suite.configure(section(acceptor, url))
            suite.start(wait=False)
            assert suite.keeper is not None
            assert suite.keeper.wait(timeout=20) == 2
            assert f"Cannot open the socket of [fcgi-program:f] ({url})" in suite.terminal()


def test_update_of_the_socket_moves_the_group_to_it(suite: Suite, acceptor: Path) -> None:
    old, new = suite.directory / "old.sock", suite.directory / "new.sock"
    suite.configure(section(acceptor, f"unix://{old}"))
    suite.start()
    wait_until(lambda: suite.state("f:f_1") == "RUNNING", "both run")
    suite.configure(section(acceptor, f"unix://{new}"))
    assert suite.ctl("update").stdout.splitlines() == ["f: stopped", "f: updated process group"]
    wait_until(new.exists, "the new socket is there")
    assert not old.exists()
    assert ask(str(new))[1:] == ["hello"]
