"""Lines: where they go and how they look."""

import json
import re
import signal
import socket

import pytest
from conftest import APPS, of_python, wait_until

needs_yaml = pytest.mark.skipif(of_python("__import__('yaml')") == "", reason="no PyYAML")

HELLO = ("hello:app", "--app-dir", str(APPS), "--port", "0")


@pytest.mark.parametrize(
    ("format", "pattern"),
    [
        ("uvicorn", r'^INFO:     127\.0\.0\.1:\d+ - "GET /json\?a=b HTTP/1\.1" 200 OK$'),
        ("uvicorn-worker", r'^127\.0\.0\.1:\d+ - "GET /json\?a=b HTTP/1\.1" 200$'),
        ("combined", r'^127\.0\.0\.1 - - \[\d+/\w+/\d+:[\d:]+ [+-]\d{4}\] "GET /json\?a=b HTTP/1\.1" 200 \d+ "-" "me"$'),
        ("%(h)s %(m)s %(U)s?%(q)s %(s)s %(D)s %({user-agent}i)s", r"^127\.0\.0\.1 GET /json\?a=b 200 \d+ me$"),
    ],
)
def test_access_log_format(start, format, pattern):
    server = start(*HELLO, "--access-log-format", format).wait_ready()
    server.get("/json?a=b", **{"user-agent": "me"})
    server.out.wait_for(pattern)


def test_access_log_as_json(start):
    server = start(*HELLO, "--access-log-format", "json").wait_ready()
    server.get('/json?a="b', **{"x-request-id": "r-1"})
    line = json.loads(server.out.wait_for(r"^\{.*\}$")[0][0])
    assert (line["path"], line["query"], line["status"], line["request_id"]) == ("/json", 'a="b', 200, "r-1")


def test_unknown_atom_is_a_usage_error(start):
    server = start(*HELLO, "--access-log-format", "%(nope)s")
    assert server.wait() == 2
    assert "Invalid value for --access-log-format: unknown atom %(nope)s" in server.log.text()


def test_paths_without_a_line(start):
    server = start(*HELLO, "--access-log-exclude", "/health*").wait_ready()
    for path in ("/health", "/healthz", "/json"):
        server.get(path)
    server.out.wait_for("GET /json")
    assert "health" not in server.out.text()


def test_gunicorns_lines(start):
    server = start("hello:app", "--app-dir", str(APPS), "-b", "127.0.0.1:0", "-w", "2", "--access-logfile", "-", "--compat", "gunicorn").wait_ready()
    server.get("/json")
    assert server.stop() == 0
    prefix = r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[INFO\] "
    for text in (r"Starting asgi-worker [\d.]+$", r"Listening at: http://127\.0\.0\.1:\d+ \(\d+\)$", "Using worker: asgi$", r"Booting worker with pid: \d+$",
                 "Handling signal: term$", r"Worker exiting \(pid: \d+\)$", "Shutting down: Master$"):
        server.log.wait_for(prefix + text)
    server.out.wait_for(r'^127\.0\.0\.1 - - \[.*\] "GET /json HTTP/1\.1" 200 \d+ "-" "-"$')


def test_colours(start):
    server = start(*HELLO, "--use-colors").wait_ready()
    server.get("/json")
    server.log.wait_for("^\x1b\\[32mINFO\x1b\\[0m:     Application startup complete|\x1b\\[32mINFO\x1b\\[0m:     ASGI")
    server.out.wait_for('"\x1b\\[1mGET /json HTTP/1.1\x1b\\[0m" \x1b\\[32m200 OK\x1b\\[0m')


def test_files_are_opened_again(start, tmp_path):
    access, error = tmp_path / "access.log", tmp_path / "error.log"
    server = start("starts:good", "--app-dir", str(APPS), "--uds", str(tmp_path / "s"), "--access-logfile", str(access), "--error-logfile", str(error), "--workers", "2")
    wait_until(lambda: error.exists() and "running on" in error.read_text(), "it serves")
    server.address = str(tmp_path / "s")
    access.rename(tmp_path / "access.1")
    error.rename(tmp_path / "error.1")
    server.signal(signal.SIGUSR1)
    wait_until(lambda: access.exists() and error.exists(), "new files")
    wait_until(lambda: server.get("/again") and "/again" in access.read_text(), "a line in the new file")


LOGGERS = """
import logging, sys
logging.getLogger("uvicorn.error").info("from uvicorn.error %s", 1)
logging.getLogger("gunicorn.error").warning("from gunicorn.error")
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})
"""


def test_records_of_our_predecessors_names_are_among_our_lines(start, tmp_path):
    (tmp_path / "main.py").write_text(LOGGERS)
    server = start("main:app", "--port", "0").wait_ready()
    server.log.wait_for("^INFO:     from uvicorn.error 1$")
    server.log.wait_for("^WARNING:  from gunicorn.error$")


def test_handlers_of_the_application_get_our_lines(start, tmp_path):
    (tmp_path / "main.py").write_text(
        "import logging, sys\n"
        "class Mine(logging.Handler):\n"
        "    def emit(self, record):\n"
        "        print('MINE', record.name, record.args if record.name == 'uvicorn.access' else record.getMessage(), file=sys.stderr, flush=True)\n"
        "for name in ('uvicorn.access', 'uvicorn.error'):\n"
        "    logging.getLogger(name).addHandler(Mine())\n"
        "    logging.getLogger(name).setLevel(logging.INFO)\n" + LOGGERS
    )
    server = start("main:app", "--port", "0").wait_ready()
    server.get("/a?b")
    server.log.wait_for(r"^MINE uvicorn\.access \('127\.0\.0\.1:\d+', 'GET', '/a\?b', '1\.1', 200\)$")
    server.stop()
    server.log.wait_for(r"^MINE uvicorn\.error Finished server process")


def test_filters_of_the_application_on_the_access_log(start, tmp_path):
    (tmp_path / "main.py").write_text(
        "import logging\n"
        "logging.getLogger('uvicorn.access').addFilter(lambda record: '/health' not in record.getMessage())\n" + LOGGERS
    )
    server = start("main:app", "--port", "0").wait_ready()
    server.get("/health")
    server.get("/other")
    server.out.wait_for(r'^INFO:     127\.0\.0\.1:\d+ - "GET /other HTTP/1\.1" 200 OK$')
    assert "/health" not in server.out.text()


CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "default": {"()": "uvicorn.logging.DefaultFormatter", "fmt": "MINE %(levelprefix)s %(message)s", "use_colors": False},
        "access": {"()": "uvicorn.logging.AccessFormatter", "fmt": "MINE %(client_addr)s %(request_line)s %(status_code)s", "use_colors": False},
    },
    "handlers": {
        "default": {"formatter": "default", "class": "logging.StreamHandler", "stream": "ext://sys.stderr"},
        "access": {"formatter": "access", "class": "logging.StreamHandler", "stream": "ext://sys.stdout"},
    },
    "loggers": {
        "uvicorn": {"handlers": ["default"], "level": "INFO"},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}
YAML = """
version: 1
disable_existing_loggers: false
formatters:
  plain: {format: "MINE %(message)s"}
handlers:
  err: {class: logging.StreamHandler, formatter: plain, stream: "ext://sys.stderr"}
  out: {class: logging.StreamHandler, formatter: plain, stream: "ext://sys.stdout"}
loggers:
  uvicorn: {handlers: [err], level: INFO}
  uvicorn.access: {handlers: [out], level: INFO, propagate: false}
"""
INI = """
[loggers]
keys=root,access
[handlers]
keys=err,out
[formatters]
keys=plain
[logger_root]
level=INFO
handlers=err
[logger_access]
level=INFO
handlers=out
propagate=0
qualname=uvicorn.access
[handler_err]
class=StreamHandler
formatter=plain
args=(sys.stderr,)
[handler_out]
class=StreamHandler
formatter=plain
args=(sys.stdout,)
[formatter_plain]
format=MINE %(message)s
"""


@pytest.mark.parametrize("kind", ["json", pytest.param("yaml", marks=needs_yaml), "ini", "dict"])
def test_log_config(start, tmp_path, kind):
    if kind == "yaml":
        pytest.importorskip("yaml")
    words = ["--log-config", f"log.{kind}"]
    if kind == "dict":
        (tmp_path / "conf.py").write_text(f"logconfig_dict = {CONFIG!r}\n")
        words = ["-c", "conf.py"]
    else:
        (tmp_path / f"log.{kind}").write_text({"json": json.dumps(CONFIG), "yaml": YAML, "ini": INI}[kind])
    server = start(*HELLO, *words).wait_ready()
    server.get("/json")
    server.log.wait_for(r"^MINE (?:INFO:     )?Started server process")
    server.out.wait_for(r"^MINE .*GET /json HTTP/1\.1")
    server.stop()
    assert all(line.startswith("MINE") for line in server.log.text().splitlines()), server.log.text()


def test_log_config_that_is_wrong(start, tmp_path):
    (tmp_path / "log.json").write_text("{")
    server = start(*HELLO, "--log-config", "log.json")
    assert server.wait() == 1
    assert re.search("Cannot configure logging: .*JSONDecodeError", server.log.text())


def received(daemon: socket.socket, pattern: str) -> re.Match[str]:
    """The first message that matches; those before it are passed over."""
    daemon.settimeout(20)
    while True:
        text = daemon.recv(65536).decode()
        if found := re.search(pattern, text):
            return found


@pytest.mark.parametrize("to", ["udp", "unix", "unix#dgram"])
def test_syslog_gets_lines_of_both_logs(start, tmp_path, to):
    family, address = (socket.AF_INET, ("127.0.0.1", 0)) if to == "udp" else (socket.AF_UNIX, str(tmp_path / "log"))
    with socket.socket(family, socket.SOCK_DGRAM) as daemon:
        daemon.bind(address)
        where = f"udp://127.0.0.1:{daemon.getsockname()[1]}" if to == "udp" else to.replace("unix", f"unix://{address}")
        server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "--log-syslog", "--log-syslog-to", where,
                       "--log-syslog-prefix", "shop", "--log-syslog-facility", "local0").wait_ready()
        received(daemon, rf"^<134>gunicorn\.shop\.error: \[{server.process.pid}\] asgi-worker running on")
        pid = server.get("/json").json()["pid"]
        received(daemon, rf'^<134>gunicorn\.shop\.access: \[{pid}\] .*"GET /json HTTP/1.1" 200')
        server.out.wait_for('"GET /json HTTP/1.1" 200')  # and the files have them, too


def test_syslog_over_tcp_line_by_line(start):
    with socket.create_server(("127.0.0.1", 0)) as daemon:
        server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "--log-syslog", "--log-syslog-to", f"tcp://127.0.0.1:{daemon.getsockname()[1]}",
                       "--disable-redirect-access-to-syslog").wait_ready()
        link, _ = daemon.accept()
        assert server.get("/json").status == 200
        assert server.stop() == 0
        with link, link.makefile("r", encoding="utf-8") as lines:
            text = lines.read()
    assert "<14>gunicorn.hello.app.error: " in text
    assert "/json" not in text


def test_gunicorns_access_log_is_on_when_syslog_has_it(start, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(tmp_path / "log"))
        server = start("hello:app", "--compat", "gunicorn", "--chdir", str(APPS), "--bind", "127.0.0.1:0", "--log-syslog",
                       "--log-syslog-to", f"unix://{tmp_path}/log").wait_ready()
        assert server.get("/json").status == 200
        received(daemon, r'^<14>gunicorn\.hello\.app\.access: .*"GET /json HTTP/1.1" 200')
        assert server.stop() == 0
    assert server.out.whole() == ""


@pytest.mark.parametrize(("words", "line"), [
    (["--log-syslog-to", "localhost"], "neither udp://, tcp:// nor unix://"),
    (["--log-syslog-to", "unix:///nowhere/log"], "cannot log to syslog at 'unix:///nowhere/log'"),
    (["--log-syslog-facility", "mine"], "unknown facility name: 'mine'"),
])
def test_syslog_that_cannot_be_had_is_a_line(start, words, line):
    server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "--log-syslog", *words)
    assert server.wait() == 1
    assert line in server.log.text()
