"""An event listener for the tests: writes each event that it is given as a line of JSON to a file, and answers as it is told.

usage: listener.py FILE [--fail N] [--gate FIFO] [--noise] [--deaf]
--fail N: rejects the first N. --gate FIFO: answers when it has read a byte from there. --noise: breaks the protocol
after its first event. --deaf: is READY and then reads nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys


def say(text: str) -> None:
    os.write(1, text.encode())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--fail", type=int, default=0)
    parser.add_argument("--gate")
    parser.add_argument("--noise", action="store_true")
    parser.add_argument("--deaf", action="store_true")
    options = parser.parse_args()
    gate = os.open(options.gate, os.O_RDWR) if options.gate else None
    # `len` counts characters, so this reads text; and no newline is another one.
    stdin = open(0, encoding="utf-8", newline="\n")  # noqa: SIM115
    seen = open(options.file, "a", encoding="utf-8")  # noqa: SIM115
    while True:
        say("READY\n")
        if options.deaf:
            signal.pause()
        line = stdin.readline()
        if not line:
            sys.exit(0)
        header = dict(word.split(":", 1) for word in line.split())
        payload = stdin.read(int(header["len"]))
        seen.write(json.dumps({"pid": os.getpid(), "header": header, "payload": payload}) + "\n")
        seen.flush()
        if gate is not None:
            os.read(gate, 1)
        if options.noise:
            say("this is no result\n")
            options.noise = False
        elif options.fail > 0:
            options.fail -= 1
            say("RESULT 4\nFAIL")
        else:
            say("RESULT 2\nOK")


main()
