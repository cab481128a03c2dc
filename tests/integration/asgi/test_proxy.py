"""What proxies say about the client, over TCP and Unix sockets, in fields and in prefaces."""

import struct

import pytest

from client import Client
from conftest import APPS

APP = "scopes:app"


def scope_of(client: Client, *fields: str, preface: bytes = b"") -> dict:
    client.send(preface + "\r\n".join(["GET /scope HTTP/1.1", "host: a", *fields, "", ""]).encode())
    answer = client.answer()
    assert answer.status == 200
    return answer.json()


def client_of(scope: dict) -> object:
    return scope["client"] and tuple(scope["client"]["tuple"])


def test_trusted_peer_names_client_and_scheme(serve):
    with serve(APP).connect() as client:
        scope = scope_of(client, "x-forwarded-for: 203.0.113.7, 127.0.0.1", "x-forwarded-proto: https")
        assert (client_of(scope), scope["scheme"]) == (("203.0.113.7", 0), "https")
        assert [{"tuple": [{"bytes": "x-forwarded-proto"}, {"bytes": "https"}]}] == [
            pair for pair in scope["headers"] if pair["tuple"][0]["bytes"] == "x-forwarded-proto"
        ]
        scope = scope_of(client)  # the next request on the connection is its own
        assert (client_of(scope)[0], scope["scheme"]) == ("127.0.0.1", "http")


@pytest.mark.parametrize("words", [["--forwarded-allow-ips", "10.0.0.0/8"], ["--no-proxy-headers"]])
def test_stranger_does_not(serve, words):
    with serve(APP, *words).connect() as client:
        scope = scope_of(client, "x-forwarded-for: 203.0.113.7", "x-forwarded-proto: https")
        assert (client_of(scope)[0], scope["scheme"]) == ("127.0.0.1", "http")


def test_network_from_the_environment(serve):
    with serve(APP, env={"FORWARDED_ALLOW_IPS": "127.0.0.0/8"}).connect() as client:
        assert client_of(scope_of(client, "x-forwarded-for: 203.0.113.7:99")) == ("203.0.113.7", 99)


def test_peers_on_a_unix_socket(start, tmp_path):
    for allowed, expected in ((None, ("203.0.113.7", 0)), ("*", ("203.0.113.7", 0)), ("127.0.0.1", None)):
        path = tmp_path / f"{allowed or 'default'}.sock".replace("*", "all")
        words = ["--forwarded-allow-ips", allowed] if allowed else []
        server = start(APP, "--app-dir", str(APPS), "--uds", str(path), *words).wait_ready()
        with server.connect() as client:
            assert client_of(scope_of(client, "x-forwarded-for: 203.0.113.7")) == expected


def test_forwarded_when_asked_for(serve):
    field = 'forwarded: for="[2001:db8::1]:4711";proto=https, for=127.0.0.1'
    with serve(APP).connect() as client:
        assert client_of(scope_of(client, field))[0] == "127.0.0.1"
    with serve(APP, "--forwarded-headers", "forwarded").connect() as client:
        scope = scope_of(client, field, "x-forwarded-for: 6.6.6.6")
        assert (client_of(scope), scope["scheme"]) == (("2001:db8::1", 4711), "https")


def field_of(scope: dict, name: str) -> list[str]:
    return [pair["tuple"][1]["bytes"] for pair in scope["headers"] if pair["tuple"][0]["bytes"] == name]


def test_site_when_asked_for(serve):
    fields = ["x-forwarded-proto: https", "x-forwarded-host: a.example", "x-forwarded-port: 8443", "x-forwarded-prefix: /app"]
    with serve(APP).connect() as client:
        scope = scope_of(client, *fields)
        assert (field_of(scope, "host"), scope["root_path"]) == (["a"], "")
    words = ["--forwarded-headers", "x-forwarded-proto,x-forwarded-host,x-forwarded-port,x-forwarded-prefix", "--root-path", "/below"]
    with serve(APP, *words).connect() as client:
        for _ in range(2):
            scope = scope_of(client, *fields)
            assert (field_of(scope, "host"), tuple(scope["server"]["tuple"])) == (["a.example:8443"], ("a.example", 8443))
            assert (scope["root_path"], scope["path"]) == ("/app/below", "/app/below/scope")
            scope = scope_of(client)  # the next one is its own
            assert (field_of(scope, "host"), scope["root_path"], scope["path"]) == (["a"], "/below", "/below/scope")


def test_proxy_itself_stays_known(serve):
    with serve(APP).connect() as client:
        assert "asgi-worker.peer" not in scope_of(client)["extensions"]
        peer = scope_of(client, "x-forwarded-for: 203.0.113.7")["extensions"]["asgi-worker.peer"]
        assert tuple(peer["tuple"]) == client.socket.getsockname()


def test_secure_scheme_headers_of_gunicorn(serve, tmp_path):
    conf = tmp_path / "conf.py"
    conf.write_text("secure_scheme_headers = {'X-FORWARDED-PROTOCOL': 'ssl', 'X-FORWARDED-SSL': 'on'}\n")
    server = serve(APP, "-c", str(conf))
    with server.connect() as client:
        assert scope_of(client, "x-forwarded-ssl: on")["scheme"] == "https"
        assert scope_of(client, "x-forwarded-proto: https")["scheme"] == "http"
        client.send(b"GET /scope HTTP/1.1\r\nhost: a\r\nx-forwarded-ssl: on\r\nx-forwarded-protocol: tcp\r\n\r\n")
        assert client.answer().status == 400
        assert client.is_closed()
    server.out.wait_for(r'"GET /scope HTTP/1\.1" 400 Bad Request$')


V1 = b"PROXY TCP4 203.0.113.7 198.51.100.1 4711 443\r\n"
V2 = b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH4s4sHH", 0x21, 0x11, 12, bytes([203, 0, 113, 7]), bytes([198, 51, 100, 1]), 4711, 443)


@pytest.mark.parametrize("preface", [V1, V2], ids=["v1", "v2"])
def test_proxy_protocol(serve, preface):
    with serve(APP, "--proxy-protocol").connect() as client:
        for request in range(2):
            scope = scope_of(client, preface=b"" if request else preface)
            assert client_of(scope) == ("203.0.113.7", 4711)
            assert tuple(scope["server"]["tuple"]) == ("198.51.100.1", 443)


@pytest.mark.parametrize("words", [[], ["--proxy-protocol", "--proxy-allow-from", "10.0.0.1"], ["--proxy-protocol=v2"]])
def test_preface_that_is_not_wanted_is_a_bad_request(serve, words):
    with serve(APP, *words).connect() as client:
        client.send(V1 + b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        assert client.answer().status == 400
        assert client.is_closed()


def test_half_a_preface_ends_in_time(serve):
    with serve(APP, "--proxy-protocol", "--timeout-header", "0.3").connect() as client:
        client.send(V1[:20])
        assert client.answer().status == 408


def test_access_line_names_the_client_and_cannot_be_broken(serve):
    server = serve(APP)
    with server.connect() as client:
        scope_of(client, 'x-forwarded-for: 1.1.1.1" 200 OK\\x')
        scope_of(client, "x-forwarded-for: 203.0.113.7")
    server.out.wait_for(r'^INFO:     203\.0\.113\.7:0 - "GET /scope HTTP/1\.1" 200 OK$')
    server.out.wait_for(r'^INFO:     1\.1\.1\.1\\" 200 OK\\\\x:0 - "GET /scope HTTP/1\.1" 200 OK$')


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--forwarded-allow-ips", "10.0.0.1/8"), ("--forwarded-allow-ips", "localhost"), ("--proxy-allow-from", "x"), ("--forwarded-headers", "host")],
)
def test_bad_list_is_a_usage_error(start, flag, value):
    server = start(APP, flag, value)
    assert server.wait() == 2
    assert flag in server.log.text() and value in server.log.text() and len(server.log.text().splitlines()) == 1
