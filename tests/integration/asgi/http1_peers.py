#!/usr/bin/env python3
"""What h11 and httptools (llhttp) make of tests/data/http1, where it is not what is written there; by hand, with both installed:

    python3 http1_peers.py            the differences, counted by reason; fails when one has none
    python3 http1_peers.py --all      each of them

A parser alone, so cases that only a server can answer are left out: limits, options, answers, the connection's fate.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

import h11
import httptools

from corpus import Case, read_all


@dataclass
class Verdict:
    requests: list[tuple[bytes, bytes, bytes]]  # method, target, body
    is_refused: bool


def by_h11(data: bytes) -> Verdict:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 21)
    requests: list[tuple[bytes, bytes, bytes]] = []
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event in (h11.NEED_DATA, h11.PAUSED):
                if connection.their_state is h11.DONE and connection.our_state is h11.SEND_RESPONSE:
                    connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                    connection.send(h11.EndOfMessage())
                    if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                        break
                    connection.start_next_cycle()
                    continue
                break
            if isinstance(event, h11.Request):
                method, target, body = event.method, event.target, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append((method, target, body))
            elif isinstance(event, h11.ConnectionClosed):
                break
    except h11.RemoteProtocolError:
        return Verdict(requests, True)
    return Verdict(requests, False)


class Collector:
    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes, bytes]] = []
        self.target = self.body = b""
        self.parser = httptools.HttpRequestParser(self)
        self.is_last = False

    def on_message_begin(self) -> None:
        self.target = self.body = b""

    def on_url(self, target: bytes) -> None:
        self.target += target

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        if not self.is_last:  # what a server would not look at any more
            self.requests.append((self.parser.get_method(), self.target, self.body))
        self.is_last = self.is_last or not self.parser.should_keep_alive()


def by_httptools(data: bytes) -> Verdict:
    collector = Collector()
    try:
        collector.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return Verdict(collector.requests, False)
    except (httptools.HttpParserError, httptools.HttpParserInvalidMethodError, httptools.HttpParserInvalidURLError):
        return Verdict(collector.requests, not collector.is_last)
    return Verdict(collector.requests, False)


def ours(case: Case) -> Verdict:
    requests = []
    for seen in case.seen:
        if seen.endswith(b" cut"):
            continue
        head, _, _ = seen.partition(b" {")
        method, rest = head.split(b" ", 1)
        body = seen[seen.index(b"} [") + 3 : -1] if b"} [" in seen else b""
        requests.append((method, rest.rsplit(b" ", 1)[0], body))
    last = case.answers[-1].split("/")[0] if case.answers else "0"
    return Verdict(requests, last >= "400" or (last == "0" and case.data.startswith(b"\x16")))


# (peer, pattern in "file: name", why); the first that fits counts.
REASONS: list[tuple[str, str, str]] = [
    ("both", "host: ", "a host is not looked at, or only counted"),
    ("both", "absolute-form", "a target is not looked at beyond its bytes"),
    ("both", "asterisk", "a target is not looked at beyond its bytes"),
    ("both", "authority-form", "a target is not looked at beyond its bytes"),
    ("both", "a target without a slash", "a target is not looked at beyond its bytes"),
    ("both", "bad byte", "a target is not looked at beyond its bytes"),
    ("httptools", "a host in the target and another", "a target is not looked at beyond its bytes"),
    ("both", "connect", "CONNECT is for the server to answer"),
    ("both", "upgrade", "stops at an upgrade, which the server may take"),
    ("both", "h2c", "stops at an upgrade, which the server may take"),
    ("h11", "methods are told apart by case", "methods in lower case are taken"),
    ("httptools", "method", "only methods of a list are taken"),
    ("httptools", "any method", "only methods of a list are taken"),
    ("httptools", "framing: no body, FOO", "only methods of a list are taken"),
    ("httptools", "continue once", "only methods of a list are taken"),
    ("both", "version that is not ours", "other versions are for the server to answer"),
    ("both", "one of another version", "other versions are for the server to answer"),
    ("httptools", "no version", "HTTP/0.9 is taken"),
    ("httptools", "fragment", "a fragment is its own part of a target"),
    ("h11", "bare lf", "a bare LF ends a line"),
    ("h11", "lf alone", "a bare LF ends a line"),
    ("h11", "nul bytes", "waits for a line's end before it judges"),
    ("h11", "utf-16", "waits for a line's end before it judges"),
    ("h11", "tls", "waits for a line's end before it judges"),
    ("h11", "controls", "controls are taken in values, trailers and extensions"),
    ("h11", "control", "controls are taken in values, trailers and extensions"),
    ("h11", "fold", "folded lines are joined"),
    ("both", "that no number bears", "numbers are bounded elsewhere"),
    ("httptools", "more than 15 digits", "numbers are bounded elsewhere"),
    ("both", "without end", "extensions and trailers are bounded elsewhere, or not at all"),
    ("both", "of many chunks", "extensions and trailers are bounded elsewhere, or not at all"),
    ("both", "many trailers", "extensions and trailers are bounded elsewhere, or not at all"),
    ("httptools", "extensions are ignored", "extensions must have a name"),
    ("httptools", "trailers that would frame", "trailers that would frame are refused"),
    ("httptools", "coding in 1.0", "transfer-encoding is taken in HTTP/1.0"),
    ("httptools", "chunked in 1.0", "transfer-encoding is taken in HTTP/1.0"),
    ("httptools", "unknown coding before chunked", "any coding is taken before chunked"),
    ("httptools", "lists with empty members", "any coding is taken before chunked"),
    ("httptools", "chunked with blanks around", "a tab before a coding is refused"),
    ("httptools", "two empty lines", "any number of empty lines is skipped"),
    ("httptools", "empty line", "any number of empty lines is skipped"),
    ("httptools", "cr before the request line", "any number of empty lines is skipped"),
    ("httptools", "two blanks before", "blanks of the request line are skipped"),
    ("h11", "sizes that are none, 1", "blanks behind a chunk's size are taken"),
    ("h11", "more than 15 digits", "numbers are bounded elsewhere"),
    ("h11", "wraps around", "numbers are bounded elsewhere"),
    ("h11", "bare cr", "controls are taken in values, trailers and extensions"),
    ("h11", "cr and another byte", "waits for a line's end before it judges"),
    ("h11", "EXT.TERM", "controls are taken in values, trailers and extensions"),
    ("h11", "nor at the beginning of a name", "folded lines are joined"),
    ("h11", "a quoted line end", "folded lines are joined"),
    ("h11", "X:\\r\\n\\sTransfer", "folded lines are joined"),
    ("h11", "5,", "equal lengths are taken for one"),
    ("h11", "two equal lengths", "equal lengths are taken for one"),
    ("h11", "chunked in 1.0", "transfer-encoding is taken in HTTP/1.0"),
    ("h11", "coding in 1.0", "transfer-encoding is taken in HTTP/1.0"),
    ("h11", "coding and", "beside transfer-encoding a content-length is ignored"),
    ("h11", "length and coding", "beside transfer-encoding a content-length is ignored"),
    ("h11", "CL.TE", "beside transfer-encoding a content-length is ignored"),
    ("h11", "TE.CL", "beside transfer-encoding a content-length is ignored"),
    ("h11", "\\nTransfer-Encoding", "a bare LF ends a line"),
    ("h11", "a request line within a value", "a bare LF ends a line"),
    ("h11", "no version", "waits for a line's end before it judges"),
    ("h11", "ssh", "waits for a line's end before it judges"),
    ("h11", "a body where there is none", "waits for a line's end before it judges"),
    ("h11", "empty line", "no empty line is skipped"),
    ("h11", "http2", "other versions are for the server to answer"),
    ("h11", "says close", "what follows a last request is an error, not dropped"),
]


def reason(peer: str, case: Case) -> str | None:
    return next((why for who, pattern, why in REASONS if who in (peer, "both") and pattern in case.id), None)


def main() -> int:
    counts: Counter[tuple[str, str]] = Counter()
    without: list[str] = []
    compared = 0
    for case in read_all():
        if case.file in ("answers", "limits", "leniency") or case.options:
            continue
        compared += 1
        wanted = ours(case)
        for peer, verdict in (("h11", by_h11(case.data)), ("httptools", by_httptools(case.data))):
            same_requests = [(m, b) for m, _, b in verdict.requests] == [(m, b) for m, _, b in wanted.requests]
            if same_requests and verdict.is_refused == wanted.is_refused:
                continue
            why = reason(peer, case)
            line = f"{peer}: {case.id}: {len(wanted.requests)}{'!' if wanted.is_refused else ''} here, {len(verdict.requests)}{'!' if verdict.is_refused else ''} there"
            if why is None:
                without.append(line)
            else:
                counts[peer, why] += 1
            if "--all" in sys.argv:
                print(line, f"({why})")
    print(f"{compared} cases")
    for (peer, why), count in sorted(counts.items()):
        print(f"| {peer} | {count} | {why} |")
    for line in without:
        print("no reason:", line)
    return 1 if without else 0


if __name__ == "__main__":
    sys.exit(main())
