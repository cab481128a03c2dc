"""What an application sends, in the right order and in a wrong one: its error and the wire."""

import pytest

# path, what send() raised (None: nothing), status, whether the answer is whole
WRONG = [
    ("/body-first", "RuntimeError: Expected ASGI message 'http.response.start', but got 'http.response.body'.", 500, True),
    ("/start-twice", "RuntimeError: Expected ASGI message 'http.response.body', but got 'http.response.start'.", 500, True),
    ("/too-long", "RuntimeError: Response content longer than Content-Length", 500, True),
    ("/too-long-later", "RuntimeError: Response content longer than Content-Length", 200, False),
    ("/too-short", "RuntimeError: Response content shorter than Content-Length", 500, True),
    ("/too-short-later", "RuntimeError: Response content shorter than Content-Length", 200, False),
    ("/bad-name", "RuntimeError: Invalid HTTP header name.", 500, True),
    ("/bad-value", "RuntimeError: Invalid HTTP header value.", 500, True),
    ("/bad-length", "RuntimeError: Invalid HTTP header value.", 500, True),
    ("/bad-status", "RuntimeError: Invalid HTTP status code: 999.", 500, True),
    ("/no-status", "RuntimeError: ASGI message 'http.response.start' has no status.", 500, True),
    ("/no-type", "KeyError: 'type'", 500, True),
    ("/body-is-text", "TypeError: a bytes-like object is required, not 'str'", 500, True),
    ("/unknown-first", "RuntimeError: Expected ASGI message 'http.response.start', but got 'http.response.begin'.", 500, True),
    ("/unknown-later", "RuntimeError: Expected ASGI message 'http.response.body', but got 'websocket.accept'.", 500, True),
    ("/not-a-dict", "TypeError: an ASGI message is a dict, not list", 500, True),
    ("/headers-no-pairs", "ValueError: a header must be a pair of name and value", 500, True),
    ("/header-number", "TypeError: a bytes-like object is required, not 'int'", 500, True),
    ("/header-empty-name", "RuntimeError: Invalid HTTP header name.", 500, True),
    ("/header-nul", "RuntimeError: Invalid HTTP header value.", 500, True),
    ("/status-text", "TypeError: 'str' object cannot be interpreted as an integer", 500, True),
    ("/status-100", "RuntimeError: Invalid HTTP status code: 100.", 500, True),
]


@pytest.mark.parametrize(("path", "error", "status", "whole"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_message_is_an_error_in_the_application(serve, path, error, status, whole):
    server = serve("wrong:app", "--lifespan", "off")
    with server.connect() as client:
        client.send(f"GET {path} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        answer = client.answer()
        assert (answer.status, answer.is_whole) == (status, whole)
        if status == 500:
            assert answer.body == b"Internal Server Error"
            assert answer.get("connection") == "close"
            assert answer.get("content-type") == "text/plain; charset=utf-8"
        assert client.is_closed()
    assert server.get("/last").body.decode() == error
    server.log.wait_for("Exception in ASGI application")


def test_message_after_completion_leaves_the_answer_alone(serve):
    server = serve("wrong:app")
    answer = server.get("/after-completion")
    assert (answer.status, answer.body) == (200, b"ok")
    expected = "Unexpected ASGI message 'http.response.body' sent, after response already completed."
    assert server.get("/last").body.decode() == f"RuntimeError: {expected}"


def test_raising_before_the_start_is_a_500_and_a_traceback(serve):
    server = serve("wrong:app")
    for path, text in (("/raise", "before the answer"), ("/raise-suspended", "from a task that was suspended")):
        answer = server.get(path)
        assert (answer.status, answer.body) == (500, b"Internal Server Error")
        server.log.wait_for(f"ValueError: {text}")
    server.log.wait_for(r'File ".*wrong.py", line \d+, in app')


def test_raising_after_the_start_cuts_the_answer(serve):
    server = serve("wrong:app")
    answer = server.get("/raise-later")
    assert answer.status == 200
    assert not answer.is_whole
    server.log.wait_for("ValueError: after the start")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/no-start", "ASGI callable returned without starting response."),
        ("/no-completion", "ASGI callable returned without completing response."),
        ("/return-5", "ASGI callable should return None, but returned '5'."),
    ],
)
def test_returning_wrongly_is_logged(serve, path, line):
    server = serve("wrong:app")
    answer = server.get(path)
    assert answer.status == (500 if path == "/no-start" else 200)
    assert answer.is_whole == (path != "/no-completion")
    server.log.wait_for(f"^ERROR:    {line}$")


def test_str_headers_and_bytes_likes_are_taken(serve):
    server = serve("wrong:app")
    answer = server.get("/str-headers")
    assert (answer.get("x-str"), answer.body) == ("v", b"ok")
    assert server.get("/bytearray").body == b"abcd"


def test_framing_is_the_servers(serve):
    server = serve("wrong:app")
    answer = server.get("/own-encoding")
    assert (answer.get("transfer-encoding"), answer.get("content-length"), answer.body) == (None, "2", b"ok")


def test_answers_without_a_body_keep_the_connection(serve):
    server = serve("wrong:app")
    with server.connect() as client:
        assert client.request("GET", "/204").get("content-length") is None
        assert client.request("GET", "/304").get("content-length") == "17"
        assert client.request("GET", "/299").status_line == "HTTP/1.1 299 "
        assert client.request("GET", "/str-headers").body == b"ok"
