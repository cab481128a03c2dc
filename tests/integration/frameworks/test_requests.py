"""Requests and answers through routing, middleware and the framework's own classes."""

import pytest

TEXTS = [
    ("/context?name=first", b"first"),
    ("/context", b"none"),
    ("/group?name=abc", b"18"),
    ("/timeout", b"timed out True"),
    ("/child", b"cancelled: enough"),
    ("/task", b"True"),
    ("/thread", b"True"),
    ("/state", b"at startup"),
]


@pytest.mark.parametrize(("target", "body"), TEXTS, ids=[row[0] for row in TEXTS])
def test_text(server, target, body):
    answer = server.get(target)
    assert (answer.status, answer.body) == (200, body)
    assert answer.get("x-middleware") == "yes"


def test_failing_task_group_cancels_the_others(server):
    assert server.get("/failing-group").body in (b"ExceptionGroup", b"KeyError")


@pytest.mark.parametrize("target", ["/json", "/items/5?q=a%20b", "/items/7", "/client"])
def test_json(server, target):
    expected = {
        "/json": {"hello": "world"},
        "/items/5?q=a%20b": {"id": 5, "q": "a b"},
        "/items/7": {"id": 7, "q": None},
        "/client": {"host": "127.0.0.1", "scheme": "http", "path": "/client"},
    }[target]
    assert server.get(target).json() == expected


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 2_000_000])
@pytest.mark.parametrize("path", ["/echo", "/count"])
def test_bodies(server, path, size):
    with server.connect() as client:
        answer = client.request("POST", path, b"b" * size, Content_Type="application/octet-stream")
        assert answer.status == 200
        assert answer.body == b"b" * size if path == "/echo" else answer.json() == {"bytes": size}


def test_chunked_body(server):
    with server.connect() as client:
        client.send(b"POST /count HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n")
        assert client.answer().json() == {"bytes": 8}


def test_status_and_location(server):
    assert server.get("/missing").status == 404
    assert server.get("/no-such-route").status == 404
    moved = server.get("/moved")
    assert (moved.status, moved.get("location")) == (307, "/json")


def test_cookies(server):
    answer = server.get("/cookies", Cookie="x=1; y=2")
    assert answer.body == b"[('x', '1'), ('y', '2')]"
    set_cookies = [value.partition(";")[0] for name, value in answer.fields if name == "set-cookie"]
    assert set_cookies == ["a=1", "b=2"]


def test_error_is_a_500_and_a_traceback(own_server):
    assert own_server.get("/error").status == 500
    assert own_server.get("/json").status == 200
    assert own_server.stop().count("ValueError: the application is wrong") >= 1


def test_kept_connection_serves_all_of_it(server):
    with server.connect() as client:
        for _ in range(3):
            for target, body in TEXTS:
                assert client.request("GET", target).body == body


def test_order_with_a_dependency(server, has):
    has("/order")
    with server.connect() as client:
        answer = client.request("POST", "/order", b'{"name": "tea", "amount": 2}', Content_Type="application/json")
        assert answer.json() == {"name": "tea", "amount": 2, "dependency": "a connection"}
        assert client.request("POST", "/order", b'{"amount": 2}', Content_Type="application/json").status == 422
    assert "dependency closed" in server.events()


def test_compressed_where_the_framework_does_it(server):
    answer = server.get("/stream?n=200", Accept_Encoding="gzip")
    assert answer.is_whole
    assert answer.get("content-encoding") in (None, "gzip")
