"""Every command and file of the manual that the project started from, run as written with only the program's name changed: port
8000 and all, so each in a network of its own."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import APPS, BIN, PYTHON

if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode != 0:
    pytest.skip("no network namespaces here", allow_module_level=True)

MAIN = """
import os
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind.endswith("shutdown"):
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"from %d" % os.getpid()})
"""

CONFIGURATION = '''
# 服务器绑定
bind = "0.0.0.0:8000"

# Worker 配置
workers = 4
worker_class = "uvicorn.workers.UvicornWorker"
worker_connections = 1000

# 超时配置
timeout = 120
graceful_timeout = 30
keepalive = 5

# Worker 重启策略
max_requests = 1000
max_requests_jitter = 50

# 预加载
preload_app = True

# 日志配置
accesslog = "-"
errorlog = "-"
loglevel = "info"
capture_output = True

# 安全配置
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190
'''

WORKERS = """
# 公式: (2 * CPU核心数) + 1
import multiprocessing

workers = (2 * multiprocessing.cpu_count()) + 1
"""

FROM_CODE = """
import asgi_worker

if __name__ == "__main__":
    asgi_worker.run(
        "main:app",
        host="0.0.0.0",
        port=8000,
        reload=False,
        workers=4,
        log_level="info",
        access_log=True,
    )
"""

UVICORN_OPTIONS = r"""asgi-worker main:app \
    --host 0.0.0.0 \
    --port 8000 \
    --workers 4 \
    --log-level info \
    --access-log \
    --timeout-keep-alive 5"""

GUNICORN_OPTIONS = r"""asgi-worker main:app \
    --workers 4 \
    --worker-class uvicorn.workers.UvicornWorker \
    --bind 0.0.0.0:8000 \
    --timeout 120 \
    --graceful-timeout 30 \
    --keep-alive 5 \
    --max-requests 1000 \
    --max-requests-jitter 50 \
    --preload \
    --access-logfile - \
    --error-logfile - \
    --capture-output"""

# The manual's own line, with the comment after its backslash: the shell ends the command there, after a blank argument.
WITH_COMMENTS = r"""asgi-worker main:app \
    -w 4 \                            # Worker 数量
    -k uvicorn.workers.UvicornWorker \ # Worker 类型
    -b 0.0.0.0:8000                    # 绑定地址"""

# Runs in the new network: lo up, the command, requests until it answers, TERM; then what happened, as JSON.
DRIVER = r"""
import json, os, signal, subprocess, sys, time, urllib.request
command, stop = json.loads(sys.argv[1])
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
answer = ""
end = time.monotonic() + 20
while time.monotonic() < end and process.poll() is None and not answer:
    try:
        answer = urllib.request.urlopen("http://127.0.0.1:8000/a%20b?x=1", timeout=5).read().decode()
    except OSError:
        time.sleep(0.02)  # between two attempts
if process.poll() is None:
    if stop == "group":
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.send_signal(signal.SIGTERM)
out, err = process.communicate(timeout=30)
print(json.dumps({"answer": answer, "status": process.returncode, "out": out, "err": err}))
"""


@pytest.fixture
def run(tmp_path, environment):
    """run(command): in a directory with main.py, asgi-worker on PATH."""
    (tmp_path / "main.py").write_text(MAIN)
    environment = {**environment, "PATH": f"{BIN}:{os.environ['PATH']}", "VIRTUAL_ENV": ""}
    del environment["ASGI_WORKER_COMPAT"]

    def go(command: str, stop: str = "one", **env: str) -> dict:
        done = subprocess.run(
            ["unshare", "-rn", sys.executable, "-c", DRIVER, json.dumps([f"exec {command}", stop])],
            cwd=tmp_path, env={**environment, **env}, capture_output=True, text=True, timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return go


def workers(text: str) -> int:
    return text.count("Started server process [")


@pytest.mark.parametrize(
    ("command", "count", "logs_access"),
    [
        ("asgi-worker main:app --reload", 1, True),
        ("asgi-worker main:app --host 0.0.0.0 --port 8000", 1, True),
        ("asgi-worker main:app --host 0.0.0.0 --port 8000 --workers 4", 4, True),
        (UVICORN_OPTIONS, 4, True),
        ("asgi-worker main:app -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:8000", 4, False),
        (GUNICORN_OPTIONS, 4, True),
    ],
    ids=["reload", "production", "workers", "options", "gunicorn", "gunicorn options"],
)
def test_command(run, command, count, logs_access):
    ran = run(command)
    assert ran["answer"].startswith("from "), ran
    assert ran["status"] == 0, ran
    assert workers(ran["err"]) == count
    assert ('"GET /a%20b?x=1 HTTP/1.1" 200' in ran["out"]) == logs_access
    assert "WARNING" not in ran["err"], ran["err"]


def test_command_with_comments_as_it_stands(run):
    ran = run(WITH_COMMENTS)
    assert ran["answer"].startswith("from ")
    assert "a blank argument is ignored" in ran["err"]


@pytest.mark.parametrize("stop", ["one", "group"], ids=["TERM to the parent", "TERM to all"])
def test_configuration_file(run, tmp_path, stop):
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION, encoding="utf-8")
    ran = run("asgi-worker main:app -c gunicorn.conf.py", stop)
    assert ran["answer"].startswith("from "), ran
    assert ran["status"] == 0
    assert workers(ran["err"]) == 4
    assert '"GET /a%20b?x=1 HTTP/1.1" 200' in ran["out"]
    assert "WARNING" not in ran["err"], ran["err"]
    assert "Traceback" not in ran["err"]


def test_number_of_workers_that_python_counts(run, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION.replace("workers = 4\n", WORKERS), encoding="utf-8")
    ran = run("asgi-worker main:app -c gunicorn.conf.py")
    assert workers(ran["err"]) == 2 * os.cpu_count() + 1


def test_from_code(run, tmp_path):
    (tmp_path / "script.py").write_text(FROM_CODE)
    ran = run(f"{PYTHON} script.py", PYTHONPATH=str(BIN.parent / "lib" / "asgi-worker"))
    assert ran["answer"].startswith("from "), ran
    assert workers(ran["err"]) == 4
    assert ran["status"] == 0


UNIT = """
[Unit]
Description=My FastAPI Application
After=network.target

[Service]
Type=simple
User=www-data
Group=www-data
WorkingDirectory=/opt/myapp
Environment="PATH=/opt/myapp/.venv/bin"
ExecStart=/opt/myapp/.venv/bin/asgi-worker main:app -c gunicorn.conf.py
ExecReload=/bin/kill -s HUP $MAINPID
ExecStop=/bin/kill -s TERM $MAINPID
Restart=on-failure
RestartSec=10

[Install]
WantedBy=multi-user.target
"""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_unit(tmp_path):
    """As systemd reads it; its program stands in a root of the test's own."""
    root = tmp_path / "root"
    for path in ("opt/myapp/.venv/bin", "etc/systemd/system", "bin", "usr/lib/systemd/system"):
        (root / path).mkdir(parents=True)
    for program in ("opt/myapp/.venv/bin/asgi-worker", "bin/kill"):
        (root / program).write_bytes(b"")
        (root / program).chmod(0o755)
    unit = root / "etc/systemd/system/myapp.service"
    unit.write_text(UNIT)
    done = subprocess.run(["systemd-analyze", "verify", "--root", str(root), "--recursive-errors=no", "--man=no", "myapp.service"],
                          capture_output=True, text=True, timeout=60)
    assert "myapp.service:" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_own_systemd_units(tmp_path):
    """Those that are installed, which name the programs where they are installed."""
    root = tmp_path / "root"
    for path in ("opt/shop", "etc/systemd/system", "bin", "usr/bin", "usr/lib/systemd/system"):
        (root / path).mkdir(parents=True)
    for program in ("usr/bin/asgi-worker", "usr/bin/supervisord", "usr/bin/supervisorctl", "usr/bin/ctl", "bin/kill"):
        (root / program).write_bytes(b"")
        (root / program).chmod(0o755)
    for file, name in (("asgi-worker@.service", "asgi-worker@shop.service"), ("supervisord.service", "supervisord.service")):
        text = (APPS.parents[1] / "etc/systemd" / file).read_text(encoding="utf-8").replace("@PREFIX@", "/usr")
        (root / "etc/systemd/system" / file).write_text(text, encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", "--root", str(root), "--recursive-errors=no", "--man=no", name],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, file.split(".")[0] in done.stderr) == (0, False), done.stderr


def test_with_the_path_of_the_unit(run, tmp_path):
    """PATH is the virtual environment's bin and no more; the program is a link in it."""
    venv = tmp_path / ".venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=60)
    (venv / "bin" / "asgi-worker").symlink_to(BIN / "asgi-worker")
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION, encoding="utf-8")
    (tmp_path / "main.py").write_text(MAIN.replace("import os", f"import os, sys\nassert sys.prefix == {str(venv)!r}"))
    ran = run(f"/usr/bin/env -i PATH={venv}/bin {venv}/bin/asgi-worker main:app -c gunicorn.conf.py")
    assert ran["answer"].startswith("from "), ran
    assert ran["status"] == 0
