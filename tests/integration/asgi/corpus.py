"""Reads the cases of tests/data/http1; its README has the format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "data" / "http1"
ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|([rnts\\])|\{([^{}]*)\*(\d+)\})")
SIMPLE = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"s": b" ", b"\\": b"\\"}
RANGE = re.compile(rb"\\x([0-9a-f]{2})-\\x([0-9a-f]{2})$")


def unescape(text: bytes) -> bytes:
    def one(match: re.Match[bytes]) -> bytes:
        number, simple, repeated, times = match.groups()
        if number is not None:
            return bytes([int(number, 16)])
        return SIMPLE[simple] if simple is not None else unescape(repeated) * int(times)

    return ESCAPE.sub(one, text)


@dataclass
class Send:
    data: bytes


@dataclass
class Wait:
    status: int


@dataclass
class Shut:
    pass


@dataclass
class Case:
    file: str
    name: str
    options: tuple[str, ...]
    steps: list[Send | Wait | Shut] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    fate: str = ""
    is_first: bool = True  # of those that `each` makes

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"

    @property
    def data(self) -> bytes:
        return b"".join(step.data for step in self.steps if isinstance(step, Send))


def words_of(line: bytes) -> Iterator[bytes]:
    for word in line.split():
        if match := RANGE.match(word):
            for number in range(int(match[1], 16), int(match[2], 16) + 1):
                yield b"\\x%02x" % number
        else:
            yield word


def take(case: Case, line: bytes, word: bytes) -> None:
    line = line.replace(b"\\{}", word)
    kind, _, rest = line.partition(b" ")
    if kind == b">":
        if case.steps and isinstance(case.steps[-1], Send):
            case.steps[-1].data += unescape(rest)
        else:
            case.steps.append(Send(unescape(rest)))
    elif kind == b"wait":
        case.steps.append(Wait(int(rest)))
    elif kind == b"shut":
        case.steps.append(Shut())
    elif kind == b"app":
        case.seen.append(unescape(rest))
    elif kind == b"<":
        *case.answers, case.fate = rest.decode().split()
        assert case.fate in ("open", "closed"), line
    else:
        raise AssertionError(f"{case.file}: {line!r}")


def cases_of(block: list[bytes], file: str, options: tuple[str, ...]) -> Iterator[Case]:
    name = block[0][1 : block[0].index(b"]")].decode()
    each = [line for line in block if line.startswith(b"each ")]
    words = list(words_of(each[0].removeprefix(b"each "))) if each else [b""]
    for index, word in enumerate(words):
        case = Case(file, name + (f", {word.decode()}" if each else ""), options, is_first=index == 0)
        for line in block[1:]:
            if not line.startswith(b"each "):
                take(case, line, word)
        assert case.fate, f"{case.id}: what becomes of it?"
        yield case


def read_file(path: Path) -> Iterator[Case]:
    options: tuple[str, ...] = ()
    block: list[bytes] = []
    for line in [*path.read_bytes().split(b"\n"), b"["]:
        if line.startswith((b"[", b"options")) and block:
            yield from cases_of(block, path.stem, options)
            block = []
        if line.startswith(b"options"):
            options = tuple(line.decode().split()[1:])
        elif line and not line.startswith(b"#"):
            block.append(line)


def read_all() -> list[Case]:
    found = [case for path in sorted(FOLDER.glob("*.txt")) for case in read_file(path)]
    numbered: dict[str, int] = {}
    for index, case in enumerate(found):  # a range may hold a word twice
        numbered[case.id] = numbered.get(case.id, 0) + 1
        if numbered[case.id] > 1:
            found[index] = replace(case, name=f"{case.name} ({numbered[case.id]})")
    return found
