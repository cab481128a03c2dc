"""What the application is told when a client leaves, and when an answer is over."""

import json
import subprocess

import pytest

from conftest import PYTHON, wait_until

DISCONNECT = {"type": "http.disconnect"}


def events(server) -> list[str]:
    return server.get("/events").json()


def ask_and_leave(server, target: str) -> None:
    with server.connect() as client:
        client.send(f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        assert client.head().status == 200
        assert client.chunk() is not None


@pytest.mark.parametrize(
    ("path", "noted"),
    [
        ("/leave", "ClientDisconnected < OSError < Exception"),
        ("/leave-group", "ExceptionGroup"),
        ("/leave-translated", "translated"),
    ],
)
def test_send_raises_once_the_client_has_left_and_nothing_is_logged(serve, path, noted):
    if path == "/leave-group" and subprocess.run([PYTHON, "-c", "import asyncio; asyncio.TaskGroup"], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a Python without task groups")
    server = serve("contract:app")
    ask_and_leave(server, path)
    wait_until(lambda: noted in events(server), "the exception in the application")
    server.stop()
    assert "Exception" not in server.log.text()


def test_another_error_after_a_disconnect_is_logged(serve):
    server = serve("contract:app")
    ask_and_leave(server, "/leave-broken")
    server.log.wait_for("ValueError: not about the client")


def test_below_2_4_send_is_silent_after_a_disconnect(serve):
    server = serve("contract:app", "--asgi-spec-version", "2.3")
    assert server.get("/scope").json()["asgi"] == {"version": "3.0", "spec_version": "2.3"}
    ask_and_leave(server, "/leave-silent")
    wait_until(lambda: events(server) == ["silent"], "the stream's end")


def test_receive_tells_of_a_disconnect_as_often_as_it_is_asked(serve):
    server = serve("contract:app")
    with server.connect() as client:
        client.send(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        wait_until(lambda: events(server) == ["waiting"], "the request")
    wait_until(lambda: events(server)[1:] == [f"gone {DISCONNECT}"], "the disconnect")


@pytest.mark.parametrize(
    "head",
    [b"content-length: 10\r\n\r\n12345", b"transfer-encoding: chunked\r\n\r\n5\r\n12345\r\n", b"transfer-encoding: chunked\r\n\r\n5\r\n123"],
    ids=["length", "between-chunks", "in-a-chunk"],
)
def test_body_cut_short_is_a_disconnect_never_an_end(serve, head):
    server = serve("contract:app")
    with server.connect() as client:
        client.send(b"POST /read HTTP/1.1\r\nhost: a\r\n" + head)
        client.socket.shutdown(1)
        assert client.is_closed()
    wait_until(lambda: events(server) == ["http.disconnect 0 None"], "the disconnect")


@pytest.mark.parametrize("body", [b"", b"never read"], ids=["no-body", "unread-body"])
def test_receive_after_the_answer_says_disconnect_at_once(serve, body):
    server = serve("contract:app")
    with server.connect() as client:
        assert client.request("POST", "/after", body).body == b"done"
        assert client.request("GET", "/events").json() == [str([DISCONNECT] * 3)]


def test_two_receivers_wait_side_by_side(serve):
    server = serve("contract:app")
    answer = server.get("/twice").body.decode()
    assert "'more_body': False" in answer
    assert answer.endswith("TimeoutError")


def test_work_after_the_answer_delays_neither_the_answer_nor_the_next_request(serve):
    server = serve("contract:app")
    with server.connect() as client:
        assert client.request("GET", "/background").body == b"answered"
        assert client.request("GET", "/events").json() == []
    wait_until(lambda: events(server) == ["worked"], "the work after the answer")


def test_what_one_request_changes_in_its_scope_no_other_sees(serve):
    server = serve("contract:app")
    first, second = (json.loads(server.get("/scope").body) for _ in range(2))
    assert first["asgi"] == second["asgi"] == {"version": "3.0", "spec_version": "2.5"}
    assert first["state"] == second["state"] == ["shared"]
    assert first["extensions"] == second["extensions"]
    assert (first["shared"], second["shared"]) == (1, 2)  # a shallow copy


@pytest.mark.parametrize(("words", "seen"), [([], b"set at import"), (["--reset-contextvars"], b"unset")], ids=["kept", "reset"])
def test_each_request_has_a_context_of_its_own(serve, words, seen):
    server = serve("contract:app", *words)
    with server.connect() as client:
        assert [client.request("GET", "/context").body for _ in range(2)] == [seen, seen]
