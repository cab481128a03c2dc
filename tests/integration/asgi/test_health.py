"""Health checks, answered without the application."""

import pytest


def test_checks_are_answered_without_the_application(serve):
    server = serve("limits:app", "--health-path", "/healthz", "--ready-path", "/readyz", "--limit-concurrency", "1")
    with server.connect() as busy:
        busy.send(b"GET /hold HTTP/1.1\r\nhost: a\r\n\r\n")
        server.log.wait_for("WARNING:  holding")
        assert server.get("/any").status == 503  # the application is full
        assert server.get("/healthz").body == b"ok\n"
        assert server.get("/readyz").status == 200
        assert busy.answer().status == 200


@pytest.mark.parametrize("flag", ["--health-path", "--ready-path"])
def test_path_without_a_slash_is_a_usage_error(start, flag):
    server = start("hello:app", flag, "healthz")
    assert server.wait() == 2
    assert flag in server.log.text()
