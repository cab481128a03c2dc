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


SPOILERS = ["asgi", "extensions", "state", "headers", "header", "key", "path", "gone", "keep", "keep-asgi", "keep-headers", "keep-state", "wait"]


@pytest.mark.parametrize("task", ["auto", "compat"])
def test_no_request_sees_what_another_did_with_its_scope(serve, task):
    server = serve("contract:app", "--task", task)
    with server.connect() as client, server.connect() as other:
        clean = client.request("GET", "/tell").json()
        for word in SPOILERS:
            assert client.request("GET", f"/tell?{word}").json() == clean, word
            for one in (client, other, client):
                assert one.request("GET", "/tell").json() == clean, f"after {word}"


def test_a_scope_that_is_kept_stays_as_it_was(serve):
    server = serve("contract:app")
    with server.connect() as client:
        for word in ("keep", "keep-headers", "keep-asgi"):
            client.request("GET", f"/tell?{word}", x_mine=word)
        kept = client.request("GET", "/tell?kept").json()
        for number in range(5):
            client.request("POST", f"/tell?{number}", x_mine="another")
        assert client.request("GET", "/tell?kept").json() == kept
    assert "'query_string': b'keep'" in kept["0"]
    assert "(b'x-mine', b'keep')" in kept["0"]
    assert "(b'x-mine', b'keep-headers')" in kept["1"]


def test_what_is_added_to_the_lifespans_state_the_next_request_has(serve):
    server = serve("contract:app")
    with server.connect() as client:
        assert [client.request("GET", "/tell").json()["state"] for _ in range(2)] == ["{'shared': []}"] * 2
        client.request("GET", "/tell?lifespan")
        assert [client.request("GET", "/tell").json()["state"] for _ in range(2)] == ["{'shared': [], 'added': True}"] * 2


def test_requests_with_the_same_fields_have_their_own_client_target_and_method(serve):
    server = serve("scopes:app")
    with server.connect() as one, server.connect() as other:
        for method, target, client in [("GET", "/a?b", one), ("GET", "/a?b", other), ("POST", "/a?b", one), ("GET", "/c%20d", other), ("GET", "/a?b", one)]:
            scope = client.request(method, target).json()
            said = (scope["method"], scope["raw_path"]["bytes"], scope["query_string"]["bytes"], scope["client"]["tuple"][1])
            path, _, query = target.partition("?")
            assert said == (method, path, query, client.socket.getsockname()[1])


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("a:1,b:2", [("a", "1"), ("b", "2")]),
        ("a:1,b:3", [("a", "1"), ("b", "3")]),
        ("a:1", [("a", "1")]),
        ("A:1,b:3", [("a", "1"), ("b", "3")]),
        ("a: 1,b:3", [("a", "1"), ("b", "3")]),
        ("b:3,a:1,a:2", [("b", "3"), ("a", "1"), ("a", "2")]),
        ("", []),
    ],
)
def test_an_answers_headers_are_its_own_whatever_the_last_ones_were(serve, said, sent):
    server = serve("contract:app")
    with server.connect() as client:
        for query, fields in [("a:1,b:2", [("a", "1"), ("b", "2")]), (said, sent), (said, sent)]:
            answer = client.request("GET", f"/say?{query.replace(' ', '%20')}")
            assert [(name, value) for name, value in answer.fields if len(name) == 1] == fields


def test_a_bad_header_is_refused_also_where_a_good_one_was(serve):
    server = serve("contract:app")
    for query in ("a:1", "a:1%0d%0ab", "a:1%0d%0ab", "a%20:1"):
        with server.connect() as client:
            assert client.request("GET", f"/say?{query}").status == (200 if query == "a:1" else 500)
    assert server.get("/say?a:1").get("a") == "1"
