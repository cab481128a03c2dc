"""The user's own file: a FastAPI application from PyPI in a virtual environment, two workers, under supervisord; the same file under Supervisor
from PyPI. Prints each command with what it answers. Needs the package index; run by .ci/extra."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "supervisord"))
from conftest import BIN, Suite, wait_until  # noqa: E402
from survival import free_port  # noqa: E402

MAIN = """
from fastapi import FastAPI
app = FastAPI()

@app.get("/")
async def index():
    return {"message": "Hello from FastAPI"}
"""

CONF = """# the user's file
bind = "127.0.0.1:{port}"
workers = 2
worker_class = "uvicorn.workers.UvicornWorker"
worker_connections = 1000
timeout = 120
graceful_timeout = 30
keepalive = 5
accesslog = "-"
errorlog = "-"
loglevel = "info"
"""

PROGRAM = """
[program:myapp]
command={worker} main:app -c gunicorn.conf.py
directory={app}
environment=VIRTUAL_ENV="{venv}"
autostart=true
autorestart=true
stopasgroup=true
killasgroup=true
stderr_logfile={logs}/error.log
stdout_logfile={logs}/access.log
"""


def get(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return answer.read().decode()


def show(suite: Suite, *words: str) -> str:
    run = suite.ctl(*words)
    print(f"$ ctl {' '.join(words)}\n{run.stdout}{run.stderr}[{run.returncode}]")
    return run.stdout


def main() -> int:
    base = Path(tempfile.mkdtemp(prefix="myapp."))
    app, venv, logs = base / "app", base / "app/.venv", base / "log"
    app.mkdir()
    logs.mkdir()
    subprocess.run(["/usr/bin/python3", "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin/pip", "install", "-q", "fastapi", "supervisor==4.3.0", "setuptools<81"], check=True)
    port = free_port()
    (app / "main.py").write_text(MAIN)
    (app / "gunicorn.conf.py").write_text(CONF.format(port=port))
    program = PROGRAM.format(worker=BIN / "asgi-worker", app=app, venv=venv, logs=logs)

    print("== our supervisord")
    suite = Suite(base)
    suite.configure(program)
    suite.start()
    suite.wait_state("myapp", "RUNNING")
    wait_until(lambda: _serves(port), "it serves")
    print(get(port))
    show(suite, "status")
    show(suite, "restart", "myapp")
    wait_until(lambda: _serves(port), "it serves again")
    tail = subprocess.Popen([BIN / "ctl", "-c", suite.conf, "tail", "-f", "myapp"], stdin=subprocess.DEVNULL,
                            stdout=(base / "tail").open("wb"))
    get(port)
    wait_until(lambda: "GET / HTTP/1.1" in (base / "tail").read_text(), "the request is in the followed log")
    tail.terminate()
    tail.wait()
    print("$ ctl tail -f myapp\n" + (base / "tail").read_text())
    show(suite, "stop", "myapp")
    show(suite, "status")
    print("supervisord ends with", suite.stop())

    print("== Supervisor 4.3.0 from PyPI, the same program file")
    conf = base / "original.conf"
    conf.write_text(f"[supervisord]\nlogfile={base}/original.log\npidfile={base}/original.pid\nnodaemon=true\n"
                    f"[unix_http_server]\nfile={base}/o.sock\n[supervisorctl]\nserverurl=unix://{base}/o.sock\n"
                    "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n" + program)
    original = subprocess.Popen([venv / "bin/supervisord", "-c", conf], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _serves(port), "it serves under Supervisor")
        print(get(port))
        status = lambda: subprocess.run([venv / "bin/supervisorctl", "-c", conf, "status"], capture_output=True, text=True,  # noqa: E731
                                        check=False).stdout
        wait_until(lambda: "RUNNING" in status(), "its startsecs are over")
        print(status())
    finally:
        original.terminate()
        original.wait(timeout=60)
    return 0


def _serves(port: int) -> bool:
    try:
        return "Hello" in get(port)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
