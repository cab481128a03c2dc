#!/usr/bin/env python3
"""seeds.py FOLDER: the cases of tests/data/http1 as inputs of the fuzz targets, one a block, big ones left out."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "integration" / "asgi"))
sys.dont_write_bytecode = True
from corpus import read_all  # noqa: E402

BITS = {"--permit-obsolete-folding": 4, "--strip-header-spaces": 8, "--casefold-http-method": 16, "--header-map": 32}


def main() -> None:
    folder = Path(sys.argv[1])
    for part in ("parser", "cycle"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(case for case in read_all() if case.is_first and len(case.data) < 2000):
        switches = sum(bit for option, bit in BITS.items() if option in case.options)
        (folder / "parser" / f"{number}").write_bytes(bytes([number % 256, switches]) + case.data)
        choices = bytes((number * 37 + index * 101) % 256 for index in range(32))
        (folder / "cycle" / f"{number}").write_bytes(choices + case.data)


if __name__ == "__main__":
    main()
