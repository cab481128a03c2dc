"""--interface wsgi: PEP 3333 over the same server."""

import threading

import pytest
from conftest import wait_until


@pytest.fixture
def wsgi(serve):
    return lambda *words: serve("wsgi_apps:app", "--interface", "wsgi", *words)


def test_environ_is_as_cgi_has_it(wsgi):
    server = wsgi("--root-path", "/api")
    with server.connect() as client:
        client.send(
            b"GET /a%20b/%C3%A9?q=%20&x HTTP/1.1\r\nhost: h:81\r\nx-many: 1\r\nx-many: 2\r\ncookie: a=1\r\ncookie: b=2\r\n"
            b"x_vouched_for: no\r\ncontent-type: text/x\r\ncontent-length: 0\r\n\r\n"
        )
        environ = client.answer().json()
        port = client.socket.getsockname()[1]
    expected = {
        "REQUEST_METHOD": "GET", "SCRIPT_NAME": "/api", "PATH_INFO": "/a b/\u00c3\u00a9", "QUERY_STRING": "q=%20&x",
        "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(server.address[1]),
        "REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": str(port), "HTTP_HOST": "h:81", "HTTP_X_MANY": "1,2", "HTTP_COOKIE": "a=1; b=2",
        "CONTENT_TYPE": "text/x", "CONTENT_LENGTH": "0", "wsgi.version": [1, 0], "wsgi.url_scheme": "http",
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }
    assert {key: environ[key] for key in expected} == expected
    assert not any("VOUCHED" in key for key in environ)


@pytest.mark.parametrize(
    ("path", "status", "body", "framing"),
    [
        ("/chunks", 200, b"one two", "chunked"),
        ("/written", 201, b"written returned", "chunked"),
        ("/nothing", 204, b"", None),
        ("/replaced", 418, b"replaced", "8"),
        ("/closing", 200, b"xxx", "chunked"),
        ("/twice", 500, b"Internal Server Error", "21"),
        ("/raises", 500, b"Internal Server Error", "21"),
    ],
)
def test_answers(wsgi, path, status, body, framing):
    answer = wsgi().get(path)
    assert (answer.status, answer.body) == (status, body)
    assert (answer.get("content-length") or answer.get("transfer-encoding")) == framing


def test_exception_of_the_thread_has_its_traceback_in_the_log(wsgi):
    server = wsgi()
    server.get("/raises")
    server.log.wait_for(r'wsgi_apps.py", line \d+, in raises')
    answer = server.get("/raises-later")
    assert (answer.status, answer.body, answer.is_whole) == (200, b"part", False)


@pytest.mark.parametrize("size", [0, 5, 300_000])
def test_body_is_read(wsgi, size):
    server = wsgi()
    with server.connect() as client:
        assert client.request("POST", "/echo", b"b" * size).body == b"b" * size
        client.send(b"POST /lines HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\na\nb\r\n2\r\n\nc\r\n0\r\n\r\n")
        assert client.answer().body == b"[b'a\\n', b'b\\n', b'c']"


def test_client_that_does_not_read_stops_the_thread_and_one_that_leaves_ends_it(wsgi):
    server = wsgi()
    with server.connect() as client:
        client.send(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.head().status == 200
        assert server.get("/events").json() == []
    wait_until(lambda: server.get("/events").json(), "close() of the iterable")
    made = int(server.get("/events").json()[0].rpartition(" ")[2])
    assert made * 65536 < 64 * 1024 * 1024  # kernel buffers and ours, not all that it can make
    server.stop()
    assert "Exception" not in server.log.text()


def test_requests_run_in_threads_at_a_time(wsgi):
    server = wsgi("--threads", "3")
    names = []
    blocked = [threading.Thread(target=lambda: names.append(server.get("/block").body)) for _ in range(2)]
    for thread in blocked:
        thread.start()
    assert server.get("/unblock").body == b"three at a time"
    for thread in blocked:
        thread.join()
    assert len(set(names)) == 2


def test_each_request_has_a_context_of_its_own(wsgi):
    server = wsgi("--threads", "1")
    assert [server.get("/context").body for _ in range(2)] == [b"unset", b"unset"]


def test_there_is_no_lifespan(wsgi):
    server = wsgi("--lifespan", "on")
    assert server.get("/chunks").status == 200
    assert server.stop() == 0
    assert "startup" not in server.log.text()
