"""USR2: another arbiter with the same sockets, and the way back."""

import os
import signal
import socket

import pytest
from conftest import APPS, wait_until

WORDS = ("--app-dir", str(APPS))


def successor_of(server, count: int = 1) -> int:
    return int(server.log.wait_for(r"Started a new arbiter \(pid:(\d+)\)", count=count)[-1][1])


def is_gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def end():
    """end(pid): TERM at the end of the test, and wait; for arbiters that are none of our children."""
    pids: list[int] = []
    yield pids.append
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
        wait_until(lambda pid=pid: is_gone(pid), f"arbiter {pid} ends")


def test_successor_takes_over_sockets_and_pid_file(start, tmp_path, end):
    pid_file, path = tmp_path / "app.pid", tmp_path / "app.sock"
    server = start("stuck:app", *WORDS, "--bind", "127.0.0.1:0", "--bind", f"unix:{path}", "--pid", str(pid_file)).wait_ready()
    assert pid_file.read_text() == f"{server.process.pid}\n"
    server.signal(signal.SIGUSR2)
    new = successor_of(server)
    end(new)
    server.log.wait_for("asgi-worker running on", count=4)
    assert (tmp_path / "app.pid.2").read_text() == f"{new}\n"
    server.signal(signal.SIGTERM)
    assert server.process.wait(20) == 0  # its stderr is its successor's too, and stays open
    server.log.wait_for("The arbiter before this one has ended")
    wait_until(lambda: pid_file.read_text() == f"{new}\n", "the pid file is the successor's")
    assert not (tmp_path / "app.pid.2").exists()
    assert server.get("/").json()["parent"] == new
    server.address = str(path)  # its file is left alone
    assert server.get("/").json()["parent"] == new


def test_successor_finds_what_was_named_from_where_the_command_was_started(start, tmp_path, end):
    (tmp_path / "app").mkdir()
    (tmp_path / "conf.py").write_text("proc_name = 'from-conf'\n")
    server = start("stuck:app", *WORDS, "--port", "0", "-c", "conf.py", "--chdir", "app", cwd=tmp_path).wait_ready()
    server.signal(signal.SIGUSR2)
    new = successor_of(server)
    end(new)
    server.log.wait_for("asgi-worker running on", count=2)
    with open(f"/proc/{new}/cmdline", encoding="utf-8") as file:
        assert "from-conf" in file.read()
    assert os.readlink(f"/proc/{new}/cwd") == str(tmp_path / "app")


def test_winch_shows_how_the_successor_does_alone_and_hup_goes_back(start, end):
    server = start("stuck:app", *WORDS, "--port", "0").wait_ready()
    server.signal(signal.SIGUSR2)
    new = successor_of(server)
    end(new)
    server.log.wait_for("asgi-worker running on", count=2)
    server.signal(signal.SIGWINCH)
    server.log.wait_for("Handling signal: winch")
    server.log.wait_for(r"Worker \(pid:\d+\) ended: exit status 0")
    for _ in range(5):
        assert server.get("/").json()["parent"] == new
    server.signal(signal.SIGHUP)
    server.log.wait_for("Application startup complete|appears unsupported", count=3)
    os.kill(new, signal.SIGTERM)
    server.log.wait_for(rf"The new arbiter \(pid:{new}\) ended: exit status 0; this one serves on")
    assert server.get("/").json()["parent"] == server.process.pid


def test_successor_that_cannot_start_changes_nothing(start, tmp_path):
    module = tmp_path / "changing.py"
    module.write_text("from stuck import app\n")
    server = start("changing:app", "--port", "0", env={"PYTHONPATH": str(APPS)}).wait_ready()
    module.write_text("this is not Python")
    server.signal(signal.SIGUSR2)
    new = successor_of(server)
    server.log.wait_for(rf"The new arbiter \(pid:{new}\) ended: exit status 3; this one serves on")
    assert server.get("/").status == 200
    module.write_text("from stuck import app\n")
    server.signal(signal.SIGUSR2)
    assert successor_of(server, count=2) != new
    server.log.wait_for("asgi-worker running on", count=2)
    os.kill(successor_of(server, count=2), signal.SIGTERM)
    server.log.wait_for("this one serves on", count=2)


def test_second_usr2_waits_for_the_end_of_the_first(start, end):
    server = start("hello:app", *WORDS, "--port", "0").wait_ready()
    server.signal(signal.SIGUSR2)
    new = successor_of(server)
    end(new)
    server.signal(signal.SIGUSR2)
    server.log.wait_for(rf"Handling signal: usr2, ignored: the arbiter with pid {new} runs already")
    server.log.wait_for("asgi-worker running on", count=2)
    os.kill(new, signal.SIGUSR2)
    server.log.wait_for(rf"USR2 is ignored: the arbiter with pid {server.process.pid} runs still")


def test_service_manager_learns_who_the_main_process_is(start, tmp_path, end):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)
        server = start("hello:app", *WORDS, "--port", "0", env={"NOTIFY_SOCKET": str(path)}).wait_ready()
        assert manager.recv(4096) == b"READY=1\nSTATUS=serving, 1 worker"
        server.signal(signal.SIGUSR2)
        new = successor_of(server)
        end(new)
        assert manager.recv(4096) == b"READY=1\nSTATUS=serving, 1 worker"
        server.signal(signal.SIGTERM)
        assert manager.recv(4096) == f"MAINPID={new}".encode()
        assert manager.recv(4096) == f"MAINPID={new}\nREADY=1".encode()
