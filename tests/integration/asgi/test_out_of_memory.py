"""A worker that the kernel kills for want of memory, in a control group of its own: needs root and one that may be made."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import APPS

MIB = 1024 * 1024


@pytest.fixture
def group() -> Iterator[Path]:
    """A group that may have 100 MiB, in version 2 or 1 of the hierarchy."""
    top, limits = Path("/sys/fs/cgroup"), ["memory.max", "memory.swap.max"]
    if not (top / "cgroup.controllers").exists():
        top, limits = top / "memory", ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"]
    made = top / f"asgi-worker-test-{os.getpid()}"
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made: {error}")
    try:
        if not (made / limits[0]).exists():
            pytest.skip("control groups here have no limit on memory")
        (made / limits[0]).write_text(str(100 * MIB))
        if (made / limits[1]).exists():
            (made / limits[1]).write_text("0" if limits[1].endswith("max") else str(100 * MIB))
        yield made
    finally:
        made.rmdir()


def test_cause_is_told_and_another_worker_serves(start, group):
    def enter() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))

    server = start("stuck:app", "--app-dir", str(APPS), "--port", "0", preexec_fn=enter).wait_ready()
    victim = server.get("/").json()["pid"]
    with server.connect() as client:
        client.send(b"GET /grow HTTP/1.1\r\nhost: a\r\n\r\n")
        client.answer()
        client.send(b"GET /grow HTTP/1.1\r\nhost: a\r\n\r\n")
        found = server.log.wait_for(rf"Worker \(pid:{victim}\) was killed by the kernel: out of memory .*last request: GET /grow")
    print(found[0].string)
    server.log.wait_for("Application startup complete", count=2)
    assert server.get("/").json()["pid"] != victim
    assert server.stop() == 0
