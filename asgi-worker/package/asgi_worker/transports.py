"""The transports of `asgi_worker.Loop`: what happens seldom with them. The rest is the extension's."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import selectors
import socket
import stat
import warnings
from asyncio import base_events, constants, futures, trsock
from asyncio.log import logger
from typing import TYPE_CHECKING, Any

from asgi_worker import _asgi_worker

if TYPE_CHECKING:
    from asgi_worker.loop import Loop

_types = _asgi_worker.loop_types()


class _Transport:
    """What all of them have in common."""

    _loop: Any

    def _announce(self, protocol: Any, waiter: Any, start_reading: bool = True) -> None:
        self._loop.call_soon(protocol.connection_made, self)
        if start_reading:
            self._loop.call_soon(self._start_reading)  # not before connection_made() has been called
        if waiter is not None:
            self._loop.call_soon(futures._set_result_unless_cancelled, waiter, None)

    def _tell_handler(self, message: str, exc: BaseException) -> None:
        self._loop.call_exception_handler({"message": message, "exception": exc, "transport": self, "protocol": self.get_protocol()})

    # What the extension calls.

    def _fatal_error(self, exc: BaseException, message: str = "Fatal error on transport") -> None:
        if self._is_expected(exc):
            if self._loop.get_debug():
                logger.debug("%r: %s", self, message, exc_info=exc)
        else:
            self._tell_handler(message, exc)
        self._force_close(exc)

    def _is_expected(self, exc: BaseException) -> bool:
        return isinstance(exc, OSError)

    def _flow_failed(self, method: str, exc: BaseException) -> None:
        self._tell_handler(f"protocol.{method}() failed", exc)

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        protocol = self.get_protocol()
        try:
            if protocol is not None:
                protocol.connection_lost(exc)
        finally:
            self._end()
            self._close_file()
            self._loop = None

    def _callback_failed(self, callback: str, exc: BaseException) -> None:
        self._tell_handler(f"Exception in callback {type(self).__name__}.{callback}()", exc)

    def _events_took(self, seconds: float) -> None:
        if seconds >= self._loop.slow_callback_duration:
            logger.warning("Executing %r took %.3f seconds", self, seconds)

    def _say(self, what: str) -> None:
        logger.debug("%r %s", self, what)


class _Writing:
    """Limits of what waits to be written."""

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = 64 * 1024 if low is None else 4 * low
        if low is None:
            low = high // 4
        if not high >= low >= 0:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._set_limits(high, low)


class _SocketTransport(_Transport, _Writing):
    _sock: socket.socket | None = None

    def _set_up(self, loop: Loop, sock: socket.socket, extra: Any) -> int:
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
        return self._sock_fd

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

    def _warn_of_lost_writes(self) -> None:
        logger.warning("socket.send() raised exception.")

    def _close_file(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = None


class StreamTransport(_SocketTransport, _types["StreamTransport"]):
    """A connected TCP or Unix socket of `Loop`'s."""

    _start_tls_compatible = True
    _sendfile_compatible = constants._SendfileMode.TRY_NATIVE

    def __init__(self, loop: Loop, sock: socket.socket, protocol: asyncio.BaseProtocol, waiter: Any = None, extra: Any = None, server: Any = None) -> None:
        self._open(loop, self._set_up(loop, sock, extra), protocol)
        self._sock = sock
        self._server = server
        if server is not None:
            _attach(server, self)
        loop._transports[self._sock_fd] = self
        base_events._set_nodelay(sock)
        self._announce(protocol, waiter)

    def _make_empty_waiter(self) -> asyncio.Future[None]:
        if self._empty_waiter is not None:
            raise RuntimeError("Empty waiter is already set")
        waiter = self._empty_waiter = self._loop.create_future()
        if not self.get_write_buffer_size():
            waiter.set_result(None)
        return waiter

    def _reset_empty_waiter(self) -> None:
        self._empty_waiter = None

    def _call_connection_lost(self, exc: BaseException | None) -> None:
        waiter = self._empty_waiter
        try:
            super()._call_connection_lost(exc)
        finally:
            server, self._server = self._server, None
            if server is not None:
                _detach(server, self)
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionError("Connection is closed by peer"))


class DatagramTransport(_SocketTransport, _types["DatagramTransport"], asyncio.DatagramTransport):
    """A UDP or Unix datagram socket of `Loop`'s."""

    def __init__(self, loop: Loop, sock: socket.socket, protocol: asyncio.BaseProtocol, address: Any = None, waiter: Any = None, extra: Any = None) -> None:
        fd = self._set_up(loop, sock, extra)
        self._open(loop, fd, protocol, sock, address, bool(self._extra["peername"]))
        self._sock = sock
        self._address = address
        loop._transports[fd] = self
        self._announce(protocol, waiter)


class _PipeTransport(_Transport):
    _pipe: Any = None
    _kinds: str

    def _set_up(self, loop: Loop, pipe: Any, extra: Any) -> int:
        """The kind of file, which is one of those that can be waited for."""
        asyncio.BaseTransport.__init__(self, extra)
        self._extra["pipe"] = pipe
        self._loop = loop
        self._fileno = pipe.fileno()
        mode = os.fstat(self._fileno).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)):
            raise ValueError(self._kinds)
        os.set_blocking(self._fileno, False)
        return mode

    def _describe(self, event: int, more: str = "") -> str:
        words = [type(self).__name__]
        if self._pipe is None:
            words.append("closed")
        elif self.is_closing():
            words.append("closing")
        words.append(f"fd={self._fileno}")
        if self._pipe is None:
            words.append("closed")
        elif self._loop is None or self._loop.is_closed():
            words.append("open")
        else:
            words.append("polling" if self._loop._events_of(self._fileno) & event else "idle")
            if more:
                words.append(more)
        return "<{}>".format(" ".join(words))

    def __del__(self, _warn: Any = warnings.warn) -> None:
        if self._pipe is not None:
            _warn(f"unclosed transport {self!r}", ResourceWarning, source=self)
            self._pipe.close()

    def _say(self, what: str) -> None:
        logger.log(logging.INFO if what == "was closed by peer" else logging.DEBUG, "%r %s", self, what)

    def _close_file(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = None


class ReadPipeTransport(_PipeTransport, _types["ReadPipeTransport"]):
    """The end of a pipe that is read, or a socket, or a terminal."""

    _kinds = "Pipe transport is for pipes/sockets only."

    def __init__(self, loop: Loop, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> None:
        self._set_up(loop, pipe, extra)
        self._open(loop, self._fileno, protocol)
        self._pipe = pipe
        self._announce(protocol, waiter)

    def __repr__(self) -> str:
        return self._describe(selectors.EVENT_READ)

    def _is_expected(self, exc: BaseException) -> bool:
        return isinstance(exc, OSError) and exc.errno == errno.EIO  # a terminal whose other side has been closed


class WritePipeTransport(_PipeTransport, _Writing, _types["WritePipeTransport"]):
    """The end of a pipe that is written, or a socket, or a terminal."""

    _kinds = "Pipe transport is only for pipes, sockets and character devices"

    def __init__(self, loop: Loop, pipe: Any, protocol: Any, waiter: Any = None, extra: Any = None) -> None:
        mode = self._set_up(loop, pipe, extra)
        self._open(loop, self._fileno, protocol)
        self._pipe = pipe
        # Not of a terminal: what is typed there would look like its end.
        self._announce(protocol, waiter, start_reading=not stat.S_ISCHR(mode))

    def __repr__(self) -> str:
        return self._describe(selectors.EVENT_WRITE, f"bufsize={self.get_write_buffer_size()}")

    def _warn_of_lost_writes(self) -> None:
        logger.warning("pipe closed by peer or os.write(pipe, data) raised exception.")


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
