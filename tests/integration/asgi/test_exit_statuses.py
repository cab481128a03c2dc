"""Exit statuses and the line that says why, with one worker and with two."""

import signal

import pytest
from conftest import APPS

ROWS = [
    ("module missing", ["nomod:app"], 3, 'Could not import module "nomod".'),
    ("attribute missing", ["starts:nope"], 3, 'Attribute "nope" not found in module "starts".'),
    ("import error", ["broken_import:app"], 3, "No module named 'no_such_dependency'"),
    ("startup failed", ["starts:failed"], 3, "Application startup failed. Exiting."),
    ("factory wants arguments", ["starts:needs", "--factory"], 3, "Error loading ASGI app factory: TypeError"),
    ("not callable", ["starts:not_callable"], 3, "is not callable"),
    ("bad option", ["a:b", "--nope"], 2, "No such option: --nope"),
    ("bad value", ["a:b", "--port", "x"], 2, "Invalid value for --port"),
    ("bad mode", ["a:b", "--umask", "99"], 2, "Invalid value for --umask"),
    ("no application", [], 2, "Missing argument 'APP'"),
    ("configuration file missing", ["a:b", "-c", "nofile.py"], 1, "'nofile.py' doesn't exist"),
]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(("words", "status", "line"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_status_and_line(start, words, status, line, workers):
    server = start("--port", "0", *words, "--app-dir", str(APPS), "--workers", workers, "--timeout-keep-alive", "1")
    assert server.wait() == status
    assert line.replace("'nofile.py'", "nofile.py'") in server.log.text()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_in_use(start, listener, workers):
    port = listener.getsockname()[1]
    server = start("hello:app", "--app-dir", str(APPS), "--port", str(port), "--workers", workers)
    assert server.wait() == 1
    assert "Address already in use" in server.log.text()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
def test_clean_stop(serve, number, workers):
    server = serve("hello:app", "--workers", workers)
    server.signal(number)
    assert server.wait() == 0


@pytest.mark.parametrize("words", [["--workers", "1"], ["--workers", "2"], ["--preload"]], ids=["1", "2", "preload"])
@pytest.mark.parametrize(("app", "status"), [
    ("starts:nope", 4), ("starts:not_callable", 4), ("starts:needs()", 4), ("starts", 4), ("nomod:app", 3), ("broken_import:app", 3), ("starts:failed", 3),
])
def test_gunicorn_tells_a_wrong_name_from_a_module_that_fails(start, app, status, words):
    assert start(app, "--compat", "gunicorn", "--chdir", str(APPS), "--bind", "127.0.0.1:0", *words).wait() == status


@pytest.mark.parametrize(("app", "status"), [("starts:good", 0), ("starts:nope", 1)])
def test_check_config_of_gunicorns(start, app, status):
    assert start(app, "--compat", "gunicorn", "--chdir", str(APPS), "--check-config").wait() == status


@pytest.mark.parametrize(("number", "words", "status"), [
    (signal.SIGTERM, [], -signal.SIGTERM), (signal.SIGTERM, ["--workers", "2"], 0), (signal.SIGINT, [], 0),
], ids=["alone", "two workers", "INT"])
def test_uvicorn_dies_by_the_term_that_it_was_sent(serve, number, words, status):
    server = serve("starts:good", "--compat", "uvicorn", *words)
    server.signal(number)
    assert server.wait() == status
    assert "Application shutdown complete" in server.log.text()


def test_no_application_of_gunicorns(start):
    server = start("--compat", "gunicorn")
    assert server.wait() == 1
    assert "Error: No application module specified." in server.log.text()
