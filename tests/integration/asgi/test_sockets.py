"""Where it listens."""

import os
import signal
import socket
import stat
from pathlib import Path

from conftest import APPS, wait_until


def test_unix_socket_has_its_mode_and_goes_at_the_end(start, tmp_path):
    path = tmp_path / "app.sock"
    server = start("scopes:app", "--app-dir", str(APPS), "--uds", str(path)).wait_ready()
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    scope = server.get("/").json()
    assert (scope["client"], scope["server"]) == (None, {"tuple": [str(path), None]})
    assert server.stop() == 0
    assert not path.exists()


def test_stale_unix_socket_is_taken_over_and_a_living_one_is_not(start, tmp_path):
    path = tmp_path / "app.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    first = start("hello:app", "--app-dir", str(APPS), "--bind", f"unix:{path}", "--uds-permissions", "600").wait_ready()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    second = start("hello:app", "--app-dir", str(APPS), "--bind", f"unix://{path}")
    assert second.wait() == 1
    assert f"Address already in use: unix:{path}" in second.log.text()
    assert first.get("/json").status == 200


def test_file_that_is_no_socket_is_left_alone(start, tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    server = start("hello:app", "--uds", str(path))
    assert server.wait() == 1
    assert "the file there is not a socket" in server.log.text()
    assert path.read_text() == "data"


def test_too_long_unix_path_is_a_line(start, tmp_path):
    server = start("hello:app", "--uds", "/tmp/" + "x" * 120)
    assert server.wait() == 1
    assert "the path is 125 bytes long, the system takes 107" in server.log.text()


def test_port_in_use_is_a_line(start, listener):
    port = listener.getsockname()[1]
    server = start("hello:app", "--app-dir", str(APPS), "--port", str(port))
    assert server.wait() == 1
    assert f"Address already in use: 127.0.0.1:{port}" in server.log.text()


def test_descriptor_of_the_caller(start, listener):
    fd = listener.fileno()
    server = start("hello:app", "--app-dir", str(APPS), "--fd", str(fd), pass_fds=[fd]).wait_ready()
    assert server.address == listener.getsockname()
    assert server.get("/json").status == 200


def test_descriptor_of_a_service_manager(start, listener):
    def hand_over() -> None:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)

    server = start("hello:app", "--app-dir", str(APPS), env={"LISTEN_FDS": "1"}, preexec_fn=hand_over, close_fds=False).wait_ready()
    assert server.address == listener.getsockname()


def test_several_addresses(start, tmp_path):
    path = tmp_path / "app.sock"
    server = start("hello:app", "--app-dir", str(APPS), "-b", "127.0.0.1:0", "-b", "[::1]:0", "-b", f"unix:{path}").wait_ready()
    lines = server.log.wait_for(r"running on", count=3)
    assert len(lines) == 3
    server.address = str(path)
    assert server.get("/json").status == 200


def test_readiness_is_told_to_the_service_manager_and_hidden_from_workers(start, tmp_path):
    path = tmp_path / "notify"
    (tmp_path / "env.py").write_text(
        "import os\nassert 'NOTIFY_SOCKET' not in os.environ\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(20)
        start("env:app", "--port", "0", "--workers", "2", env={"NOTIFY_SOCKET": str(path)})
        assert manager.recv(4096).decode().splitlines() == ["READY=1", "STATUS=serving, 2 workers"]


def test_killed_worker_loses_nobody_who_waits_to_be_accepted(start):
    """The queue is the socket's, and the socket is all workers'."""
    server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "--workers", "2").wait_ready()
    server.log.wait_for("Application startup complete", count=2)
    one, other = server.workers()
    for pid in (one, other):
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda pid=pid: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T", "it stands still")
    clients = [server.connect() for _ in range(50)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    os.kill(one, signal.SIGKILL)
    os.kill(other, signal.SIGCONT)
    assert [client.answer().status for client in clients] == [200] * 50
