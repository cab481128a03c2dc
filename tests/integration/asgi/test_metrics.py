"""Counts of all workers together, by the arbiter."""

import os
import re
import signal
import socket
import urllib.error
import urllib.request

from conftest import APPS, wait_until

HELLO = ("hello:app", "--app-dir", str(APPS), "--port", "0")


def page(address: str, path: str = "/metrics") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics_of(server) -> str:
    return server.log.wait_for(r"Metrics are served on (\S+)")[0][1]


def sample(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_counts_of_all_workers(start):
    server = start(*HELLO, "--workers", "2", "--metrics", "127.0.0.1:0").wait_ready()
    address = metrics_of(server)
    for _ in range(20):
        server.get("/json")
    wait_until(lambda: sample(page(address)[1], 'asgi_worker_requests_total{status="200"}') == 20, "all of them are counted")
    text = page(address)[1]
    assert sample(text, "asgi_worker_request_duration_seconds_count") == 20
    assert sample(text, "asgi_worker_workers") == 2
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"\})? [-+.\de]+(inf)?', line, re.IGNORECASE), line


def test_counts_survive_workers(start):
    server = start(*HELLO, "--metrics", "127.0.0.1:0").wait_ready()
    address = metrics_of(server)
    for _ in range(3):
        server.get("/json")
    os.kill(server.workers()[0], signal.SIGKILL)
    server.log.wait_for(r"Started server process", count=2)
    wait_until(lambda: sample(page(address)[1], "asgi_worker_workers") == 1, "its successor serves")
    server.get("/json")
    wait_until(lambda: sample(page(address)[1], 'asgi_worker_requests_total{status="200"}') == 4, "both are counted")


def test_health_and_readiness(start):
    server = start(*HELLO, "--metrics", "127.0.0.1:0").wait_ready()
    address = metrics_of(server)
    assert page(address, "/healthz") == (200, "ok\n")
    wait_until(lambda: page(address, "/readyz") == (200, "ready\n"), "it is ready")
    assert page(address, "/other")[0] == 404


def test_a_slow_client_stops_nothing(start):
    server = start(*HELLO, "--metrics", "127.0.0.1:0").wait_ready()
    host, port = metrics_of(server).split(":")
    with socket.create_connection((host, int(port))):
        assert page(f"{host}:{port}", "/healthz")[0] == 200


def test_address_in_use(start, listener):
    server = start(*HELLO, "--metrics", "127.0.0.1:%d" % listener.getsockname()[1])
    assert server.wait() == 1
    assert "Address already in use" in server.log.text()


def test_statsd(start):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(20)
        server = start(*HELLO, "--statsd-host", "127.0.0.1:%d" % statsd.getsockname()[1], "--statsd-prefix", "app",
                       "--dogstatsd-tags", "env:test").wait_ready()
        for _ in range(5):
            server.get("/json")
        counted = 0
        while counted < 5:
            for line in statsd.recv(65536).decode().splitlines():
                assert re.fullmatch(r"app\.gunicorn\.[\w.]+:[\d.e+-]+\|(c|ms|g)\|#env:test", line), line
                if line.startswith("app.gunicorn.requests:"):
                    counted += int(line.split(":")[1].split("|")[0])
        assert counted == 5
