"""Exit statuses and last lines of asgi-worker, uvicorn and gunicorn, one beside the other, in one run; asgi-worker also by each of their
names (a link), which makes it do as they do. Run by .ci/extra; the peers are in the virtual environment that PEERS names."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APPS = ROOT / "tests" / "apps"
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build" / "release" / "bin"))
PEERS = Path(os.environ["PEERS"]) / "bin"
SERVERS = ["ours", "as uvicorn", "uvicorn", "as gunicorn", "gunicorn"]
LIMIT = 12.0  # seconds; what has not ended by then goes on for ever

# name, application, options, signal once it serves
CASES = [
    ("module missing", "nomod:app", [], None),
    ("no colon", "starts", [], None),
    ("attribute missing", "starts:nope", [], None),
    ("import error inside", "broken_import:app", [], None),
    ("lifespan startup failed", "starts:failed", [], None),
    ("not callable", "starts:not_callable", [], None),
    ("port in use", "starts:good", ["taken"], None),
    ("bad option", "starts:good", ["--nope"], None),
    ("no application", "", [], None),
    ("TERM", "starts:good", [], signal.SIGTERM),
    ("INT", "starts:good", [], signal.SIGINT),
]


def command(server: str, links: Path, app: str, options: list[str], port: int, workers: int) -> list[str]:
    words = [app] if app else []
    own = ["--python", "/usr/bin/python3"]
    as_uvicorn = [*words, "--app-dir", str(APPS), "--port", str(port), "--workers", str(workers), *options]
    as_gunicorn = [*words, "-w", str(workers), "-b", f"127.0.0.1:{port}", "--chdir", str(APPS), *options]
    return {
        "ours": [str(BIN / "asgi-worker"), *own, *as_uvicorn],
        "uvicorn": [str(PEERS / "uvicorn"), *as_uvicorn],
        "as uvicorn": [str(links / "uvicorn"), *own, *as_uvicorn],
        "gunicorn": [str(PEERS / "gunicorn"), "-k", "asgi", *as_gunicorn],
        "as gunicorn": [str(links / "gunicorn"), *own, "-k", "asgi", *as_gunicorn],
    }[server]


def serves(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 0.2) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(client.recv(1))
    except OSError:
        return False


def run(server: str, links: Path, app: str, options: list[str], number: int | None, workers: int) -> tuple[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        if "taken" not in options:
            taken.close()
        words = command(server, links, app, [word for word in options if word != "taken"], port, workers)
        process = subprocess.Popen(words, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                                   env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        end = time.monotonic() + LIMIT
        while number and process.poll() is None and time.monotonic() < end:
            if serves(port):
                process.send_signal(number)
                break
            time.sleep(0.05)  # between two looks
        try:
            out, _ = process.communicate(timeout=max(0.1, end - time.monotonic()))
            status = str(process.returncode) if process.returncode >= 0 else f"signal {-process.returncode}"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            status = "goes on"
    lines = [line for line in out.splitlines() if line.strip()]
    told = [line for line in lines if any(word in line for word in ("rror", "fail", "Usage", "use", "Missing", "callable", "option", "attribute"))]
    return status, (told or lines or [""])[0].strip()[:110]


def main() -> int:
    print(f"{'case':26}{'workers':8}" + "".join(f"{server:>13}" for server in SERVERS))
    with tempfile.TemporaryDirectory() as folder:
        links = Path(folder)
        for name in ("uvicorn", "gunicorn"):
            (links / name).symlink_to(BIN / "asgi-worker")
        for name, app, options, number in CASES:
            for workers in (1, 2):
                ran = {server: run(server, links, app, options, number, workers) for server in SERVERS}
                print(f"{name:26}{workers:<8}" + "".join(f"{status:>13}" for status, _ in ran.values()), flush=True)
                if workers == 1:
                    for server, (_, line) in ran.items():
                        print(f"    {server}: {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
