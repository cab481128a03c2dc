"""How clients are spread over workers that accept from one socket, or from one each."""

import signal
from collections import Counter

import pytest


def spread(server, count: int) -> list[int]:
    """Connections of each worker, when they come one after the other and stay."""
    clients = []
    pids: Counter[int] = Counter()
    for _ in range(count):
        clients.append(server.connect())
        pids[clients[-1].request("GET", "/json").json()["pid"]] += 1
    for client in clients:
        client.socket.close()
    return sorted(pids.values())


@pytest.mark.parametrize("words", [[], ["--reuse-port"]], ids=["shared", "reuse_port"])
def test_no_worker_is_left_out(serve, words):
    server = serve("hello:app", "--workers", "4", *words)
    server.log.wait_for("Application startup complete", count=4)
    found = spread(server, 200)
    assert sum(found) == 200
    assert len(found) == 4
    assert found[0] >= 20, found


def test_busy_worker_does_not_keep_clients_waiting_for_good(serve):
    """The others take more than their share when it takes nothing."""
    server = serve("stuck:app", "--workers", "2")
    with server.connect() as stuck:
        stuck.send(b"GET /spin HTTP/1.1\r\nhost: a\r\n\r\n")
        server.log.wait_for("^spinning$")
        clients = [server.connect() for _ in range(40)]
        answered = {client.request("GET", "/").json()["pid"] for client in clients}
        assert len(answered) == 1
        for client in clients:
            client.socket.close()
        server.signal(signal.SIGQUIT)
    assert server.wait() == 0


def test_own_sockets_are_replaced_without_loss(start, tmp_path):
    import zero_loss

    result = zero_loss.run("hup_reuse_port", start, tmp_path, is_full=False)
    assert result.failed <= 2, result.text()  # a handshake that is half done when its socket goes
