"""gunicorn's server hooks: what its functions are called with, and when. One object in the arbiter, forked into its
children with all that it knows."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Callable
from typing import Any

from asgi_worker import _asgi_worker


class LogHandler(logging.Handler):
    """To the server's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        _asgi_worker.log(record.levelname.lower(), self.format(record))


def make_log() -> logging.Logger:
    log = logging.Logger("asgi-worker")
    log.addHandler(LogHandler())
    return log


def value_of(text: str) -> Any:
    """An option's text as gunicorn's config would hold it."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text or None


class Config:
    """Options as attributes, by the names of gunicorn.conf.py."""

    def __init__(self, texts: dict[str, str], functions: dict[str, Callable[..., Any]]) -> None:
        self.settings = {key: value_of(text) for key, text in texts.items()}
        if isinstance(self.settings.get("bind"), str):
            self.settings["bind"] = self.settings["bind"].splitlines()
        self.settings.update(functions)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["settings"][name]
        except KeyError:
            raise AttributeError(f"No configuration setting for: {name}") from None


class Worker:
    """What a hook sees of a worker."""

    def __init__(self, age: int, cfg: Config, log: logging.Logger) -> None:
        self.age = age
        self.pid: int | None = None
        self.ppid = os.getpid()
        self.cfg = cfg
        self.log = log
        self.nr = 0  # requests so far
        self.alive = True
        self.tmp = None

    def __str__(self) -> str:
        return f"<Worker {self.pid}>"


class Server:
    """What a hook sees of the arbiter."""

    def __init__(self, cfg: Config, log: logging.Logger) -> None:
        self.cfg = cfg
        self.log = log
        self.pid = os.getpid()
        self.num_workers = 0
        self.WORKERS: dict[int, Worker] = {}

    @property
    def address(self) -> list[str]:
        return self.cfg.bind or []


class Hooks:
    """Each method is a moment; False when its function raised."""

    def __init__(self, functions: dict[str, Callable[..., Any]], texts: dict[str, str]) -> None:
        self.functions = functions
        self.server = Server(Config(texts, functions), make_log())
        self.worker: Worker | None = None  # the one that is being forked; in a worker, itself
        self._age = 0

    def renew(self, functions: dict[str, Callable[..., Any]] | None, texts: dict[str, str]) -> None:
        self.functions = functions or {}
        self.server.cfg = Config(texts, self.functions)

    def _call(self, name: str, *arguments: Any) -> bool:
        function = self.functions.get(name)
        if function is None:
            return True
        try:
            function(*arguments)
        except Exception:
            _asgi_worker.log("error", f"Exception in server hook {name}\n{traceback.format_exc().rstrip()}")
            return False
        return True

    # In the arbiter.

    def on_starting(self) -> bool:
        return self._call("on_starting", self.server)

    def on_reload(self) -> bool:
        return self._call("on_reload", self.server)

    def when_ready(self) -> bool:
        return self._call("when_ready", self.server)

    def nworkers_changed(self, now: int, before: int) -> bool:
        self.server.num_workers = now
        return self._call("nworkers_changed", self.server, now, before or None)

    def pre_fork(self) -> bool:
        self._age += 1
        self.worker = Worker(self._age, self.server.cfg, self.server.log)
        return self._call("pre_fork", self.server, self.worker)

    def child_born(self, pid: int) -> bool:
        if self.worker is not None:
            self.worker.pid = pid
            self.server.WORKERS[pid] = self.worker
        return True

    def child_exit(self, pid: int) -> bool:
        worker = self.server.WORKERS.pop(pid, None)
        return worker is None or self._call("child_exit", self.server, worker)

    def pre_exec(self) -> bool:
        return self._call("pre_exec", self.server)

    def on_exit(self) -> bool:
        return self._call("on_exit", self.server)

    # In a worker.

    def post_fork(self) -> bool:
        if self.worker is None:  # forked by a template, which knows of no fork
            self.worker = Worker(self._age + 1, self.server.cfg, self.server.log)
        self.worker.pid = os.getpid()
        self.worker.ppid = os.getppid()
        return self._call("post_fork", self.server, self.worker)

    def post_worker_init(self) -> bool:
        return self._call("post_worker_init", self.worker)

    def worker_int(self) -> bool:
        return self._call("worker_int", self.worker)

    def worker_abort(self) -> bool:
        return self._call("worker_abort", self.worker)

    def worker_exit(self) -> bool:
        if self.worker is not None:
            self.worker.alive = False
        return self._call("worker_exit", self.server, self.worker)

    def around(self, application: Callable[..., Any]) -> Callable[..., Any]:
        """`application` with pre_request and post_request, if there are such."""
        if not {"pre_request", "post_request"} & self.functions.keys():
            return application

        async def with_hooks(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                return await application(scope, receive, send)
            request, response = Request(scope), Response()
            self._call("pre_request", self.worker, request)

            async def noted_send(message: Any) -> None:
                response.note(message)
                await send(message)

            try:
                await application(scope, receive, noted_send)
            finally:
                if self.worker is not None:
                    self.worker.nr += 1
                self._post_request(request, scope, response)

        return with_hooks

    def _post_request(self, request: Request, environ: Any, response: Response) -> None:
        function = self.functions.get("post_request")
        if function is not None:  # with two, three or four arguments, as gunicorn takes it
            count = getattr(getattr(function, "__code__", None), "co_argcount", 4)
            self._call("post_request", *(self.worker, request, environ, response)[: max(2, min(4, count))])


class Request:
    def __init__(self, scope: Any) -> None:
        query = scope["query_string"].decode("latin-1")
        self.method = scope["method"]
        self.path = scope["path"]
        self.query = query
        self.uri = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        self.headers = [(name.decode("latin-1").upper(), value.decode("latin-1")) for name, value in scope["headers"]]


class Response:
    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.sent = 0

    def note(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(bytes(name).decode("latin-1"), bytes(value).decode("latin-1")) for name, value in message.get("headers", ())]
        elif message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
