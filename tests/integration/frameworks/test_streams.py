"""Streams, files, work after the answer, clients that leave, and the end."""

import threading

from conftest import APP, wait_until


def test_stream_arrives_whole_and_in_order(server):
    answer = server.get("/stream?n=100")
    assert answer.is_whole
    assert answer.body == b"".join(b"chunk %d\n" % number for number in range(100))


def test_file(server):
    answer = server.get("/file")
    assert answer.is_whole
    assert answer.body == b"".join(b"%08d" % number for number in range(200_000))


def test_stream_ends_when_its_client_leaves(server):
    before = server.events().count("endless ended")
    with server.connect() as client:
        client.send(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.head().status == 200
        assert client.chunk()
    wait_until(lambda: server.events().count("endless ended") == before + 1, "the stream's end")


def test_a_leaving_client_is_no_error(own_server):
    for _ in range(3):
        with own_server.connect() as client:
            client.send(b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n")
            assert client.head().status == 200
            assert client.chunk()
    wait_until(lambda: own_server.events().count("endless ended") == 3, "the streams' end")
    assert "Traceback" not in own_server.stop()


def test_view_learns_that_its_client_has_left(server, has):
    has("/disconnected")
    with server.connect() as client:
        client.send(b"GET /disconnected HTTP/1.1\r\nhost: a\r\n\r\n")
        client.socket.settimeout(0.1)
        try:
            client.socket.recv(1)
        except TimeoutError:
            pass  # it has begun, and waits
    wait_until(lambda: "disconnect seen" in server.events(), "the view's note")


def test_background_work_delays_neither_answer_nor_next_request(own_server):
    with own_server.connect() as client:
        assert client.request("GET", "/background").body == b"accepted"
        assert "background done" not in client.request("GET", "/events").json()
    wait_until(lambda: "background done" in own_server.events(), "the background task")


def test_requests_side_by_side_do_not_mix_their_context(server):
    wrong = []

    def ask(name: str) -> None:
        with server.connect() as client:
            for _ in range(50):
                body = client.request("GET", f"/context?name={name}").body
                if body != name.encode():
                    wrong.append(body)

    threads = [threading.Thread(target=ask, args=(f"client{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_shutdown_runs_the_applications_own(own_server):
    assert own_server.get("/json").status == 200
    assert ("the application has shut down" in own_server.stop()) == (APP != "django_app")  # Django has no lifespan
