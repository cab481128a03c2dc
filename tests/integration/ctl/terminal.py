"""A supervisorctl on a terminal of its own, and the daemon's fixture as the module `suite`."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

_spec = importlib.util.spec_from_file_location("suite", Path(__file__).parents[1] / "supervisord" / "conftest.py")
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["suite"] = _module
_spec.loader.exec_module(_module)
BIN: Path = _module.BIN


class Terminal:
    """A program on a terminal of its own, 80 columns wide."""

    def __init__(self, words: list[str], environment: dict[str, str] | None = None) -> None:
        self.fd, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.raw = ""
        self.seen = 0  # up to here it has been waited for

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [str(BIN / "supervisorctl"), *words], stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal,
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **(environment or {})},
        )
        os.close(slave)

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait(self, pattern: str, seconds: float = 20) -> str:
        """Reads until `pattern` comes behind what was waited for before; what came until then."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.raw[self.seen :])
            if found:
                text = self.raw[self.seen : self.seen + found.end()]
                self.seen += found.end()
                return text
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} does not come; what came: {self.raw[self.seen:]!r}"
            if not self._read(left):
                raise AssertionError(f"it ended without {pattern!r}: {self.raw[self.seen:]!r}")

    def wait_prompt(self, prompt: str = "supervisor> ", seconds: float = 20) -> None:
        """Until a line can be typed: the prompt is drawn a moment before the terminal stops editing lines itself."""
        self.wait(prompt, seconds)
        end = time.monotonic() + seconds
        while termios.tcgetattr(self.fd)[3] & termios.ICANON:
            assert time.monotonic() < end, "the terminal edits lines itself"
            time.sleep(0.005)  # between two looks

    def end(self, seconds: float = 20) -> int:
        """Reads all that is left; the exit status."""
        while self._read(seconds):
            pass
        return self.process.wait(seconds)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return False
        self.raw += data.decode(errors="replace")
        return bool(data)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.fd)
