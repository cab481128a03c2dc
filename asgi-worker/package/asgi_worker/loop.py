"""The asyncio event loop: `asgi_worker.Loop`. Its mechanism, its stream transports and its socket operations are the
extension's; what happens seldom is here; everything else is asyncio's own and inherited."""

from __future__ import annotations

import asyncio
import selectors
import socket
import warnings
from asyncio import base_events, constants, format_helpers, futures, sslproto, trsock
from asyncio.log import logger
from collections.abc import Mapping
from typing import Any

from asgi_worker import _asgi_worker

_LoopCore, _StreamTransport, _SockOperation = _asgi_worker.loop_types()


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


class StreamTransport(_StreamTransport):
    """A connected TCP or Unix socket of `Loop`'s."""

    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE
    _sock: socket.socket | None = None

    def __init__(self, loop: Loop, sock: socket.socket, protocol: asyncio.BaseProtocol, waiter: Any = None, extra: Any = None, server: Any = None) -> None:
        asyncio.BaseTransport.__init__(self, extra)
        self._extra["socket"] = trsock.TransportSocket(sock)
        for name, ask in (("sockname", sock.getsockname), ("peername", sock.getpeername)):
            if name == "sockname" or name not in self._extra:
                try:
                    self._extra[name] = ask()
                except OSError:
                    self._extra[name] = None
        self._loop = loop
        self._sock_fd = sock.fileno()
        self._open(loop, self._sock_fd, protocol)
        self._sock = sock
        self._server = server
        if server is not None:
            _attach(server, self)
        loop._transports[self._sock_fd] = self
        base_events._set_nodelay(sock)
        loop.call_soon(protocol.connection_made, self)
        loop.call_soon(self._start_reading)  # not before connection_made() has been called
        if waiter is not None:
            loop.call_soon(futures._set_result_unless_cancelled, waiter, None)

    def __repr__(self) -> str:
        words = [type(self).__name__]
        if self._sock is None:
            words.append("closed")
        elif self.is_closing():
            words.append("closing")
        words.append(f"fd={self._sock_fd}")
        if self._loop is not None and not self._loop.is_closed():
            events = self._loop._events_of(self._sock_fd)
            words.append("read=polling" if events & selectors.EVENT_READ else "read=idle")
            state = "polling" if events & selectors.EVENT_WRITE else "idle"
            words.append(f"write=<{state}, bufsize={self.get_write_buffer_size()}>")
        return "<{}>".format(" ".join(words))

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if self._sock is not None:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            self._sock.close()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = 64 * 1024 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._set_limits(high, low)

    def _make_empty_waiter(self) -> asyncio.Future[None]:
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        waiter = self._empty_waiter = self._loop.create_future()
        if not self.get_write_buffer_size():
            waiter.set_result(None)
        return waiter

    def _reset_empty_waiter(self) -> None:
        self._empty_waiter = None

    # What the extension calls.

    def _fatal_error(self, exc: BaseException, message: str = "Fatal error on transport") -> None:
        if isinstance(exc, OSError):
            if self._loop.get_debug():
                logger.debug("%r: %s", self, message, exc_info=exc)
        else:
            self._loop.call_exception_handler(
                {"message": message, "exception": exc, "transport": self, "protocol": self.get_protocol()}
            )
        self._force_close(exc)

    def _flow_failed(self, method: str, exc: BaseException) -> None:
        self._loop.call_exception_handler(
            {"message": f"protocol.{method}() failed", "exception": exc, "transport": self, "protocol": self.get_protocol()}
        )

    def _say(self, what: str) -> None:
        logger.debug("%r %s", self, what)

    def _warn_of_lost_writes(self) -> None:
        logger.warning("socket.send() raised exception.")

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        protocol, waiter = self.get_protocol(), self._empty_waiter
        try:
            if protocol is not None:
                protocol.connection_lost(exc)
        finally:
            self._end()
            if self._sock is not None:
                self._sock.close()
            self._sock = None
            self._loop = None
            server, self._server = self._server, None
            if server is not None:
                _detach(server, self)
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionError("Connection is closed by peer"))


# A server counts its transports, since Python 3.13 it knows them.
if base_events.Server._attach.__code__.co_argcount > 1:

    def _attach(server: Any, transport: StreamTransport) -> None:
        server._attach(transport)

    def _detach(server: Any, transport: StreamTransport) -> None:
        server._detach(transport)

else:

    def _attach(server: Any, transport: StreamTransport) -> None:
        server._attach()

    def _detach(server: Any, transport: StreamTransport) -> None:
        server._detach()


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

    # Sockets. What cannot be done at once is an operation with a future.

    def _check_socket(self, sock: socket.socket) -> None:
        base_events._check_ssl_socket(sock)
        if self._debug and sock.gettimeout() != 0:
            raise ValueError("the socket must be non-blocking")

    async def sock_recv(self, sock: socket.socket, n: int) -> bytes:
        self._check_socket(sock)
        got = self._sock_recv_now(sock, n)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_recv_into(self, sock: socket.socket, buf: Any) -> int:
        self._check_socket(sock)
        got = self._sock_recv_into_now(sock, buf)
        return got if type(got) is not _SockOperation else await _outcome(got)

    async def sock_sendall(self, sock: socket.socket, data: Any) -> None:
        self._check_socket(sock)
        sent = self._sock_sendall_now(sock, data)
        if type(sent) is _SockOperation:
            await _outcome(sent)

    # What the extension calls.

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
