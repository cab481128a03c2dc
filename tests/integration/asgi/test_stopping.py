"""TERM with streams, uploads and requests open: what each client sees, and in which order things end."""

import os
import signal
import socket

import pytest
from conftest import APPS, wait_until

UPLOAD = b"POST /upload HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc"


def get(server, target):
    client = server.connect()
    client.send(f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    return client


def refuses(server) -> bool:
    try:
        with server.connect():
            return False
    except ConnectionRefusedError:
        return True


def rest_of(client) -> tuple[bytes, bool]:
    """What still comes of a stream, and whether it ended as its framing says."""
    body = b""
    while chunk := client.chunk():
        body += chunk
    return body, chunk is not None


@pytest.mark.parametrize("workers", ["1", "2"])
def test_everything_open_ends_in_its_own_way(serve, workers):
    server = serve("streams:app", "--workers", workers, "--timeout-graceful-shutdown", "2")
    streams = [get(server, "/listening"), get(server, "/deaf")]
    for client in streams:
        assert client.head().status == 200
        assert client.chunk() == b"data: tick\n\n"
    fast_upload, slow_upload, request = server.connect(), server.connect(), get(server, "/slow")
    fast_upload.send(UPLOAD)
    slow_upload.send(UPLOAD)
    server.get("/slow")  # all of these have begun
    server.signal(signal.SIGTERM)
    server.log.wait_for("Shutting down", count=int(workers))
    fast_upload.send(b"defghij")
    answer = fast_upload.answer()
    assert (answer.status, answer.body, answer.get("connection")) == (200, b"10", "close")
    wait_until(lambda: refuses(server), "the last worker has closed the socket")
    answer = request.answer()
    assert (answer.status, answer.body) == (200, b"done")
    for client in streams:
        body, is_whole = rest_of(client)
        assert b"tick" in body, "streams go on for most of the time"
        assert not is_whole, "and are cut, so that a client can tell"
    assert slow_upload.answer().status == 500
    assert server.wait() == 0
    text = server.log.text()
    assert "stream was told of the end" in text
    assert "send raised OSError" in text
    assert "upload was cancelled" in text
    assert text.count("lifespan.shutdown ran") == int(workers)
    assert "Traceback" not in text
    assert "killed" not in text


def test_worker_that_cannot_end_is_killed(serve):
    """Whether TERM comes before the request or after it: one that has taken it never turns its loop again."""
    server = serve("stuck:app", "--timeout-graceful-shutdown", "0.2", "--timeout-kill", "0.6")
    client = get(server, "/spin")
    with client:
        server.signal(signal.SIGTERM)
        server.log.wait_for("did not end in time, killed|ended: exit status 0")
    assert server.wait() == 0


def test_shutdown_delay_serves_on_but_is_not_ready(serve):
    server = serve("hello:app", "--shutdown-delay", "1", "--ready-path", "/readyz", "--health-path", "/healthz")
    assert (server.get("/readyz").status, server.get("/healthz").status) == (200, 200)
    with server.connect() as client:
        server.signal(signal.SIGTERM)
        server.log.wait_for("Handling signal: term")
        while client.request("GET", "/readyz").status == 200:
            pass
        assert client.request("GET", "/healthz").status == 200
        assert server.get("/json").status == 200, "new clients are still served"
    assert server.wait() == 0


def test_shutdown_delay_is_no_matter_of_a_reload(serve):
    server = serve("hello:app", "--shutdown-delay", "15")
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    server.signal(signal.SIGQUIT)
    assert server.wait() == 0


def test_clients_that_wait_to_be_accepted_are_answered(serve):
    """They are in the socket's queue when the stop comes: the kernel has told them that they are connected."""
    server = serve("hello:app")
    pid = server.get("/json").json()["pid"]
    os.kill(pid, signal.SIGSTOP)
    clients = [server.connect() for _ in range(5)]
    for client in clients:
        client.send(b"GET /json HTTP/1.1\r\nhost: a\r\n\r\n")
    server.signal(signal.SIGTERM)
    server.log.wait_for("Handling signal: term")
    os.kill(pid, signal.SIGCONT)
    assert [client.answer().status for client in clients] == [200] * 5
    assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_each_way_to_stop_ends_with_status_0(serve, number, workers):
    server = serve("hello:app", "--workers", workers)
    server.signal(number)
    assert server.wait() == 0
    assert "Traceback" not in server.log.text()


def test_unix_socket_refuses_once_it_stops(start, tmp_path):
    path = tmp_path / "app.sock"
    server = start("streams:app", "--app-dir", str(APPS), "--uds", str(path)).wait_ready()
    with get(server, "/listening") as client:
        assert client.head().status == 200
        server.signal(signal.SIGTERM)
        server.log.wait_for("Waiting for connections to close")
        assert not path.exists()
        with pytest.raises(OSError), socket.socket(socket.AF_UNIX) as late:
            late.connect(str(path))
        server.signal(signal.SIGQUIT)
    assert server.wait() == 0
