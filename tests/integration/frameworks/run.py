"""The same test modules under uvicorn and under asgi-worker, each framework in a virtual environment of its own, and where the
two differ. Exit status 1 when they do.

  run.py --server build/release/bin/asgi-worker --venvs build/peers/frameworks [--only fastapi,django] [--quick]

Needs pytest here, and PyPI the first time. The framework's own packages are as PyPI has them; only the command differs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGES = {
    "starlette": ["starlette"],
    "fastapi": ["fastapi"],
    "django": ["django"],
    "quart": ["quart"],
    "litestar": ["litestar"],
}
PEERS = ["uvicorn", "uvloop", "httptools"]
THEIRS = ["--loop asyncio", "--loop uvloop"]
OURS = [f"--loop {loop} --task {task}" for task in ("fast", "compat") for loop in ("asyncio", "uvloop", "asgi-worker")] + ["--asgi-spec-version 2.3"]

Outcomes = dict[str, str]


def make_venv(where: Path, packages: list[str]) -> Path:
    python = where / "bin" / "python"
    if not (where / "complete").exists():
        subprocess.run([os.environ.get("ASGI_PYTHON", "/usr/bin/python3"), "-m", "venv", "--clear", where], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages, *PEERS], check=True)
        (where / "complete").touch()
    return python


def run_tests(framework: str, command: str) -> Outcomes:
    env = {**os.environ, "FRAMEWORKS_APP": f"{framework}_app", "FRAMEWORKS_SERVER": command, "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report.name}", HERE]
        subprocess.run(words, cwd=HERE, env=env, stdout=subprocess.DEVNULL, timeout=900)
        return {case.attrib["name"]: outcome_of(case) for case in xml.parse(report.name).iter("testcase")}


def outcome_of(case: xml.Element) -> str:
    return next((part.tag for part in case if part.tag in ("failure", "error", "skipped")), "passed")


def is_known(server: str, options: str) -> bool:
    """Whether this build has them; an unknown one is a usage error."""
    words = [server, "--python", sys.executable, *options.split(), "--print-config", "x:y"]
    return subprocess.run(words, capture_output=True).returncode != 2


def told(outcomes: Outcomes) -> str:
    counts = {kind: list(outcomes.values()).count(kind) for kind in ("passed", "skipped", "failure", "error")}
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="our program")
    parser.add_argument("--venvs", required=True, type=Path)
    parser.add_argument("--only", default=",".join(PACKAGES))
    parser.add_argument("--quick", action="store_true", help="the first variant of each server only")
    given = parser.parse_args()
    server = str(Path(given.server).resolve())
    theirs, ours = (THEIRS[:1], OURS[:1]) if given.quick else (THEIRS, OURS)
    differences = 0
    for framework in given.only.split(","):
        python = make_venv(given.venvs.resolve() / framework, PACKAGES[framework])
        common = "{app} --host 127.0.0.1 --port {port}"
        reference: Outcomes = {}
        for options in theirs:
            outcomes = run_tests(framework, f"{python} -m uvicorn {common} {options}")
            print(f"{framework:10} uvicorn      {options:32} {told(outcomes)}", flush=True)
            reference = reference or outcomes
        for options in ours:
            if not is_known(server, options):
                print(f"{framework:10} asgi-worker  {options:32} not in this build", flush=True)
                continue
            outcomes = run_tests(framework, f"{server} --python {python.parent.parent} {common} {options}")
            print(f"{framework:10} asgi-worker  {options:32} {told(outcomes)}", flush=True)
            for name in sorted(reference.keys() | outcomes.keys()):
                there, here = reference.get(name), outcomes.get(name)
                if there != here:
                    differences += 1
                    print(f"    {name}: {there} under uvicorn, {here} here", flush=True)
    print("no differences" if differences == 0 else f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
