"""The access log: formats, files, and disks that are full."""

import os
import resource

from conftest import wait_until

APP = "hello:app"


def test_gunicorns_format(serve):
    server = serve(APP, "--access-log-format", "gunicorn")
    server.get("/json?x=1", referer="http://r/", user_agent="test/1")
    server.out.wait_for(
        r'^127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /json\?x=1 HTTP/1\.1" 200 \d+ "http://r/" "test/1"$'
    )


def test_what_the_client_sends_cannot_forge_a_line(serve):
    server = serve(APP, "--access-log-format", "combined")
    with server.connect() as client:
        client.send(b'GET /x HTTP/1.1\r\nhost: a\r\nuser-agent: a" \xff\tb\r\n\r\n')
        assert client.answer().status == 404
    server.out.wait_for(r'" 404 13 "-" "a\\" \\xff\\x09b"$')


def test_unknown_atom_is_a_usage_error(start):
    server = start(APP, "--access-log-format", "%(zz)s")
    assert server.wait() == 2
    assert "--access-log-format" in server.log.text() and "%(zz)s" in server.log.text()


def test_full_disk_is_said_once_and_costs_no_request(serve, tmp_path):
    log = tmp_path / "access.log"
    server = serve(APP, "--access-logfile", str(log))
    worker = server.workers()[0]
    assert server.get("/json").status == 200
    wait_until(lambda: "/json" in log.read_text(), "the first line")
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (os.path.getsize(log) + 10, resource.RLIM_INFINITY))
    with server.connect() as client:
        for _ in range(20):
            assert client.request("GET", "/json").status == 200
        server.log.wait_for(r"^ERROR:    cannot write access log: its lines are lost \(EFBIG, File too large\)$")
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert client.request("GET", "/json?after").status == 200
    server.log.wait_for(r"^ERROR:    access log is written again: \d+ lines lost$")
    assert len(server.log.wait_for("cannot write access log")) == 1
    lines = log.read_text().splitlines()
    assert "/json?after" in lines[-1] and lines[-1].startswith("INFO: ")


def test_device_that_is_always_full(serve):
    server = serve(APP, "--access-logfile", "/dev/full")
    for _ in range(3):
        assert server.get("/json").status == 200
    server.stop()
    assert server.log.text().count("ENOSPC, No space left on device") == 1
