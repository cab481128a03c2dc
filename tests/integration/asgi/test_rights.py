"""Whose rights workers have, and what the arbiter leaves in the file system."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from conftest import APPS, BIN, PYTHON, of_python, wait_until

REACHES_PYTHON = all(parent.stat().st_mode & 0o1 for parent in Path(of_python("os.path.realpath(sys.executable)")).parents)
as_root = pytest.mark.skipif(os.geteuid() != 0 or not REACHES_PYTHON, reason="only root can change its user, who must reach the interpreter")
WORDS = ("--app-dir", str(APPS))


@as_root
@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["", "preload"])
def test_workers_run_as_the_user_and_the_arbiter_stays_root(serve, preload):
    server = serve("stuck:app", "--user", "nobody", *preload)
    facts = server.get("/").json()
    assert (facts["uid"], facts["gid"], facts["groups"]) == (65534, 65534, [65534])
    assert os.stat(f"/proc/{server.process.pid}").st_uid == 0
    assert server.stop() == 0


@as_root
def test_group_and_number(serve):
    facts = serve("stuck:app", "--user", "65534", "--group", "daemon").get("/").json()
    assert (facts["uid"], facts["gid"], facts["groups"]) == (65534, 1, [1])


@as_root
def test_privileged_port_is_bound_before_the_rights_go(start):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 81))
        except OSError:
            pytest.skip("port 81 is taken")
    server = start("stuck:app", *WORDS, "--bind", "127.0.0.1:81", "--user", "nobody").wait_ready()
    assert server.address == ("127.0.0.1", 81)
    assert server.get("/").json()["uid"] == 65534


@as_root
def test_workers_reopen_logs_that_root_has_made(start, tmp_path):
    folder = Path(tempfile.mkdtemp())  # one that everybody may go into, other than pytest's
    folder.chmod(0o777)
    access = folder / "access.log"
    path = tmp_path / "app.sock"
    server = start("stuck:app", *WORDS, "--uds", str(path), "--user", "nobody", "--access-logfile", str(access)).wait_ready()
    assert (path.stat().st_uid, access.stat().st_uid) == (65534, 65534)
    access.rename(folder / "access.log.1")
    server.signal(signal.SIGUSR1)
    wait_until(lambda: server.get("/after") and access.exists() and "/after" in access.read_text(), "the worker writes to the new file")
    shutil.rmtree(folder)


@as_root
def test_owner_of_the_socket(start, tmp_path):
    path = tmp_path / "app.sock"
    start("stuck:app", *WORDS, "--uds", str(path), "--uds-owner", "nobody:daemon", "--uds-permissions", "660").wait_ready()
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (65534, 1, 0o660)


@pytest.mark.parametrize(("words", "line"), [
    (["--user", "nobody-knows"], "Invalid user name nobody-knows"),
    (["--group", "nobody-knows"], "Invalid group name nobody-knows"),
])
def test_unknown_names_are_a_line(start, words, line):
    server = start("stuck:app", *WORDS, "--port", "0", *words)
    assert server.wait() == 1
    assert line in server.log.text()


def test_names_of_the_processes(serve):
    server = serve("stuck:app", "--name", "shop")

    def title(pid: int) -> str:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read().rstrip("\0")

    assert title(server.process.pid) == "asgi-worker: master [shop]"
    assert title(server.get("/").json()["pid"]) == "asgi-worker: worker [shop]"


def test_umask(start, tmp_path):
    path = tmp_path / "app.sock"
    start("stuck:app", *WORDS, "--uds", str(path), "--umask", "027").wait_ready()
    assert stat.S_IMODE(path.stat().st_mode) == 0o750


def test_pid_file_is_there_while_it_runs_and_keeps_a_second_one_out(start, tmp_path):
    path = tmp_path / "app.pid"
    first = start("stuck:app", *WORDS, "--port", "0", "--pid", str(path)).wait_ready()
    assert path.read_text() == f"{first.process.pid}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    second = start("stuck:app", *WORDS, "--port", "0", "--pid", str(path))
    assert second.wait() == 1
    assert f"Already running on PID {first.process.pid} (or pid file '{path}' is stale)" in second.log.text()
    assert first.stop() == 0
    assert not path.exists()


def test_reload_moves_the_pid_file(start, tmp_path):
    one, other, conf = tmp_path / "one.pid", tmp_path / "other.pid", tmp_path / "conf.py"
    conf.write_text(f"pidfile = {str(one)!r}\n")
    server = start("stuck:app", *WORDS, "--port", "0", "-c", str(conf)).wait_ready()
    conf.write_text(f"pidfile = {str(other)!r}\n")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    assert (one.exists(), other.read_text()) == (False, f"{server.process.pid}\n")
    assert server.stop() == 0
    assert not other.exists()


@as_root
@pytest.mark.parametrize("preload", [False, True], ids=["", "preload"])
def test_reload_takes_another_user_and_umask(start, tmp_path, preload):
    conf = tmp_path / "conf.py"
    conf.write_text(f"umask = 0o022\npreload_app = {preload}\n")
    server = start("stuck:app", *WORDS, "--port", "0", "-c", str(conf)).wait_ready()
    before = server.get("/").json()
    conf.write_text(f"umask = 0o027\npreload_app = {preload}\nuser = 'nobody'\ngroup = 'daemon'\n")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    after = server.get("/").json()
    assert [(facts["uid"], facts["gid"], facts["umask"]) for facts in (before, after)] == [(0, 0, 0o022), (65534, 1, 0o027)]
    conf.write_text("user = 'nobody-knows'\n")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Configuration is not taken over: Invalid user name nobody-knows")
    server.log.wait_for("Reload complete", count=2)
    assert server.get("/").json()["uid"] == 65534


def test_mode_of_a_unix_socket_is_that_of_the_server_whose_ways_hold(start, tmp_path):
    for compat, mode in (("native", 0o666), ("uvicorn", 0o666), ("gunicorn", 0o777)):
        path = tmp_path / f"{compat}.sock"
        start("stuck:app", *WORDS, "--compat", compat, "--bind", f"unix:{path}").wait_ready()
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_stale_pid_file_is_taken_over(start, tmp_path):
    path = tmp_path / "app.pid"
    ended = subprocess.Popen(["true"])
    ended.wait()
    path.write_text(f"{ended.pid}\n")
    server = start("stuck:app", *WORDS, "--port", "0", "--pid", str(path)).wait_ready()
    assert path.read_text() == f"{server.process.pid}\n"


def run_daemon(tmp_path, environment, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / "asgi-worker"), "--python", PYTHON, "stuck:app", *WORDS, "--daemon", "--pid", str(tmp_path / "app.pid"), *words],
        cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=20, check=False)


def test_daemon_serves_in_a_session_of_its_own(tmp_path, environment):
    path = tmp_path / "app.sock"
    ended = run_daemon(tmp_path, environment, "--uds", str(path), "--error-logfile", str(tmp_path / "error.log"))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    pid = int((tmp_path / "app.pid").read_text())
    try:
        assert os.getsid(pid) not in (os.getsid(0), pid)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            client.settimeout(20)
            assert client.recv(12) == b"HTTP/1.1 200"
    finally:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}") and not path.exists(), "the daemon ends")


def test_daemon_that_cannot_bind_says_so_and_fails(tmp_path, environment, listener):
    ended = run_daemon(tmp_path, environment, "--port", str(listener.getsockname()[1]))
    assert ended.returncode == 1
    assert "Address already in use" in ended.stderr
