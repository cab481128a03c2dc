"""A gRPC client of the API in Python: the generated code, credentials for tests, and every method called once."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc

ROOT = Path(__file__).resolve().parents[3]
FILES = ("process", "log", "event", "daemon")


def generated(into: Path) -> dict[str, tuple[ModuleType, ModuleType]]:
    """Messages and stubs of each proto file, made from proto/ by Debian's protoc."""
    subprocess.run(
        ["protoc", f"-I{ROOT}/proto", f"--python_out={into}", f"--grpc_out={into}", "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin",
         *(f"supervisor/v1/{name}.proto" for name in FILES)],
        check=True, timeout=60,
    )
    sys.path.insert(0, str(into))
    return {name: (importlib.import_module(f"supervisor.v1.{name}_pb2"), importlib.import_module(f"supervisor.v1.{name}_pb2_grpc")) for name in FILES}


@dataclass
class Method:
    path: str  # "/supervisor.v1.ProcessService/ListProcesses"
    name: str
    request: Any
    streams: bool


def all_methods(code: dict[str, tuple[ModuleType, ModuleType]]) -> list[Method]:
    """Of every service, with a request that names nothing that exists where it names something."""
    found = []
    for messages, _ in code.values():
        for service in messages.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                request = getattr(messages, method.input_type.name)()
                for field in method.input_type.fields:
                    if field.name == "selectors":
                        request.selectors.append("nope")
                    elif field.name in ("process", "group"):
                        setattr(request, field.name, "nope")
                if method.name in ("ReadLog", "FollowLog"):
                    request.log.process = "nope"
                if method.name == "SignalProcesses":
                    request.signal = "USR1"
                found.append(Method(f"/{service.full_name}/{method.name}", method.name, request, method.name in STREAMING))
    return found


STREAMING = {"WatchProcesses", "StartProcesses", "StopProcesses", "RestartProcesses", "ReadLog", "FollowLog", "WatchEvents", "UpdateGroups"}


def code_of(channel: grpc.Channel, method: Method, metadata: tuple[tuple[str, str], ...] = ()) -> str:
    """The code that the call ends with; OK too for a stream that has begun to answer."""
    kind = channel.unary_stream if method.streams else channel.unary_unary
    call = kind(method.path, request_serializer=lambda request: request.SerializeToString(), response_deserializer=lambda data: data)
    try:
        answer = call(method.request, metadata=metadata, timeout=20)
        if method.streams:
            next(answer, None)
            answer.cancel()
        return "OK"
    except grpc.RpcError as error:
        return str(error.code().name)


@dataclass
class Authority:
    """A certificate authority and what it signs, in a directory."""

    directory: Path

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60, cwd=self.directory)

    def make(self) -> Authority:
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
                      "-subj", "/CN=tests", "-days", "2")
        return self

    def sign(self, name: str, subject: str, alternative: str = "", days: int = 1) -> None:
        """name.pem and name.key."""
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\n" if alternative else "basicConstraints=CA:FALSE\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                      "-days", str(days), "-extfile", extensions.name)

    def bytes(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()

    def channel(self, port: int, certificate: str = "") -> grpc.Channel:
        credentials = grpc.ssl_channel_credentials(
            self.bytes("ca.pem"), self.bytes(f"{certificate}.key") if certificate else None, self.bytes(f"{certificate}.pem") if certificate else None)
        return grpc.secure_channel(f"127.0.0.1:{port}", credentials)


def walk(address: str, names: list[str]) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as directory, grpc.insecure_channel(address) as channel:
        return {method.name: code_of(channel, method) for method in all_methods(generated(Path(directory))) if method.name in names}


if __name__ == "__main__":  # as another user: grpc_client.py unix:/path METHOD...
    print(json.dumps(walk(sys.argv[1], sys.argv[2:])))
