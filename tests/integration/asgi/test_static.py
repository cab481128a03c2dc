"""Files and health checks, answered without the application."""

import hashlib
import os
import random

import pytest

APP = "hello:app"


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "app.js").write_text("let a = 1\n")
    (folder / "app.js.br").write_bytes(b"compressed")
    (folder / "big.bin").write_bytes(random.Random(2).randbytes(20_000_000))
    (tmp_path / "secret").write_text("secret")
    return folder


def test_file_its_conditions_and_its_compressed_copy(serve, files):
    server = serve(APP, "--static", f"/static={files}", "--static-expires", "60")
    with server.connect() as client:
        answer = client.request("GET", "/static/app.js")
        assert (answer.status, answer.body) == (200, b"let a = 1\n")
        assert answer.get("content-type") == "text/javascript; charset=utf-8"
        assert answer.get("cache-control") == "max-age=60"
        assert client.request("GET", "/static/app.js", if_none_match=answer.get("etag")).status == 304
        compressed = client.request("GET", "/static/app.js", accept_encoding="gzip, br")
        assert (compressed.body, compressed.get("content-encoding"), compressed.get("vary")) == (b"compressed", "br", "accept-encoding")
        assert compressed.get("etag") != answer.get("etag")
        assert client.request("HEAD", "/static/app.js").get("content-length") == "10"
        assert client.request("POST", "/static/app.js", body=b"x").status == 405
        assert client.request("GET", "/static/none").status == 404
        assert client.request("GET", "/json").json()["hello"] == "world"
    server.out.wait_for(r'"GET /static/app\.js HTTP/1\.1" 304')


def test_big_file_and_its_ranges(serve, files):
    server = serve(APP, "--static", f"/static={files}")
    data = (files / "big.bin").read_bytes()
    with server.connect() as client:
        answer = client.request("GET", "/static/big.bin")
        assert hashlib.sha256(answer.body).digest() == hashlib.sha256(data).digest()
        answer = client.request("GET", "/static/big.bin", range="bytes=100-299999")
        assert (answer.status, answer.get("content-range")) == (206, "bytes 100-299999/20000000")
        assert answer.body == data[100:300000]
        answer = client.request("GET", "/static/big.bin", range="bytes=0-999999,-5")
        boundary = answer.get("content-type").removeprefix("multipart/byteranges; boundary=").encode()
        parts = answer.body.split(b"--" + boundary)
        assert [part.partition(b"\r\n\r\n")[2][:-2] for part in parts[1:-1]] == [data[:1_000_000], data[-5:]]
        assert client.request("GET", "/static/big.bin", range="bytes=20000000-").status == 416


def test_no_way_out(serve, files):
    os.symlink("../secret", files / "link")
    server = serve(APP, "--static", f"/static={files}")
    with server.connect() as client:
        for target in ("/static/../secret", "/static/%2e%2e/secret", "/static/link", "/static//etc/passwd", "/static/..%2fsecret", "/static/"):
            assert client.request("GET", target).status == 404, target


def test_index(serve, files):
    (files / "index.html").write_text("index")
    server = serve(APP, "--static", f"/static={files}", "--static-index", "index.html")
    assert server.get("/static/").body == b"index"


@pytest.mark.parametrize("value", ["static=/tmp", "/static", "/static=/no/such/folder"])
def test_bad_route_is_a_usage_error(start, value):
    server = start(APP, "--static", value)
    assert server.wait() == 2
    assert "--static" in server.log.text() and len(server.log.text().splitlines()) == 1
