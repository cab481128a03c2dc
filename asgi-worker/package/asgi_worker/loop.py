"""The asyncio event loop: `asgi_worker.Loop`. Its mechanism, its transports and its socket operations are the extension's;
what happens seldom is here and in `transports`; everything else is asyncio's own and inherited."""

from __future__ import annotations

import asyncio
import io
import os
import selectors
import socket
import warnings
from asyncio import base_events, exceptions, format_helpers, sslproto
from collections.abc import Mapping
from typing import Any

from asgi_worker import _asgi_worker
from asgi_worker.transports import DatagramTransport, ReadPipeTransport, StreamTransport, WritePipeTransport

_types = _asgi_worker.loop_types()
_LoopCore, _SockOperation = _types["LoopCore"], _types["SockOperation"]


class _Selector(selectors.BaseSelector):
    """What asyncio's code may ask its selector, answered by the loop, which has none."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        raise NotImplementedError("use add_reader() and add_writer()")

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        raise NotImplementedError("use remove_reader() and remove_writer()")

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        raise NotImplementedError("the loop waits by itself")

    def get_key(self, fileobj: Any) -> selectors.SelectorKey:
        events = self._loop._events_of(fileobj)
        if not events:
            raise KeyError(f"{fileobj!r} is not registered")
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        return selectors.SelectorKey(fileobj, fd, events, None)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}

    def close(self) -> None:
        self._loop._close_core()


async def _outcome(operation: Any) -> Any:
    """Of what could not be done at once. A wait that is cancelled ends it too."""
    try:
        return await operation.future
    finally:
        operation.close()


class Loop(_LoopCore, asyncio.SelectorEventLoop):
    """An asyncio event loop; Linux only."""

    def __init__(self) -> None:
        super().__init__(_Selector(self))

    # Transports.

    def _make_socket_transport(self, sock: socket.socket, protocol: Any, waiter: Any = None, *, extra: Any = None, server: Any = None) -> StreamTransport:
        self._ensure_fd_no_transport(sock)
        return StreamTransport(self, sock, protocol, waiter, extra, server)

    def _make_ssl_transport(
        self,
        rawsock: socket.socket,
        protocol: Any,
        sslcontext: Any,
        waiter: Any = None,
        *,
        server_side: bool = False,
        server_hostname: str | None = None,
        extra: Any = None,
        server: Any = None,
        **timeouts: Any,
    ) -> asyncio.Transport:
        self._ensure_fd_no_transport(rawsock)
        tls = sslproto.SSLProtocol(self, protocol, sslcontext, waiter, server_side, server_hostname, **timeouts)
        StreamTransport(self, rawsock, tls, extra=extra, server=server)
        return tls._app_transport

    def _make_datagram_transport(self, sock: socket.socket, protocol: Any, address: Any = None, waiter: Any = None, extra: Any = None) -> DatagramTransport:
        self._ensure_fd_no_transport(sock)
        return DatagramTransport(self, sock, protocol, address, waiter, extra)

    def _make_read_pipe_transport(self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> ReadPipeTransport:
        return ReadPipeTransport(self, pipe, protocol, waiter, extra)

    def _make_write_pipe_transport(self, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> WritePipeTransport:
        return WritePipeTransport(self, pipe, protocol, waiter, extra)

    # Sockets. What cannot be done at once is an operation with a future.

    async def sock_recv(self, sock: socket.socket, n: int) -> bytes:
        got = self._sock_recv_now(sock, n)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_recv_into(self, sock: socket.socket, buf: Any) -> int:
        got = self._sock_recv_into_now(sock, buf)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_recvfrom(self, sock: socket.socket, bufsize: int) -> tuple[bytes, Any]:
        got = self._sock_recvfrom_now(sock, bufsize)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_recvfrom_into(self, sock: socket.socket, buf: Any, nbytes: int = 0) -> tuple[int, Any]:
        got = self._sock_recvfrom_into_now(sock, buf, nbytes)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_sendall(self, sock: socket.socket, data: Any) -> None:
        sent = self._sock_sendall_now(sock, data)
        if type(sent) is _SockOperation:
            await _outcome(sent)

    async def sock_sendto(self, sock: socket.socket, data: Any, address: Any) -> int:
        sent = self._sock_sendto_now(sock, data, address)
        return sent if type(sent) is not _SockOperation else await _outcome(sent)

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        done = self._sock_connect_now(sock, address, False)
        if done is NotImplemented:  # a name, which may take a while
            resolved = await self._ensure_resolved(address, family=sock.family, type=sock.type, proto=sock.proto, loop=self)
            done = self._sock_connect_now(sock, resolved[0][4], True)
        if type(done) is _SockOperation:
            await _outcome(done)

    async def sock_accept(self, sock: socket.socket) -> tuple[socket.socket, Any]:
        got = self._sock_accept_now(sock)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def _sock_sendfile_native(self, sock: socket.socket, file: Any, offset: int, count: int | None) -> int:
        try:
            fd = file.fileno()
            size = os.fstat(fd).st_size
        except (AttributeError, io.UnsupportedOperation, OSError):
            raise exceptions.SendfileNotAvailableError("not a regular file") from None
        if not (count or size):
            return 0
        sent = self._sock_sendfile_now(sock, fd, offset, count or 0, size)
        return sent if type(sent) is not _SockOperation else await _outcome(sent)

    # What the extension calls.

    def _check_blocking(self, sock: socket.socket) -> None:
        if sock.gettimeout() != 0:
            raise ValueError("the socket must be non-blocking")

    def _callback_failed(self, handle: asyncio.Handle, exc: BaseException) -> None:
        callback = format_helpers._format_callback_source(handle._callback, handle._args)
        context = {"message": f"Exception in callback {callback}", "exception": exc, "handle": handle}
        if handle._source_traceback:
            context["source_traceback"] = handle._source_traceback
        self.call_exception_handler(context)

    def _callback_took(self, handle: asyncio.Handle, seconds: float) -> None:
        if seconds >= self.slow_callback_duration:
            base_events.logger.warning("Executing %s took %.3f seconds", base_events._format_handle(handle), seconds)


def new_event_loop() -> Loop:
    """For `asyncio.Runner(loop_factory=...)`, and for a policy."""
    return Loop()


def _make_policy() -> type:
    with warnings.catch_warnings():  # 3.14 warns of all policies
        warnings.simplefilter("ignore", DeprecationWarning)

        class EventLoopPolicy(asyncio.DefaultEventLoopPolicy):
            """asyncio.set_event_loop_policy(asgi_worker.EventLoopPolicy())"""

            _loop_factory = Loop

    EventLoopPolicy.__module__ = "asgi_worker"
    return EventLoopPolicy


def __getattr__(name: str) -> Any:
    if name == "EventLoopPolicy" and hasattr(asyncio, "DefaultEventLoopPolicy"):
        policy = globals()[name] = _make_policy()
        return policy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
