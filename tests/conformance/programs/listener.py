#!/usr/bin/env python3
"""An event listener that keeps what it is told: a JSON line an event. Usage: listener.py FILE"""

import json
import sys

with open(sys.argv[1], "a", encoding="utf-8") as kept:
    while True:
        print("READY", flush=True)
        header = sys.stdin.readline()
        if not header:
            break
        fields = dict(word.split(":", 1) for word in header.split())
        payload = sys.stdin.read(int(fields["len"]))
        kept.write(json.dumps({"header": header, "event": fields["eventname"], "payload": payload}) + "\n")
        kept.flush()
        print("RESULT 2\nOK", end="", flush=True)
