"""asgi-worker as `pip install .` has put it into a virtual environment, used in the ways that a Python package is:

    tests/integration/asgi/installed.py VENV

VENV also has coverage. Prints a line for each way. Run by .ci/extra wheel."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from client import Client
from conftest import Lines

APP = '''\
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    body = scope["path"].encode()
    if scope["path"] == "/debug":
        breakpoint()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
'''
BY_NAME = 'import asgi_worker\n\nif __name__ == "__main__":\n    asgi_worker.run("app:app", port=0)\n    print("after run()")\n'
BY_OBJECT = "import asgi_worker\nfrom app import app\n\nasgi_worker.run(app, port=0)\nprint('after run()')\n"
AS_UVICORN = 'import asgi_worker\nasgi_worker.install_as_uvicorn()\nimport uvicorn\n\nuvicorn.run("app:app", port=0)\nprint("after run()")\n'


class Running:
    """One command, its lines and what is typed to it."""

    def __init__(self, folder: Path, words: list[str], typed: str = "") -> None:
        self.process = subprocess.Popen(
            words, cwd=folder, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
        )
        self.out, self.log = Lines(self.process.stdout), Lines(self.process.stderr)
        self.process.stdin.write(typed)
        self.process.stdin.flush()

    def get(self, target: str) -> str:
        port = int(self.log.wait_for(r"(?:running on|Listening at:) http://127\.0\.0\.1:(\d+)")[0][1])
        with Client(("127.0.0.1", port)) as client:
            return client.request("GET", target).body.decode()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        status = self.process.wait(20)
        return status, self.out.whole()


def serves(words: list[str], after: str = "", number: int = signal.SIGTERM) -> Callable[[Path], str]:
    def check(folder: Path) -> str:
        running = Running(folder, words)
        assert running.get("/a") == "/a"
        status, out = running.end(number)
        assert status == 0 and after in out, (status, out, running.log.text())
        return f"answers, status 0{' and goes on after it' if after else ''}"

    return check


def stops_in_pdb(words: list[str], target: str, typed: str) -> Callable[[Path], str]:
    """`typed` is what a person types once the debugger has stopped."""

    def check(folder: Path) -> str:
        running = Running(folder, words, typed)
        assert running.get(target) == target
        found = running.out.wait_for(rf"'{target}'$")
        running.process.send_signal(signal.SIGINT)
        running.process.stdin.write("q\nq\n")  # the debugger may ask what to do with the interrupt
        running.process.stdin.close()
        running.process.wait(20)
        return f"stops, says {found[0][0]}, goes on"

    return check


def covered(run: list[str], *, number: int) -> Callable[[Path], str]:
    def check(folder: Path) -> str:
        python = run[0]
        running = Running(folder, run)
        assert running.get("/a") == "/a"
        status, _ = running.end(number)
        subprocess.run([python, "-m", "coverage", "combine", "-q"], cwd=folder, check=True)
        report = subprocess.run([python, "-m", "coverage", "report", "--include=app.py"], cwd=folder, text=True, capture_output=True, check=True)
        line = re.findall(r"^app\.py.*", report.stdout, re.MULTILINE)[0]
        assert int(line.split()[-1].rstrip("%")) >= 80, line  # all but its breakpoint
        return " ".join(line.split()) + f", status {status}"

    return check


def main(venv: str) -> int:
    python = f"{venv}/bin/python"
    pdb_typed = "b app.py:4\nc\np scope['path']\ncl 1\nc\n"
    ways: dict[str, Callable[[Path], str]] = {
        "asgi-worker app:app": serves([f"{venv}/bin/asgi-worker", "app:app", "--port", "0"]),
        "python -m asgi_worker app:app": serves([python, "-m", "asgi_worker", "app:app", "--port", "0"]),
        "two workers, preload": serves([python, "-m", "asgi_worker", "app:app", "--port", "0", "--workers", "2", "--preload"]),
        'run("app:app")': serves([python, "by_name.py"], after="after run()"),
        "run(app)": serves([python, "by_object.py"], after="after run()", number=signal.SIGINT),
        "install_as_uvicorn()": serves([python, "as_uvicorn.py"], after="after run()"),
        "coverage run by_object.py": covered([python, "-m", "coverage", "run", "-p", "by_object.py"], number=signal.SIGINT),
        "coverage run -m asgi_worker": covered([python, "-m", "coverage", "run", "-p", "-m", "asgi_worker", "app:app", "--port", "0"], number=signal.SIGTERM),
        "python -m pdb by_object.py": stops_in_pdb([python, "-m", "pdb", "by_object.py"], "/a", pdb_typed),
        "breakpoint() in a worker": stops_in_pdb([python, "-m", "asgi_worker", "app:app", "--port", "0"], "/debug", "p scope['path']\nc\n"),
    }
    failed = 0
    for name, check in ways.items():
        with tempfile.TemporaryDirectory() as folder:
            for file, text in (("app.py", APP), ("by_name.py", BY_NAME), ("by_object.py", BY_OBJECT), ("as_uvicorn.py", AS_UVICORN)):
                Path(folder, file).write_text(text)
            try:
                print(f"{name:32} {check(Path(folder))}", flush=True)
            except Exception as error:
                failed += 1
                print(f"{name:32} FAILED: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
