"""Clients that take their time, on purpose or not: each wait has an end, and others do not notice."""

import pytest

from conftest import wait_until

APP = "hello:app"


def test_head_that_does_not_come_to_its_end_is_a_408(serve):
    server = serve(APP, "--timeout-header", "0.3")
    with server.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nhost:")
        answer = client.answer()
        assert (answer.status, answer.get("connection")) == (408, "close")
        assert client.is_closed()


def test_connection_that_never_says_a_word_is_closed_without_one(serve):
    server = serve(APP, "--timeout-header", "0.3")
    with server.connect() as client:
        assert client.is_closed()


def test_kept_connection_is_closed_without_a_word(serve):
    server = serve(APP, "--timeout-keep-alive", "0.3")
    with server.connect() as client:
        assert client.request("GET", "/json").status == 200
        assert client.is_closed()


def test_no_connection_is_kept_when_the_limit_is_zero(serve):
    server = serve(APP, "--timeout-keep-alive", "0")
    with server.connect() as client:
        assert client.request("GET", "/json").get("connection") == "close"
        assert client.is_closed()


def test_body_that_stands_still_is_a_408_and_the_application_is_told(serve):
    server = serve("slow_clients:app", "--timeout-body", "0.3")
    with server.connect() as client:
        client.send(b"POST /count HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf")
        assert client.answer().status == 408
        assert client.is_closed()
    assert server.get("/events").json() == ["4 bytes, then http.disconnect"]


def test_body_may_take_long_as_long_as_it_comes(serve):
    server = serve("slow_clients:app", "--timeout-body", "1")
    with server.connect() as client:
        client.send(b"POST /paced HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n")
        assert client.head().get("transfer-encoding") == "chunked"
        for piece in range(8):  # the application asks for each byte after 0.25 s: 2 s in all
            assert client.chunk() == b"next"
            client.send(b"%d" % piece)
        assert client.chunk() == b"01234567"


def test_client_that_does_not_read_is_given_up(serve):
    server = serve("slow_clients:app", "--timeout-write", "0.5")
    with server.connect() as client:
        client.send(b"GET /flood HTTP/1.1\r\nhost: a\r\n\r\n")
        client.head()  # and nothing more
        wait_until(lambda: server.get("/events").json() == ["flood: http.disconnect"], "the application has been told")


def test_no_more_connections_than_wanted_are_open(serve):
    server = serve(APP, "--limit-connections", "2")
    with server.connect() as first, server.connect() as second:
        assert first.request("GET", "/json").status == 200
        assert second.request("GET", "/json").status == 200
        with server.connect() as third:
            third.send(b"GET /json HTTP/1.1\r\nhost: a\r\n\r\n")  # waits in the backlog
            second.socket.close()
            assert third.answer().status == 200


@pytest.mark.parametrize("value", ["-1", "soon"])
def test_bad_time_limit_is_a_usage_error(start, value):
    server = start(APP, "--timeout-body", value)
    assert server.wait() == 2
    assert "--timeout-body" in server.log.text() and len(server.log.text().splitlines()) == 1
