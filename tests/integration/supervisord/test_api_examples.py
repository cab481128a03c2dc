"""What docs/grpc.md shows: the Python example, health and reflection, as a stranger's client meets them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from conftest import ROOT, Suite
from grpc_client import generated

STEADY = "[program:steady]\ncommand=sleep 100000\nstdout_logfile=NONE\nstderr_logfile=NONE\n"


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("stubs")
    generated(directory)
    return directory


@pytest.fixture
def running(suite: Suite) -> Suite:
    suite.configure(STEADY)
    suite.start()
    suite.wait_state("steady", "RUNNING")
    return suite


def example(stubs: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-B", ROOT / "etc/grpc/python/restart.py", *words], env={**os.environ, "PYTHONPATH": str(stubs)},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def test_the_python_example_restarts_and_watches(running: Suite, stubs: Path) -> None:
    pid = running.pid("steady")
    run = example(stubs, f"unix:{running.socket}", "steady", "--seconds", "0.2")
    assert run.stderr == ""
    assert run.stdout.splitlines()[:2] == ["steady:steady STEP_STOPPED", "steady:steady STEP_STARTED"]
    assert run.returncode == 0
    assert running.pid("steady") != pid


def test_the_python_example_tells_the_fault(running: Suite, stubs: Path) -> None:
    run = example(stubs, f"unix:{running.socket}", "nope")
    assert (run.returncode, run.stderr) == (1, "FAULT_BAD_NAME nope\n")


def call(channel: grpc.Channel, path: str, request: bytes) -> bytes:
    return bytes(channel.unary_unary(path, request_serializer=None, response_deserializer=None)(request, timeout=20))


def test_health_says_serving(running: Suite) -> None:
    with grpc.insecure_channel(f"unix:{running.socket}") as channel:
        for service in (b"", b"supervisor.v1.ProcessService"):  # HealthCheckRequest.service is field 1
            request = bytes([0x0A, len(service)]) + service if service else b""
            assert call(channel, "/grpc.health.v1.Health/Check", request) == b"\x08\x01"  # status: SERVING


def test_reflection_lists_the_services(running: Suite) -> None:
    with grpc.insecure_channel(f"unix:{running.socket}") as channel:
        ask = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", request_serializer=None, response_deserializer=None)
        answer = bytes(next(ask(iter([b"\x3a\x00"]), timeout=20)))  # list_services is field 7
    for service in (b"DaemonService", b"ConfigService", b"ProcessService", b"LogService", b"EventService"):
        assert b"supervisor.v1." + service in answer


def test_a_deadline_ends_the_stream_and_the_restart_goes_on(suite: Suite, stubs: Path) -> None:
    suite.configure("[program:slow]\ncommand=sleep 100000\nstartsecs=2\nautostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE\n")
    suite.start()
    from supervisor.v1 import process_pb2, process_pb2_grpc  # made by `stubs`
    with grpc.insecure_channel(f"unix:{suite.socket}") as channel:
        with pytest.raises(grpc.RpcError) as raised:
            list(process_pb2_grpc.ProcessServiceStub(channel).StartProcesses(process_pb2.StartProcessesRequest(selectors=["slow"]), timeout=0.3))
    assert raised.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    suite.wait_state("slow", "RUNNING")
