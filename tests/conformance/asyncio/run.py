#!/usr/bin/env python3
"""CPython's own test_asyncio against asgi_worker.Loop: run.py [--without-exceptions] [MODULE or MODULE.Class.test ...]

Wherever those tests make asyncio's default loop or a selector loop, they get ours, and in test_base_events for a bare
BaseEventLoop too. What is left out is in exceptions.txt, each with its reason. Each module runs in a process of its own. Ends
with 1 when a test fails.
Needs the interpreter's test package: Debian's libpython3.11-testsuite.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import signal
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = Path(os.environ.get("ASGI_WORKER_PACKAGE", HERE.parents[2] / "build" / "release" / "lib" / "asgi-worker"))
MODULES = """test_base_events test_buffered_proto test_context test_events test_futures test_futures2 test_locks test_pep492
test_protocols test_queues test_runners test_selector_events test_sendfile test_server test_sock_lowlevel test_ssl test_sslproto
test_streams test_subprocess test_taskgroups test_tasks test_threads test_timeouts test_transports test_unix_events test_waitfor
""".split()
SECONDS, SECONDS_A_TEST = 600, 60  # what hangs is a failure


def exceptions() -> list[tuple[str, str]]:
    """(pattern of module.Class.test, reason), from lines "# reason" with the patterns below them."""
    rows, reason = [], ""
    for line in (HERE / "exceptions.txt").read_text().splitlines():
        if line.startswith("#"):
            reason = line[1:].strip()
        elif line.strip():
            rows.append((line.strip(), reason))
    return rows


def use_our_loop(as_base: bool) -> None:
    import asyncio
    from asyncio import base_events, unix_events

    sys.path.insert(0, str(PACKAGE))
    import asgi_worker

    class Loop(asgi_worker.Loop):
        def __init__(self, selector: object = None) -> None:
            super().__init__()  # the selector that a test would like is none of ours

    asyncio.SelectorEventLoop = unix_events.SelectorEventLoop = Loop
    unix_events._UnixDefaultEventLoopPolicy._loop_factory = Loop
    if as_base:
        import test.test_asyncio.utils  # has a loop of its own, which is to stay one

        base_events.BaseEventLoop = Loop


class Result(unittest.TextTestResult):
    """Ends a test that hangs."""

    def startTest(self, test: unittest.TestCase) -> None:
        def late(_number: int, _frame: object) -> None:
            raise TimeoutError(f"{test.id()} is not done after {SECONDS_A_TEST} s")

        super().startTest(test)
        signal.signal(signal.SIGALRM, late)
        signal.alarm(SECONDS_A_TEST)

    def stopTest(self, test: unittest.TestCase) -> None:
        signal.alarm(0)
        super().stopTest(test)


def tests_of(suite: unittest.TestSuite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def run_module(names: list[str], without_exceptions: bool) -> int:
    use_our_loop(as_base=names[0].startswith("test_base_events"))
    left_out = [] if without_exceptions else [pattern for pattern, _ in exceptions()]
    wanted, skipped = unittest.TestSuite(), 0
    for test in tests_of(unittest.defaultTestLoader.loadTestsFromNames([f"test.test_asyncio.{name}" for name in names])):
        name = test.id().removeprefix("test.test_asyncio.")
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in left_out):
            skipped += 1
        else:
            wanted.addTest(test)
    result = unittest.TextTestRunner(verbosity=1, buffer=True, resultclass=Result).run(wanted)
    print(f"RESULT {result.testsRun} {len(result.failures) + len(result.errors)} {len(result.skipped)} {skipped}")
    return 0 if result.wasSuccessful() else 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--in-this-process", action="store_true")
    parser.add_argument("--without-exceptions", action="store_true", help="run what exceptions.txt leaves out too")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if options.in_this_process:
        return run_module(options.names, options.without_exceptions)

    failed, total = [], [0, 0, 0, 0]
    for name in options.names or [module for module in MODULES if find(module)]:
        command = [sys.executable, __file__, "--in-this-process", *["--without-exceptions"] * options.without_exceptions, name]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=SECONDS)
            output, status = done.stdout, done.returncode
        except subprocess.TimeoutExpired as late:
            output, status = (late.stdout or b"").decode(errors="replace") + f"\nnot done after {SECONDS} s", 1
        numbers = [line.split()[1:] for line in output.splitlines() if line.startswith("RESULT ")]
        if numbers:
            total = [one + int(more) for one, more in zip(total, numbers[-1])]
            print("{:24} {:>4} run, {} failed, {} skipped by the test-suite, {} left out".format(name, *numbers[-1]), flush=True)
        if status or not numbers:
            failed.append(name)
            print(output, flush=True)
    print("{:24} {:>4} run, {} failed, {} skipped by the test-suite, {} left out".format("all", *total))
    if failed:
        print("failed: " + " ".join(failed))
    return 1 if failed else 0


def find(module: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(f"test.test_asyncio.{module}") is not None
    except ModuleNotFoundError:
        print("no test.test_asyncio: Debian has it in libpython3.11-testsuite", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    sys.exit(main())
