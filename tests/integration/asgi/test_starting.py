"""Finding and starting the application: messages and exit statuses."""

import signal
import subprocess

import pytest
from conftest import APPS, BIN, PYTHON


def start_app(start, app, *words):
    return start(app, "--app-dir", str(APPS), "--port", "0", *words)


@pytest.mark.parametrize(
    "app",
    ["starts:good", "starts:unsupported", "starts:refuses_after_receive", "starts:asgi2", "starts:partial", "starts:decorated",
     "starts:Holder.inner", 'starts:create("y", debug=True)', str(APPS / "starts.py") + ":good"],
)
def test_serves(start, app):
    server = start_app(start, app).wait_ready()
    assert server.get("/").body == b"ok"
    assert server.stop() == 0


def test_serves_a_factory(start):
    assert start_app(start, "starts:create", "--factory").wait_ready().get("/").body == b"ok"


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("app", "line"),
    [
        ("nomod:app", 'Error loading ASGI app. Could not import module "nomod".'),
        ("starts:nope", 'Error loading ASGI app. Attribute "nope" not found in module "starts".'),
        ("starts:not_callable", "not callable"),
        ("broken_import:app", "ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("starts:failed", "db is down"),
        ("starts:broken", "RuntimeError: no database"),
    ],
)
def test_application_that_cannot_start_ends_everything(start, app, line, workers):
    server = start_app(start, app, "--workers", workers)
    assert server.wait() == 3
    assert line in server.log.text()


def test_failed_startup_is_said_as_uvicorn_says_it(start):
    server = start_app(start, "starts:failed")
    server.wait()
    assert "ERROR:    db is down\nERROR:    Application startup failed. Exiting." in server.log.text()


def test_import_error_shows_the_users_frames_only(start):
    server = start_app(start, "broken_import:app")
    server.wait()
    assert 'broken_import.py", line 1' in server.log.text()
    assert "importlib" not in server.log.text()
    assert "loading.py" not in server.log.text()


def test_factory_that_needs_arguments(start):
    server = start_app(start, "starts:needs", "--factory")
    assert server.wait() == 3
    assert "Error loading ASGI app factory: TypeError: needs() missing 1 required positional argument" in server.log.text()


def test_lifespan_on_insists(start):
    server = start_app(start, "starts:unsupported", "--lifespan", "on")
    assert server.wait() == 3
    assert "Exception in 'lifespan' protocol" in server.log.text()


def test_lifespan_off_is_never_called(start):
    server = start_app(start, "starts:failed", "--lifespan", "off").wait_ready()
    assert "startup" not in server.log.text()


def test_unsupported_lifespan_is_an_info_line(start):
    server = start_app(start, "starts:unsupported").wait_ready()
    server.log.wait_for("INFO:     ASGI 'lifespan' protocol appears unsupported.")


def test_lines_that_people_search_for_are_in_order(start):
    server = start_app(start, "starts:good").wait_ready()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    text = server.log.text()
    order = ["Started parent process [", "Started server process [", "Waiting for application startup.", "Application startup complete.",
             "asgi-worker running on http://127.0.0.1:", "Shutting down", "Waiting for application shutdown.", "shutdown ran",
             "Application shutdown complete.", "Finished server process ["]
    places = [text.index(line) for line in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        ([], 2, "Missing argument 'APP'"),
        (["a:b", "c:d"], 2, "unexpected extra argument (c:d)"),
        (["a:b", "--wrokers", "2"], 2, "Did you mean --workers?"),
        (["a:b", "--port", "x"], 2, "'x' is not a whole number"),
        (["a:b", "--certfile", "x"], 2, "--certfile is not there in this version: let a proxy in front end TLS"),
        (["a:b", "--bind", "[::1"], 1, "cannot listen on '[::1': no closing ]"),
        (["a:b", "-c", "missing.py"], 1, "missing.py' doesn't exist, or cannot be read"),
        (["nomod:app", "--check-config"], 3, 'Could not import module "nomod"'),
    ],
)
def test_usage_errors(start, words, status, line):
    server = start(*words)
    assert server.wait() == status
    assert line in server.log.text()


def test_help_and_version(start):
    server = start("--help")
    assert server.wait() == 0
    assert "--graceful-timeout, --timeout-graceful-shutdown S" in server.out.text()
    version = start("--version")
    assert version.wait() == 0
    assert version.out.text().startswith("asgi-worker 0.")


def test_check_config_of_a_good_application(start):
    assert start("starts:good", "--app-dir", str(APPS), "--check-config").wait() == 0


def test_launcher_without_a_python_says_where_it_looked(start, tmp_path):
    server = start("--python", str(tmp_path / "none"), "a:b")
    assert server.wait() == 1
    assert f"no Python interpreter found; looked for: --python {tmp_path}/none" in server.log.text()


CHECK_BYTECODE = """
import importlib.util, pathlib, sys
for source in pathlib.Path(sys.argv[1]).glob("*.py"):
    compiled = pathlib.Path(importlib.util.cache_from_source(source)).read_bytes()
    assert compiled[4] == 3, f"{source}: not checked by its hash"
    assert compiled[8:16] == importlib.util.source_hash(source.read_bytes()), f"{source}: older than its source"
"""


def test_bytecode_of_the_package_lies_beside_it():
    """Whoever serves may often not write there, and would compile all of it at each start."""
    package = BIN.parent / "lib" / "asgi-worker" / "asgi_worker"
    subprocess.run([PYTHON, "-c", CHECK_BYTECODE, package], check=True)
