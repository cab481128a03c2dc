"""Workers die, are stopped, and are replaced."""

import os
import signal
import threading

import pytest
from conftest import APPS, wait_until


def test_killed_worker_is_replaced(serve):
    server = serve("hello:app", "--workers", "2")
    victim = server.get("/json").json()["pid"]
    os.kill(victim, signal.SIGKILL)
    server.log.wait_for(rf"Worker \(pid:{victim}\) was sent SIGKILL!")
    server.log.wait_for(r"Application startup complete\.", count=3)
    assert server.get("/json").json()["pid"] != victim
    assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_running_request_is_answered_before_the_end(serve, number):
    server = serve("hello:app")
    with server.connect() as busy, server.connect() as idle:
        busy.send(b"GET /slow?seconds=0.5 HTTP/1.1\r\nhost: a\r\n\r\n")
        idle.request("GET", "/json")
        server.signal(number)
        assert idle.is_closed()
        answer = busy.answer()
        assert (answer.body, answer.get("connection")) == (b"waited 0.5 s\n", "close")
    assert server.wait() == 0
    assert "Application shutdown complete." in server.log.text()


def test_shutdown_runs_even_when_a_request_does_not_end(serve):
    server = serve("scopes:app", "--graceful-timeout", "0.3")
    with server.connect() as client:
        client.send(b"GET /cancelled HTTP/1.1\r\nhost: a\r\n\r\n")
        server.get("/events")  # the request before it has begun
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    text = server.log.text()
    assert "Cancel 1 running task(s), timeout graceful shutdown exceeded" in text
    assert "Application shutdown complete." in text


def test_second_interrupt_forces(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"GET /slow?seconds=60 HTTP/1.1\r\nhost: a\r\n\r\n")
        server.get("/json")
        server.signal(signal.SIGINT)
        server.log.wait_for("Handling signal: int$")
        server.signal(signal.SIGINT)
        assert server.wait() == 0


def test_term_to_the_whole_group_is_one_shutdown(serve):
    server = serve("hello:app", "--workers", "2", start_new_session=True)
    os.killpg(server.process.pid, signal.SIGTERM)
    assert server.wait() == 0
    text = server.log.text()
    assert text.count("Application shutdown complete.") == 2
    assert "unexpectedly" not in text
    assert text.count("Started server process") == 2


def test_hup_under_load_loses_no_request(serve):
    server = serve("hello:app", "--workers", "2")
    stop = threading.Event()
    failures: list[str] = []
    pids: set[int] = set()

    def ask_again_and_again() -> None:
        while not stop.is_set():
            try:
                pids.add(server.get("/json", connection="close").json()["pid"])
            except Exception as error:  # any kind is what the test looks for
                failures.append(repr(error))

    clients = [threading.Thread(target=ask_again_and_again) for _ in range(4)]
    for client in clients:
        client.start()
    for round_number in (1, 2):
        server.signal(signal.SIGHUP)
        server.log.wait_for("Reload complete", count=round_number)
    stop.set()
    for client in clients:
        client.join()
    assert failures == []
    assert len(pids) >= 4


def test_hup_takes_new_code_and_keeps_old_workers_when_it_is_broken(start, tmp_path):
    module = tmp_path / "changing.py"

    def write(text: str) -> None:
        module.write_text(
            "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
            "    await send({'type': 'http.response.start', 'status': 200})\n"
            f"    await send({{'type': 'http.response.body', 'body': {text}}})\n"
        )

    write("b'one'")
    server = start("changing:app", "--port", "0").wait_ready()
    assert server.get("/").body == b"one"
    write("b'two'")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    assert server.get("/").body == b"two"
    module.write_text("this is not Python")
    server.signal(signal.SIGHUP)
    server.log.wait_for("The new worker could not start; the old one serves on")
    assert server.get("/").body == b"two"
    assert server.stop() == 0


def test_ttin_and_ttou_change_the_number_of_workers(serve):
    server = serve("hello:app")
    server.signal(signal.SIGTTIN)
    server.log.wait_for("Application startup complete", count=2)
    server.signal(signal.SIGTTOU)
    server.log.wait_for(r"Worker \(pid:\d+\) ended: exit status 0")
    assert server.get("/json").status == 200


def test_worker_that_has_served_enough_is_replaced_without_a_gap(serve):
    server = serve("hello:app", "--max-requests", "5")
    first = server.get("/json").json()["pid"]
    for _ in range(5):
        assert server.get("/json").status == 200
    server.log.wait_for("Maximum request limit exceeded")
    server.log.wait_for(rf"Worker \(pid:{first}\) ended: exit status 0")
    assert server.get("/json").json()["pid"] != first


def test_usr1_reopens_the_log_files(start, tmp_path):
    access, error = tmp_path / "access.log", tmp_path / "error.log"
    server = start("hello:app", "--app-dir", str(APPS), "--uds", str(tmp_path / "app.sock"),
                   "--access-logfile", str(access), "--error-logfile", str(error))
    server.address = str(tmp_path / "app.sock")
    wait_until(lambda: error.exists() and "running on" in error.read_text(), "ready")
    server.get("/before")
    wait_until(lambda: "/before" in access.read_text(), "the access line")
    access.rename(tmp_path / "access.log.1")
    error.rename(tmp_path / "error.log.1")
    server.signal(signal.SIGUSR1)
    wait_until(lambda: access.exists() and error.exists(), "new files")
    wait_until(lambda: server.get("/after") and "/after" in access.read_text(), "the worker writes to the new file")
    server.signal(signal.SIGTERM)
    wait_until(lambda: "Handling signal: term" in error.read_text(), "the arbiter writes to the new file")


def test_workers_end_when_the_arbiter_is_killed(serve):
    server = serve("hello:app")
    pid = server.get("/json").json()["pid"]
    server.signal(signal.SIGKILL)
    server.process.wait()
    server.log.wait_for(rf"Finished server process \[{pid}\]")
