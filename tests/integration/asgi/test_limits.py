"""Limits on what runs at once: counted in calls of the application, with and without a queue."""

import threading

import pytest

from conftest import wait_until

APP = "limits:app"


def get_in_background(server, target: str, answers: list) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.append(server.get(target)))
    thread.start()
    return thread


def test_more_than_the_limit_is_a_503(serve):
    server = serve(APP, "--limit-concurrency", "1")
    answers: list = []
    first = get_in_background(server, "/hold", answers)
    wait_until(lambda: server.get("/any").status == 503, "the first one has the only place")
    answer = server.get("/any")
    assert (answer.status, answer.get("retry-after"), answer.get("connection")) == (503, "1", "close")
    first.join()  # /hold ends by itself
    assert answers[0].status == 200
    assert server.get("/any").status == 200


def test_idle_connections_do_not_count(serve):
    server = serve(APP, "--limit-concurrency", "1")
    with server.connect() as first, server.connect() as second:
        for client in (first, second, first, second):
            assert client.request("GET", "/any").status == 200


def test_queue_is_first_come_first_served(serve):
    server = serve(APP, "--limit-concurrency", "1", "--limit-queue", "10")
    with server.connect() as holder:
        holder.send(b"GET /hold HTTP/1.1\r\nhost: a\r\n\r\n")
        server.log.wait_for("WARNING:  holding")
        clients = [server.connect() for _ in range(5)]
        for number, client in enumerate(clients):
            client.send(b"GET /order?%d HTTP/1.1\r\nhost: a\r\n\r\n" % number)
        assert holder.answer().status == 200
        assert sorted(client.answer().body for client in clients) == [b"0", b"1", b"2", b"3", b"4"]
        for client in clients:
            client.socket.close()


def test_queue_that_is_full_or_waited_in_too_long_is_a_503(serve):
    server = serve(APP, "--limit-concurrency", "1", "--limit-queue", "1", "--limit-queue-timeout", "0.3")
    with server.connect() as holder, server.connect() as second:
        holder.send(b"GET /hold HTTP/1.1\r\nhost: a\r\n\r\n")
        server.log.wait_for("WARNING:  holding")
        second.send(b"GET /any HTTP/1.1\r\nhost: a\r\n\r\n")
        assert server.get("/any").status == 503  # there is no place in the queue
        assert second.answer().status == 503  # it has waited
        assert holder.answer().status == 200


def test_work_after_the_answer_counts(serve):
    server = serve(APP, "--limit-concurrency", "1")
    with server.connect() as client:
        assert client.request("GET", "/background").body == b"answered"
        assert client.request("GET", "/any").status == 503
    wait_until(lambda: server.get("/any").status == 200, "the work has ended")


def test_request_that_takes_too_long_is_a_504_and_cancelled(serve):
    server = serve(APP, "--timeout-request", "0.3")
    answer = server.get("/forever")
    assert (answer.status, answer.get("connection")) == (504, "close")
    server.log.wait_for("WARNING:  cancelled")
    server.log.wait_for("WARNING:  request timed out: the application is cancelled")
    assert server.get("/any").status == 200


def test_request_that_has_begun_its_answer_is_cut(serve):
    server = serve(APP, "--timeout-request", "0.3")
    answer = server.get("/forever-streaming")
    assert answer.status == 200 and not answer.is_whole
    server.log.wait_for("WARNING:  cancelled")


@pytest.mark.parametrize(
    "words",
    [["--limit-mode", "maybe"], ["--limit-mode", "reject", "--limit-queue", "5"], ["--limit-concurrency", "-1"]],
)
def test_bad_limits_are_usage_errors(start, words):
    server = start(APP, *words)
    assert server.wait() == 2
    assert len(server.log.text().splitlines()) == 1
