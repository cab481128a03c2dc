"""ASGI's HTTP extensions on the wire: trailers, early hints, files."""

import pytest

CONTENT = b"".join(b"%08d" % number for number in range(150_000))


@pytest.fixture
def extended(serve):
    return serve("extensions:app")


def raw(server, target: str, *fields: str, version: str = "1.1") -> bytes:
    """Everything that comes, with the connection closed at the end."""
    with server.connect() as client:
        client.send("\r\n".join([f"GET {target} HTTP/{version}", "host: a", "connection: close", *fields, "", ""]).encode())
        data = b""
        while more := client.socket.recv(65536):
            data += more
        return data


@pytest.mark.parametrize(
    ("path", "end"),
    [
        ("/trailers", b"4\r\nbody\r\n0\r\nx-sum: 5\r\n\r\n"),
        ("/trailers-in-parts", b"4\r\nbody\r\n0\r\na: 1\r\nb: 2\r\n\r\n"),
        ("/trailers-forbidden", b"4\r\nbody\r\n0\r\nok: 1\r\n\r\n"),
        ("/trailers-beside-length", b"content-length: 4\r\nconnection: close\r\n\r\nbody"),
    ],
)
def test_trailers_come_after_the_last_chunk(extended, path, end):
    assert raw(extended, path, "te: trailers").endswith(end)


def test_trailers_are_for_clients_that_take_them(extended):
    assert raw(extended, "/trailers").endswith(b"4\r\nbody\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("path", "error", "is_whole"),
    [
        ("/trailers-unannounced", "Unexpected ASGI message 'http.response.trailers' sent, after response already completed.", True),
        ("/trailers-bad", "Invalid HTTP header value.", False),
    ],
)
def test_wrong_trailers(extended, path, error, is_whole):
    answer = extended.get(path, te="trailers")
    assert (answer.status, answer.body, answer.is_whole) == (200, b"body", is_whole)
    assert extended.get("/last").body.decode() == f"RuntimeError: {error}"


def test_announced_trailers_must_come(extended):
    assert not extended.get("/trailers-missing").is_whole
    extended.log.wait_for("ASGI callable returned without completing response.")


@pytest.mark.parametrize("path", ["/hint", "/hint-after-start"])
def test_early_hint_comes_before_the_head(extended, path):
    data = raw(extended, path)
    assert data.startswith(b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>")
    assert data.count(b"HTTP/1.1 ") == 2
    assert data.endswith(b"\r\n\r\nok")


def test_early_hint_is_left_out_where_it_cannot_go(extended):
    assert raw(extended, "/hint-late").count(b"HTTP/1.1 ") == 1
    assert raw(extended, "/hint", version="1.0").count(b"HTTP/1.1 ") == 1


def test_early_hint_is_checked(extended):
    assert extended.get("/hint-bad").status == 500
    assert extended.get("/last").body == b"RuntimeError: Invalid HTTP header value."


@pytest.mark.parametrize(("path", "framing"), [("/path", "content-length"), ("/path-chunked", "transfer-encoding")])
def test_path_is_sent(extended, path, framing):
    with extended.connect() as client:
        for _ in range(2):
            answer = client.request("GET", path)
            assert answer.get(framing)
            assert answer.is_whole
            assert answer.body == CONTENT
        assert client.request("HEAD", path).status == 200
        assert client.request("GET", "/hint").status == 103


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/path-missing", "FileNotFoundError: [Errno 2] No such file or directory"),
        ("/path-folder", "ValueError: only a regular file can be sent"),
        ("/path-shorter", "RuntimeError: Response content shorter than Content-Length"),
        ("/path-longer", "RuntimeError: Response content longer than Content-Length"),
        ("/path-first", "RuntimeError: Expected ASGI message 'http.response.start', but got 'http.response.pathsend'."),
    ],
)
def test_path_that_cannot_be_sent_is_a_500(extended, path, error):
    assert extended.get(path).status == 500
    assert extended.get("/last").body.decode().startswith(error)


def test_client_that_does_not_read_a_file_costs_others_nothing(extended):
    with extended.connect() as slow:
        slow.send(b"GET /path HTTP/1.1\r\nhost: a\r\n\r\n")
        assert extended.get("/path").body == CONTENT
        answer = slow.answer()
        assert (answer.is_whole, answer.body) == (True, CONTENT)


def test_file_may_be_closed_while_it_is_sent(extended):
    assert extended.get("/zero-copy-closed").body == CONTENT


def test_file_that_becomes_shorter_cuts_its_answer_off(extended):
    assert not extended.get("/path-shrinks").is_whole
    assert extended.get("/last").body == b"RuntimeError: The file has become shorter while it was sent."


def test_parts_of_a_file_between_pieces_of_a_body(extended):
    assert extended.get("/zero-copy").body == b"<" + CONTENT[8:16] + CONTENT[0:8] + b"|8|" + CONTENT[16:20] + CONTENT[20:24]
