"""The Python side: run(), Config, Server, python -m asgi_worker."""

import subprocess
import urllib.request

from conftest import APPS, BIN, PYTHON


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




PACKAGE = BIN.parent / "lib" / "asgi-worker"
PREAMBLE = f"""
import sys
sys.path.append({str(PACKAGE)!r})
import asyncio, socket, threading, urllib.request
import asgi_worker

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            print(kind, flush=True)
            await send({{"type": kind + ".complete"}})
            if kind.endswith("shutdown"):
                return
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"hello"}})

def listening():
    return socket.create_server(("127.0.0.1", 0))

def get(port):
    return urllib.request.urlopen(f"http://127.0.0.1:{{port}}/", timeout=10).read()
"""


def script(tmp_path, environment, text, status=0):
    (tmp_path / "script.py").write_text(PREAMBLE + text)
    done = subprocess.run([PYTHON, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode == status, done.stderr
    return done


def test_server_on_the_callers_loop(tmp_path, environment):
    done = script(tmp_path, environment, """
async def main():
    with listening() as socket:
        server = asgi_worker.Server(asgi_worker.Config(app, log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[socket]))
        while not server.started:
            await asyncio.sleep(0.01)
        print(await asyncio.to_thread(get, socket.getsockname()[1]))
        server.should_exit = True
        await serving
        print("after", server.started)
asyncio.run(main())
""")
    assert done.stdout.splitlines() == ["lifespan.startup", "b'hello'", "lifespan.shutdown", "after True"]
    assert done.stderr == ""


def test_servers_share_a_loop(tmp_path, environment):
    """Each answers while both are there, and the first one after the second has ended."""
    done = script(tmp_path, environment, """
async def main():
    servers = []
    for _ in range(2):
        socket = listening()
        server = asgi_worker.Server(asgi_worker.Config(app, lifespan="off", log_level="warning"))
        servers.append((server, socket, asyncio.create_task(server.serve(sockets=[socket]))))
        while not server.started:
            await asyncio.sleep(0.01)
    for server, socket, serving in reversed(servers):
        print([await asyncio.to_thread(get, each.getsockname()[1]) for _, each, _ in servers])
        server.should_exit = True
        await serving
        servers.pop()
loop = asgi_worker.new_event_loop()
loop.run_until_complete(main())
""")
    assert done.stdout.splitlines() == ["[b'hello', b'hello']", "[b'hello']"]
    assert done.stderr == ""


def test_server_in_a_thread_is_stopped_from_another(tmp_path, environment):
    done = script(tmp_path, environment, """
with listening() as socket:
    server = asgi_worker.Server(asgi_worker.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    while not server.started:
        pass
    print(get(socket.getsockname()[1]))
    server.should_exit = True
    thread.join(10)
    print(thread.is_alive())
""")
    assert done.stdout.splitlines() == ["lifespan.startup", "b'hello'", "lifespan.shutdown", "False"]


def test_run_of_an_object_goes_on_after_an_interrupt(tmp_path, environment):
    done = script(tmp_path, environment, """
import os, signal
class Server(asgi_worker.Server):
    pass
def interrupt_once_it_serves():
    while not started.is_set():
        started.wait(0.01)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # the thread that waits is not interrupted
started = threading.Event()
inner = app
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        asyncio.get_running_loop().call_later(0.05, started.set)
    await inner(scope, receive, send)
threading.Thread(target=interrupt_once_it_serves).start()
asgi_worker.run(app, host="127.0.0.1", port=0)
print("after run")
""")
    assert done.stdout.splitlines() == ["lifespan.startup", "lifespan.shutdown", "after run"]
    assert "asgi-worker running on http://127.0.0.1:" in done.stderr


def test_object_with_workers_is_refused(tmp_path, environment):
    done = script(tmp_path, environment, "asgi_worker.run(app, workers=2)\n", status=3)
    assert "You must pass the application as an import string to enable 'reload' or 'workers'." in done.stderr


def test_aliases(tmp_path, environment):
    done = script(tmp_path, environment, """
asgi_worker.install_as_uvicorn()
asgi_worker.install_as_gunicorn()
import uvicorn, uvicorn.workers
from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import AccessFormatter
from gunicorn.app.base import BaseApplication
print(uvicorn.Server is asgi_worker.Server, uvicorn.workers.UvicornWorker.CONFIG_KWARGS, "access" in LOGGING_CONFIG["formatters"])
class Server(uvicorn.Server):
    def handle_exit(self, sig, frame):
        print("patched", sig)
        super().handle_exit(sig, frame)
import signal
async def main():
    with listening() as socket:
        server = Server(uvicorn.Config(app, log_level="warning"))
        asyncio.get_running_loop().call_later(0.2, signal.raise_signal, signal.SIGINT)
        await server.serve(sockets=[socket])
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("raised again")
""")
    assert done.stdout.splitlines() == [
        "True {'loop': 'auto', 'http': 'auto'} True", "lifespan.startup", "patched 2", "lifespan.shutdown", "raised again",
    ]


def test_gunicorns_base_application(tmp_path, environment):
    (tmp_path / "script.py").write_text(PREAMBLE + """
from asgi_worker.gunicorn import BaseApplication

class Standalone(BaseApplication):
    def __init__(self, app, options):
        self.options = options
        self.application = app
        super().__init__()
    def load_config(self):
        for key, value in self.options.items():
            if key in self.cfg.settings and value is not None:
                self.cfg.set(key.lower(), value)
    def load(self):
        return self.application

if __name__ == "__main__":
    Standalone(app, {"bind": "127.0.0.1:0", "workers": 2, "nonsense": 1}).run()
""")
    process = subprocess.Popen([PYTHON, "script.py"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Listening at: http://" in line:
            break
    port = int(line.rsplit(":", 1)[1].split(" ")[0])
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read() == b"hello"
    process.terminate()
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out.count("lifespan.shutdown") == 2
