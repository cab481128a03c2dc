"""HTTP/2 and gRPC as bytes, for clients that no library makes: by RFC 9113 and 7541 without the tables."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS = 0, 1, 4
ACK = 1
MAX_CONCURRENT_STREAMS = 3


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def literal(name: bytes, value: bytes) -> bytes:
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def call_bytes(path: bytes, message: bytes, stream: int = 1) -> bytes:
    """One call."""
    fields = b"".join([literal(b":method", b"POST"), literal(b":scheme", b"http"), literal(b":path", path), literal(b":authority", b"x"),
                       literal(b"content-type", b"application/grpc"), literal(b"te", b"trailers")])
    data = b"\x00" + len(message).to_bytes(4, "big") + message
    return frame(HEADERS, 4, stream, fields) + frame(DATA, 1, stream, data)


def request_bytes(path: bytes, message: bytes) -> bytes:
    """One call as a client sends it on a new connection."""
    return PREFACE + frame(SETTINGS, 0, 0, b"") + call_bytes(path, message)


def connected(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(10)
    connection.connect(str(path))
    return connection


def frames(connection: socket.socket) -> Iterator[tuple[int, int, int, bytes]]:
    """(kind, flags, stream, payload), until the other side closes."""
    data = b""
    while True:
        while len(data) >= 9 and len(data) >= 9 + int.from_bytes(data[:3], "big"):
            size = int.from_bytes(data[:3], "big")
            yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9:9 + size]
            data = data[9 + size:]
        more = connection.recv(65536)
        if not more:
            return
        data += more


def send_and_leave(path: Path, data: bytes) -> None:
    """Says that, nothing more, and reads what is answered until the other side closes too."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        except OSError:
            pass
