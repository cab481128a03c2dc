"""A WSGI application (PEP 3333) as an ASGI one: each request runs in a thread of a pool, its body is
read when the application reads it, and the thread waits while the client does not take the answer."""

from __future__ import annotations

import asyncio
import contextvars
import io
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any
from wsgiref.util import FileWrapper

from asgi_worker._asgi_worker import ClientDisconnected

Scope = dict[str, Any]
Message = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
MOST_THREADS = 10  # at a time, unless --threads says otherwise
MOST_QUEUED = 64 * 1024  # bytes of an answer between the thread and the loop


class Wsgi:
    """Callable as ASGI 3. `threads` is how many requests run at a time; others wait for one."""

    def __init__(self, application: Callable[..., Iterable[bytes]], threads: int) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="wsgi")

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"WSGI has no {scope['type']}")
        loop = asyncio.get_running_loop()
        answer = Answer(loop)
        environ = make_environ(scope, io.BufferedReader(Body(receive, loop)))
        context = contextvars.copy_context()
        thread = loop.run_in_executor(self._pool, context.run, self._run, environ, answer)
        try:
            while (messages := await answer.take()) is not None:
                for message in messages:
                    await send(message)
        except BaseException as error:
            answer.abandon()
            if isinstance(error, OSError):  # the client has left; the thread is told at its next chunk
                await asyncio.wait([thread])
                thread.exception()  # says the same, or nothing that anybody could be answered
            raise
        await thread

    def _run(self, environ: dict[str, Any], answer: Answer) -> None:
        """In a thread of the pool."""
        result: Iterable[bytes] = ()
        try:
            start = Start(answer)
            result = self._application(environ, start)
            is_single = isinstance(result, (list, tuple)) and len(result) == 1
            for chunk in result:
                if is_single:
                    start.add_length(len(chunk))
                if chunk:
                    start.write(chunk, more=not is_single)
            start.finish()
        finally:
            try:
                if close := getattr(result, "close", None):
                    close()
            finally:
                answer.end()


class Start:
    """start_response(), and the callable that it returns."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._head: Message | None = None
        self._is_sent = False
        self._is_finished = False

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], None]:
        if exc_info is not None:
            try:
                if self._is_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self._head is not None:
            raise AssertionError("start_response() was called twice without exc_info")
        self._head = {"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": headers}
        return self.write

    def add_length(self, size: int) -> None:
        """The only chunk's, unless the application has said it."""
        head = self._head
        if head is not None and not self._is_sent and not any(name.lower() == "content-length" for name, _ in head["headers"]):
            head["headers"] = [*head["headers"], ("content-length", str(size))]

    def write(self, data: bytes, more: bool = True) -> None:
        messages: list[Message] = [{"type": "http.response.body", "body": data, "more_body": more}]
        if not self._is_sent:
            if self._head is None:
                raise AssertionError("the application wrote before it called start_response()")
            messages.insert(0, self._head)
            self._is_sent = True
        self._is_finished = not more
        self._answer.put(messages)

    def finish(self) -> None:
        if not self._is_finished:
            self.write(b"", more=False)


class Answer:
    """What waits between the thread that makes an answer and the loop that sends it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready = asyncio.Event()
        self._change = threading.Condition()
        self._messages: deque[Message] = deque()
        self._size = 0
        self._is_ended = False
        self._is_abandoned = False

    # In the thread.

    def put(self, messages: list[Message]) -> None:
        with self._change:
            self._change.wait_for(lambda: self._size < MOST_QUEUED or self._is_abandoned)
            if self._is_abandoned:
                raise ClientDisconnected("The client has disconnected.")
            self._messages.extend(messages)
            self._size += sum(len(message.get("body", b"")) for message in messages)
        self._tell()

    def end(self) -> None:
        with self._change:
            self._is_ended = True
        self._tell()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:
            pass  # the loop has been closed: nobody waits for this answer

    # On the loop.

    async def take(self) -> list[Message] | None:
        """All that is there, as soon as there is any; None at the end."""
        while True:
            with self._change:
                self._ready.clear()
                if self._messages:
                    taken = list(self._messages)
                    self._messages.clear()
                    self._size = 0
                    self._change.notify()
                    return taken
                if self._is_ended:
                    return None
            await self._ready.wait()

    def abandon(self) -> None:
        with self._change:
            self._is_abandoned = True
            self._change.notify()


class Body(io.RawIOBase):
    """wsgi.input: waits in the application's thread for what receive() gives on the loop."""

    def __init__(self, receive: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._receive = receive
        self._loop = loop
        self._rest = memoryview(b"")
        self._is_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._is_ended:
            message = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected("The client left before the end of its request.")
            self._rest = memoryview(message.get("body", b""))
            self._is_ended = not message.get("more_body", False)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    async def _next(self) -> Message:
        return await self._receive()


def make_environ(scope: Scope, body: io.BufferedReader) -> dict[str, Any]:
    root_path = scope.get("root_path", "")
    host, port = scope.get("server") or ("localhost", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": as_cgi(root_path),
        "PATH_INFO": as_cgi(scope["path"].removeprefix(root_path)),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or 80),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,  # ends where the request ends, chunked ones too
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "asgi.scope": scope,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for name, value in scope["headers"]:
        add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:
        return  # would be taken for the one with a dash, which a proxy may vouch for
    key = name.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = "HTTP_" + key
    if key in environ:
        value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
    environ[key] = value


def as_cgi(text: str) -> str:
    """WSGI's strings: the bytes of the path, each as one character."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
