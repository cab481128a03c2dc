"""superlance's event listeners under a daemon: what they mail when a program grows, hangs, crashes, or is given up.

What subscribes to all changes has a larger buffer: on a busy machine its Python starts later than the tenth of them, and each daemon drops the oldest.
"""

from __future__ import annotations

import http.server
import socketserver
import threading
from pathlib import Path
from typing import Any

import normal
from bed import Bed
from scenario import SERVERS

PROGRAMS = """
[program:large]
command=/bin/sh -c 'exec /bin/sleep 1000'
startsecs=0
[program:served]
command=/bin/sleep 1000
startsecs=0
[program:crasher]
command=/bin/sh -c 'sleep 2 && exit 9'
autorestart=false
startsecs=1
[program:hopeless]
command=/bin/sh -c 'exit 1'
startretries=0
[eventlistener:memmon]
command=@BIN@/memmon -p large=1KB -s %(here)s/sendmail.sh -m memmon@example.org -n conform
events=TICK_5
environment=MAILS="%(here)s/memmon.mail"
stderr_logfile=%(here)s/memmon.err
[eventlistener:httpok]
command=@BIN@/httpok -p served -t 2 -c 200 -s %(here)s/sendmail.sh -m httpok@example.org http://127.0.0.1:@WEB@/
events=TICK_5
environment=MAILS="%(here)s/httpok.mail"
stderr_logfile=%(here)s/httpok.err
[eventlistener:crashmail]
command=@BIN@/crashmail -p crasher -s %(here)s/sendmail.sh -m crashmail@example.org
events=PROCESS_STATE_EXITED
environment=MAILS="%(here)s/crashmail.mail"
stderr_logfile=%(here)s/crashmail.err
[eventlistener:fatalmailbatch]
command=@BIN@/fatalmailbatch -i 0.05 -e TICK_5 -t fatal@example.org -f root@example.org -H 127.0.0.1:@SMTP@
events=PROCESS_STATE,TICK_5
buffer_size=200
stderr_logfile=%(here)s/fatalmailbatch.err
"""


class _Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(503)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class _Smtp(socketserver.StreamRequestHandler):
    """As much of SMTP as smtplib speaks; keeps the messages."""

    def handle(self) -> None:
        self.wfile.write(b"220 conform\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                message = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    message.append(part.decode().rstrip("\r\n"))
                self.server.messages.append("\n".join(message))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


def play(supervisord: str, programs: Path) -> list[tuple[str, Any]]:
    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    smtp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp)
    smtp.messages = []  # type: ignore[attr-defined]
    for server in (web, smtp):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    text = PROGRAMS.replace("@BIN@", str(programs)).replace("@WEB@", str(web.server_port)).replace("@SMTP@", str(smtp.server_address[1]))
    bed = Bed([supervisord], SERVERS + text)
    try:
        (bed.dir / "sendmail.sh").chmod(0o755)
        late = bed.wait({"memmon": "RUNNING", "httpok": "RUNNING", "crashmail": "RUNNING", "fatalmailbatch": "RUNNING", "hopeless": "FATAL", "crasher": "EXITED"})
        answers: list[tuple[str, Any]] = [("the listeners run", late or "yes")]
        for name in ("memmon", "httpok", "crashmail"):
            answers.append((f"{name}'s first mail", _first(bed, name)))
        answers.append(("fatalmailbatch's first mail", _await(lambda: smtp.messages and _fatal(smtp.messages[0], bed))))  # type: ignore[attr-defined]
        answers.append(("the listeners run still", bed.wait({"memmon": "RUNNING", "httpok": "RUNNING", "crashmail": "RUNNING", "fatalmailbatch": "RUNNING"}) or "yes"))
        return answers
    finally:
        bed.close()
        for server in (web, smtp):
            server.shutdown()
            server.server_close()


def _await(is_there: Any, seconds: float = 20) -> Any:
    waiting = threading.Event()
    for _ in range(int(seconds / 0.1)):
        if found := is_there():
            return found
        waiting.wait(0.1)
    return "nothing came"


def _first(bed: Bed, name: str) -> Any:
    path = bed.dir / f"{name}.mail"
    mail = _await(lambda: path.exists() and "--------" in path.read_text() and path.read_text().split("--------")[0])
    return _plain(mail, bed)


def _plain(mail: str, bed: Bed) -> str:
    import re
    mail = normal.text(mail, bed)
    return re.sub(r"\d{4,} bytes|pid \d+|at \S+ DATE( UTC)?|127\.0\.0\.1:\d+|in [\d.]+ seconds", "N", mail)


def _fatal(mail: str, bed: Bed) -> str:
    lines = [line for line in _plain(mail, bed).split("\n") if not line.startswith(("Message-ID", "Date"))]
    return "\n".join(lines)
