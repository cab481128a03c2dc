"""Command line, environment and configuration files: which counts, and what is wrong with them."""

import re
import subprocess

import pytest
from conftest import APPS, BIN, PYTHON, since_3_11


def printed(start, *words, **options) -> dict[str, str]:
    server = start("a:b", "--print-config", *words, **options)
    assert server.wait() == 0, server.log.text()
    return dict(re.split(r"\s+=\s?", line, maxsplit=1) for line in server.out.text().splitlines() if " = " in line or line.endswith("="))


def complaint(start, *words, status=2, **options) -> str:
    server = start("a:b", *words, **options)
    assert server.wait() == status, server.log.text()
    return server.log.text()


AS_GUNICORN = ("--compat", "gunicorn")
BY_ITSELF = {"ASGI_WORKER_COMPAT": ""}


def test_the_file_is_real_python(start, tmp_path):
    (tmp_path / "conf.py").write_text("import multiprocessing\nworkers = (2 * min(multiprocessing.cpu_count(), 1)) + 1\nbind = '127.0.0.1:0'\n")
    server = start("hello:app", "--app-dir", str(APPS), "-c", "conf.py").wait_ready()
    server.log.wait_for("Started server process", count=3)


def test_precedence(start, tmp_path):
    (tmp_path / "conf.py").write_text("workers = 2\nkeepalive = 7\nloglevel = 'error'\nbacklog = 1\ngraceful_timeout = 1\n")
    env = {"WEB_CONCURRENCY": "9", "GUNICORN_CMD_ARGS": "--keep-alive 8 --backlog 2 --graceful-timeout 2", "UVICORN_BACKLOG": "3",
           "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "3", "ASGI_WORKER_GRACEFUL_TIMEOUT": "4", "UVICORN_LOG_LEVEL": "warning"}
    values = printed(start, "-c", "conf.py", "--log-level", "debug", env=env)
    assert [values[key] for key in ("workers", "keepalive", "backlog", "graceful_timeout", "loglevel")] == ["2", "8", "3", "4", "debug"]


@pytest.mark.parametrize(
    ("words", "env", "keepalive"),
    [
        ([], BY_ITSELF, "5"),
        (["--workers", "2", "--port", "1"], BY_ITSELF, "5"),
        (["-w", "2"], BY_ITSELF, "7"),
        ([], {"GUNICORN_CMD_ARGS": "-w 2", **BY_ITSELF}, "7"),
        (["--compat", "gunicorn"], {}, "7"),
        (["-w", "2", "--compat", "uvicorn"], {}, "5"),
    ],
    ids=["bare", "uvicorn's", "gunicorn's", "its variable", "named", "named otherwise"],
)
def test_the_file_that_nobody_names_is_gunicorns(start, tmp_path, words, env, keepalive):
    (tmp_path / "gunicorn.conf.py").write_text("keepalive = 7\n")
    assert printed(start, *words, env=env)["keepalive"] == keepalive


def test_a_file_that_is_not_read_is_told_of(start, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("keepalive = 7\n")
    server = start("a:b", "--print-config", env=BY_ITSELF)
    assert server.wait() == 0
    assert "gunicorn.conf.py is not read" in server.log.text()


@pytest.mark.parametrize("name", ["uvicorn", "gunicorn"])
def test_the_name_of_the_command_counts(tmp_path, environment, name):
    (tmp_path / name).symlink_to(BIN / "asgi-worker")
    done = subprocess.run([tmp_path / name, "--python", PYTHON, "a:b", "--print-config"], cwd=tmp_path, env={**environment, **BY_ITSELF},
                          capture_output=True, text=True, timeout=20)
    assert f"keepalive                  = {'2' if name == 'gunicorn' else '5'}\n" in done.stdout, done.stderr


@since_3_11
def test_toml_files(start, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.asgi-worker]\nworkers = 3\nproxy-headers = false\n[tool.other]\nworkers = 9\n")
    (tmp_path / "asgi-worker.toml").write_text('bind = ["127.0.0.1:1", "127.0.0.1:2"]\nkeep-alive = 4\napp = "x:y"\n')
    values = printed(start)
    assert (values["workers"], values["bind"], values["keepalive"]) == ("3", "127.0.0.1:1", "4")


@since_3_11
def test_two_files_that_say_different_things(start, tmp_path):
    (tmp_path / "asgi-worker.toml").write_text("workers = 3\n")
    (tmp_path / "conf.py").write_text("workers = 2\n")
    text = complaint(start, "-c", "conf.py", status=1)
    assert re.search(r"asgi-worker\.toml: workers 3 conflicts with .*conf\.py: workers 2", text)


def test_a_module_as_the_file(start, tmp_path):
    (tmp_path / "settings.py").write_text("import os\nworkers = 3\n")
    assert printed(start, "-c", "python:settings", "--pythonpath", str(tmp_path))["workers"] == "3"


def test_keywords_of_a_worker_class(start, tmp_path):
    (tmp_path / "workers.py").write_text("class Mine:\n    CONFIG_KWARGS = {'lifespan': 'off', 'ws_ping_interval': 10}\n")
    values = printed(start, "-k", "workers.Mine", "--pythonpath", str(tmp_path))
    assert values["lifespan"] == "off"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("workers = 1 / 0\n", "ZeroDivisionError"),
        ("workers = 'many'\n", "conf.py: workers: 'many' is neither a whole number nor auto"),
        ("workers = \n", "SyntaxError"),
    ],
)
def test_error_in_the_file_is_a_failure(start, tmp_path, text, line):
    (tmp_path / "conf.py").write_text(text)
    assert line in complaint(start, "-c", "conf.py", status=1)


def test_error_in_the_file_shows_its_line(start, tmp_path):
    (tmp_path / "conf.py").write_text("workers = 2\nworkers = 1 / 0\n")
    assert 'conf.py", line 2' in complaint(start, "-c", "conf.py", status=1)


def test_no_such_file(start):
    assert "nofile.py' doesn't exist" in complaint(start, "-c", "nofile.py", status=1)


def test_unknown_name_is_a_warning_with_the_nearest(start, tmp_path):
    (tmp_path / "conf.py").write_text("worker = 2\nimport os\ndef helper(): pass\n_private = 1\n")
    server = start("a:b", "--print-config", "-c", "conf.py")
    assert server.wait() == 0
    warnings = [line for line in server.log.text().splitlines() if "WARNING" in line]
    assert len(warnings) == 1
    assert "unknown name 'worker', did you mean 'workers'?" in warnings[0]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--wrokers", "2"], "No such option: --wrokers  Did you mean --workers?"),
        (["--port", "http"], "Invalid value for --port: 'http' is not a whole number"),
        (["--keep-alive", "2", "--timeout-keep-alive", "5"], "--keep-alive 2 conflicts with --timeout-keep-alive 5"),
        (["--paste", "x.ini"], "--paste is not there in this version: name the application as MODULE:ATTRIBUTE"),
        (["-k", "gevent"], "worker class 'gevent' is not an ASGI worker"),
        (["--env-file", "nofile"], "cannot be read"),
    ],
)
def test_usage_error_is_one_line(start, words, line):
    text = complaint(start, *words)
    assert line in text
    assert text.count("\n") == 0


def test_variables_of_an_env_file(start, tmp_path):
    (tmp_path / ".env").write_text("export GREETING='a=b' # why\nHOME=/nowhere\nTWO=${GREETING}!\nWEB_CONCURRENCY=2\nUVICORN_BACKLOG=9\n")
    (tmp_path / "seen.py").write_text(
        "import os, sys\nprint('SEEN', *(os.environ[n] for n in ('GREETING', 'HOME', 'TWO')), file=sys.stderr, flush=True)\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    server = start("seen:app", "--port", "0", "--env-file", ".env", env={"HOME": "/root"}).wait_ready()
    assert len(server.log.wait_for("^SEEN a=b /root a=b!$", count=2)) == 2  # of two workers: that variable counts too
    assert printed(start, "--env-file", ".env")["backlog"] == "2048"


def test_change_of_directory(start, tmp_path):
    (tmp_path / "conf.py").write_text("workers = 1\nchdir = %r\n" % str(APPS))
    server = start("hello:app", "-c", "conf.py", "--bind", "127.0.0.1:0").wait_ready()
    assert server.get("/json").status == 200


def test_check_config(start, tmp_path):
    good = start("hello:app", "--app-dir", str(APPS), "--check-config")
    assert good.wait() == 0
    bad = start("hello:nope", "--app-dir", str(APPS), "--check-config")
    assert bad.wait() == 3
    assert 'Attribute "nope" not found' in bad.log.text()


def test_environment_for_the_application(start, tmp_path):
    (tmp_path / "seen.py").write_text(
        "import os, sys\nprint('GREETING', os.environ['GREETING'], file=sys.stderr, flush=True)\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    start("seen:app", "--port", "0", "-e", "GREETING=a=b").wait_ready().log.wait_for("^GREETING a=b$")


def test_sys_path_and_environment_are_left_as_they_were(start, tmp_path):
    (tmp_path / "seen.py").write_text(
        "import os, sys, json\n"
        "print('SEEN', json.dumps([sys.path[0], [p for p in sys.path if 'asgi-worker' in p], os.environ.get('PYTHONPATH'), sys.argv]), file=sys.stderr, flush=True)\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    server = start("seen:app", "--port", "0").wait_ready()
    seen = server.log.wait_for("SEEN (.*)")[0][1]
    assert seen == f'["{tmp_path}", [], null, ["seen:app"]]'
