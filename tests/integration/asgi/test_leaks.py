"""The leak run's short form: nothing of a request stays, however it ends."""

import os
import subprocess
import sys

import pytest
from conftest import BIN, PYTHON, ROOT

LEAKS = ROOT / "tests" / "bench" / "asgi" / "leaks.py"


@pytest.mark.parametrize("kind", ["plain", "body", "stream", "error", "wrong", "disconnect", "cancel", "background", "group", "file", "lifespan"])
def test_nothing_stays(kind):
    words = [sys.executable, str(LEAKS), "--server", str(BIN / "asgi-worker"), "--python", PYTHON, "--kinds", kind,
             "--requests", "5000", "--noise", "1200"]  # half of what one block a request would make
    run = subprocess.run(words, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert run.returncode == 0, run.stdout + run.stderr
