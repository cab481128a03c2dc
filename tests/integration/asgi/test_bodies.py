"""Bodies, both ways."""

import hashlib
import random
import threading

import pytest

from conftest import wait_until


def test_streams_as_it_is_sent(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"GET /stream HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.head().get("transfer-encoding") == "chunked"
        assert client.chunk() == b"line 1\n"
        assert client.chunk() == b"line 2\n"


def test_echoes_ten_megabytes_while_both_sides_send(serve):
    server = serve("hello:app")
    data = random.Random(1).randbytes(10_000_000)
    with server.connect() as client:
        head = f"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: {len(data)}\r\n\r\n".encode()
        sender = threading.Thread(target=client.send, args=(head + data,))
        sender.start()
        answer = client.answer()
        sender.join()
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()
        assert client.request("GET", "/json").status == 200


def test_takes_a_chunked_body(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        assert client.answer().body == b"abcdefg"


def test_says_continue_when_the_application_reads(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n")
        assert client.head().status == 100
        client.send(b"hi")
        assert client.answer().body == b"hi"


def test_answers_pipelined_requests_in_order(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"".join(b"GET /%s HTTP/1.1\r\nhost: a\r\n\r\n" % target for target in (b"slow?seconds=0.1", b"json", b"nowhere")))
        assert client.answer().body == b"waited 0.1 s\n"
        assert client.answer().json()["path"] == "/json"
        assert client.answer().status == 404


def test_head_has_a_length_and_no_body(serve):
    server = serve("hello:app")
    with server.connect() as client:
        answer = client.request("HEAD", "/")
        assert int(answer.get("content-length")) > 500
        assert client.request("GET", "/json").status == 200


def test_client_that_leaves_is_told_to_receive_and_send_is_silent(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        client.send(b"GET /disconnect HTTP/1.1\r\nhost: a\r\n\r\n")
        client.head()
        assert client.chunk() == b"first"
    expected = ["disconnected, and send() was silent"]
    wait_until(lambda: server.get("/events").json() == expected, "the application has noticed")
    assert server.stop() == 0
    assert "Exception" not in server.log.text()


def test_stream_that_ends_because_its_client_left_is_no_error(serve):
    server = serve("scopes:app")
    with server.connect() as client:
        client.send(b"GET /give-up HTTP/1.1\r\nhost: a\r\n\r\n")
        client.head()
    wait_until(lambda: server.get("/events").json() == ["gave up"], "the application has noticed")
    assert server.stop() == 0
    assert "ERROR" not in server.log.text()


def test_body_cut_short_is_a_disconnect(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n")
        client.socket.shutdown(1)
        assert client.is_closed()


def test_bad_request_is_refused_and_logged(serve):
    server = serve("hello:app")
    with server.connect() as client:
        client.send(b"GET / HTTP/1.1\r\nbad header\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.body) == (400, b"Invalid HTTP request received.")
    server.log.wait_for("WARNING:  Invalid HTTP request received.")


def test_access_lines_are_on_stdout(serve):
    server = serve("hello:app")
    server.get("/json?x=1")
    server.out.wait_for(r'^INFO:     127\.0\.0\.1:\d+ - "GET /json\?x=1 HTTP/1\.1" 200 OK$')


def test_access_lines_can_be_switched_off(serve):
    server = serve("hello:app", "--no-access-log")
    server.get("/json")
    server.stop()
    assert server.out.text() == ""


def test_header_options(serve):
    server = serve("hello:app", "--no-server-header", "--no-date-header", "--header", "X-Extra: yes")
    answer = server.get("/json")
    assert (answer.get("server"), answer.get("date"), answer.get("x-extra")) == (None, None, "yes")


SIZES = [0, 1, 1_000, 16_000, 16_383, 16_384, 16_385, 65_536, 100_000, 131_071, 131_072, 131_073, 300_000, 2_000_000]


@pytest.mark.parametrize("size", SIZES)
def test_a_body_of_any_size_is_received_as_it_was_sent(serve, size):
    data = random.Random(size).randbytes(size)
    server = serve("bodies:app")
    with server.connect() as client:
        for _ in range(2):
            answer = client.request("POST", "/", data).json()
            assert sum(answer["sizes"]) == size
            assert answer["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_body_in_odd_pieces_is_received_as_it_was_sent(serve):
    data = random.Random(3).randbytes(120_000)
    server = serve("bodies:app")
    with server.connect() as client:
        client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 120000\r\n\r\n" + data[:20_000])
        for at in range(20_000, len(data), 7_001):
            client.send(data[at:at + 7_001])
        assert client.answer().json()["sha256"] == hashlib.sha256(data).hexdigest()


def test_bodies_that_the_application_keeps_stay_as_they_were(serve):
    server = serve("bodies:app")
    expected = []
    with server.connect() as client:
        for number, path in enumerate(["/keep", "/", "/keep", "/keep", "/", "/", "/keep"]):
            pieces = client.request("POST", path, random.Random(number).randbytes(100_000 + number % 2)).json()["pieces"]
            expected += pieces if path == "/keep" else []
        assert client.request("GET", "/kept").json()["kept"] == expected


def test_a_body_where_another_one_lay_has_a_hash_of_its_own(serve):
    server = serve("bodies:app")
    with server.connect() as client:
        for number in range(4):
            answer = client.request("POST", "/hash", bytes([97 + number]) * 100_000).json()
            assert answer["hash"] == answer["anew"]


def test_a_large_body_is_one_message_when_it_has_come(serve):
    server = serve("bodies:app")
    with server.connect() as client:
        # Warm: the kernel lets more come at a time on a connection that has taken bodies.
        for _ in range(30):
            sizes = client.request("POST", "/", b"x" * 100_000).json()["sizes"]
            if sizes == [100_000]:
                break
        assert sizes == [100_000]
