#!/usr/bin/env python3
"""Whether every option of uvicorn and gunicorn, as they are installed in PEERS (a virtual environment), is known here and stands
in docs/asgi-migration.md:

    PEERS=VENV tests/integration/asgi/peers_options.py

The program knows an option when it does not say "No such option" or "unknown name"; the page names a flag, or the key of what has
none. Run by .ci/extra asgi-peers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(os.environ.get("SUPERVISOR_BIN", ROOT / "build" / "release" / "bin"))
PAGE = ROOT / "docs" / "asgi-migration.md"

THEIRS = """
import json
from gunicorn.config import KNOWN_SETTINGS
from uvicorn.main import main
uvicorn = [[parameter.name, [*parameter.opts, *parameter.secondary_opts]] for parameter in main.params]
gunicorn = [[setting.name, setting.cli or []] for setting in KNOWN_SETTINGS]
print(json.dumps({"uvicorn": uvicorn, "gunicorn": gunicorn}))
"""


def complaint(words: list[str], conf: str = "") -> str:
    with tempfile.TemporaryDirectory() as folder:
        if conf:
            Path(folder, "conf.py").write_text(conf)
            words = [*words, "-c", "conf.py"]
        done = subprocess.run(
            [str(BIN / "asgi-worker"), "--python", "/usr/bin/python3", "main:app", *words, "--print-config"],
            cwd=folder, text=True, capture_output=True, timeout=20, check=False,
        )
    return done.stderr


def is_known(flag: str) -> bool:
    return "No such option" not in complaint([flag, "1"] if not flag.startswith("--") else [f"{flag}=1"])


def main() -> int:
    peers = os.environ["PEERS"]
    theirs = json.loads(subprocess.run([f"{peers}/bin/python", "-c", THEIRS], text=True, capture_output=True, check=True).stdout)
    named = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))))
    missing = 0
    for server, options in theirs.items():
        flags = [flag for _, flags in options for flag in flags if flag.startswith("-")]
        unknown = [flag for flag in flags if not is_known(flag)]
        keys = [key for key, flags in options if not flags]
        told = complaint([], "".join(f"{key} = None\n" for key in keys)) if server == "gunicorn" else ""
        unknown += [key for key in keys if f"unknown name '{key}'" in told]
        unnamed = [key for key, flags in options if not named.intersection(flags or [key])]
        print(f"{server}: {len(options)} options, {len(flags)} flags; not known here: {', '.join(unknown) or 'none'}; "
              f"not in {PAGE.name}: {', '.join(unnamed) or 'none'}")
        missing += len(unknown) + len(unnamed)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
