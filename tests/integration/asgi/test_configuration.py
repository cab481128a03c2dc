"""gunicorn.conf.py, the environment, the command line."""

import re
import subprocess

import pytest
from conftest import APPS, BIN, PYTHON

# As in the manual of ASGI servers that the project started from; only the port is free.
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


@pytest.mark.parametrize("words", [["-c", "gunicorn.conf.py"], []], ids=["named", "found"])
def test_the_example_file_works_verbatim(start, tmp_path, words):
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION, encoding="utf-8")
    server = start("hello:app", "--app-dir", str(APPS), "--bind", "127.0.0.1:0", *words).wait_ready()
    assert len(server.log.wait_for("Started server process", count=4)) == 4
    server.get("/json")
    server.out.wait_for('"GET /json HTTP/1.1" 200 OK')
    assert "WARNING" not in server.log.text()


def test_the_file_is_real_python(start, tmp_path):
    (tmp_path / "conf.py").write_text("import multiprocessing\nworkers = (2 * min(multiprocessing.cpu_count(), 1)) + 1\nbind = '127.0.0.1:0'\n")
    server = start("hello:app", "--app-dir", str(APPS), "-c", "conf.py").wait_ready()
    server.log.wait_for("Started server process", count=3)


def printed(start, *words, **options) -> dict[str, str]:
    server = start("a:b", "--print-config", *words, **options)
    assert server.wait() == 0, server.log.text()
    return dict(re.split(r"\s+=\s?", line, maxsplit=1) for line in server.out.text().splitlines() if " = " in line or line.endswith("="))


def test_precedence(start, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("workers = 2\nkeepalive = 7\nloglevel = 'error'\n")
    env = {"WEB_CONCURRENCY": "9", "GUNICORN_CMD_ARGS": "--keep-alive 8", "UVICORN_LOG_LEVEL": "warning"}
    values = printed(start, "--log-level", "debug", env=env)
    assert (values["workers"], values["keepalive"], values["loglevel"]) == ("2", "8", "debug")


def test_unknown_name_is_a_warning_with_the_nearest(start, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("worker = 2\n")
    server = start("a:b", "--print-config")
    assert server.wait() == 0
    assert "unknown name 'worker', did you mean 'workers'?" in server.log.text()


def test_error_in_the_file_shows_its_line(start, tmp_path):
    (tmp_path / "gunicorn.conf.py").write_text("workers = 2\nworkers = 1 / 0\n")
    server = start("a:b", "--print-config")
    assert server.wait() == 2
    assert 'gunicorn.conf.py", line 2' in server.log.text()
    assert "ZeroDivisionError" in server.log.text()


def test_gunicorn_command_line(start):
    server = start("hello:app", "-w", "2", "-k", "uvicorn.workers.UvicornWorker", "-b", "127.0.0.1:0", "--chdir", str(APPS)).wait_ready()
    assert server.get("/json").status == 200


def test_environment_for_the_application(start, tmp_path):
    (tmp_path / "seen.py").write_text(
        "import os, sys\nprint('GREETING', os.environ['GREETING'], file=sys.stderr, flush=True)\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    start("seen:app", "--port", "0", "-e", "GREETING=a=b").wait_ready().log.wait_for("^GREETING a=b$")


def test_run_from_code(tmp_path, environment):
    """asgi_worker.run() serves in a child, and what stands after it runs."""
    package = BIN.parent / "lib" / "asgi-worker"
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, threading, os, signal\n"
        f"sys.path.append({str(package)!r})\n"
        "import asgi_worker\n"
        "if __name__ == '__main__':\n"
        f"    asgi_worker.run('starts:good', app_dir={str(APPS)!r}, host='127.0.0.1', port=0, reload=False, workers=1, log_level='info', access_log=True)\n"
        "    print('after run')\n"
    )
    process = subprocess.Popen([PYTHON, str(script)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "running on" in line:
            break
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "after run\n")
    assert "shutdown ran" in err


def test_package_runs_as_a_module(tmp_path, environment):
    package = BIN.parent / "lib" / "asgi-worker"
    done = subprocess.run([PYTHON, "-m", "asgi_worker", "--version"], env={**environment, "PYTHONPATH": str(package)}, cwd=tmp_path,
                          capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "asgi-worker 0.1.0\n")


def test_interpreter_without_an_extension_is_told_which_there_are(tmp_path, environment):
    """The package copied without its extension: what any other interpreter would see."""
    package = BIN.parent / "lib" / "asgi-worker"
    for file in (package / "asgi_worker").glob("*.py"):
        target = tmp_path / "asgi_worker" / file.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.read_text())
    (tmp_path / "asgi_worker" / "_asgi_worker.cpython-399-x86_64-linux-gnu.so").touch()
    (tmp_path / "boot.py").write_text((package / "boot.py").read_text())
    done = subprocess.run([PYTHON, str(tmp_path / "boot.py"), "a:b"], env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "there are: cpython-399-x86_64-linux-gnu" in done.stderr


def test_sys_path_and_environment_are_left_as_they_were(start, tmp_path):
    (tmp_path / "seen.py").write_text(
        "import os, sys, json\n"
        "print('SEEN', json.dumps([sys.path[0], [p for p in sys.path if 'asgi-worker' in p], os.environ.get('PYTHONPATH'), sys.argv]), file=sys.stderr, flush=True)\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
    )
    server = start("seen:app", "--port", "0").wait_ready()
    seen = server.log.wait_for("SEEN (.*)")[0][1]
    assert seen == f'["{tmp_path}", [], null, ["seen:app"]]'
