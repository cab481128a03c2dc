"""What a Server is told, in uvicorn's names."""

from __future__ import annotations

import inspect
import os
import socket
from typing import Any

from asgi_worker import loading
from asgi_worker.words import words

_DEFAULTS: dict[str, Any] = {
    "host": "127.0.0.1",
    "port": 8000,
    "uds": None,
    "fd": None,
    "loop": "auto",
    "http": "auto",
    "ws": "auto",
    "lifespan": "auto",
    "interface": "auto",
    "reload": False,
    "workers": None,
    "log_config": None,
    "log_level": None,
    "access_log": True,
    "use_colors": None,
    "root_path": "",
    "backlog": 2048,
    "factory": False,
    "app_dir": None,
    "timeout_keep_alive": 5,
    "timeout_notify": 30,
    "timeout_graceful_shutdown": None,
    "callback_notify": None,
    "limit_concurrency": None,
    "limit_max_requests": None,
    "headers": None,
    "server_header": True,
    "date_header": True,
    "proxy_headers": True,
    "forwarded_allow_ips": None,
    "env_file": None,
}
# Said to the core only when they were said to us: it has the same defaults.
_OURS = ("host", "port", "uds", "fd", "reload", "workers", "app_dir", "factory", "loop", "backlog", "env_file")


class Config:
    """Config(app, host="127.0.0.1", port=8000, ...): uvicorn's keywords, and the names of all
    options. Each is an attribute."""

    app: Any
    host: str
    port: int
    uds: str | None
    fd: int | None
    workers: int

    def __init__(self, app: Any, **options: Any) -> None:
        self.app = app
        self.loaded = False
        self.loaded_app: Any = None
        self._given = options
        for name, value in {**_DEFAULTS, **options}.items():
            setattr(self, name, value)
        self.workers = self.workers or 1
        if self.env_file:
            from asgi_worker import _asgi_worker

            _asgi_worker.settings([f"--env-file={os.fspath(self.env_file)}"])

    @property
    def should_reload(self) -> bool:
        return isinstance(self.app, str) and bool(self.reload)

    @property
    def use_subprocess(self) -> bool:
        return bool(self.reload or self.workers > 1)

    @property
    def is_ssl(self) -> bool:
        return False

    @property
    def asgi_version(self) -> str:
        return "2.0" if loading.is_asgi2(self.loaded_app) else "3.0"

    def words(self) -> list[str]:
        """For the core: all that was said, also by assignment, apart from where and how to run."""
        said = {name: getattr(self, name) for name in self._given if name not in _OURS}
        said |= {name: getattr(self, name) for name, default in _DEFAULTS.items() if getattr(self, name) != default and name not in _OURS}
        return words(said)

    def load_app(self) -> Any:
        if isinstance(self.app, str):
            return loading.load(self.app, factory=self.factory)
        return loading.call_factory(self.app) if self.factory and not inspect.iscoroutinefunction(self.app) else self.app

    def load(self) -> None:
        self.loaded_app = self.load_app()
        self.loaded = True

    def setup_event_loop(self) -> None:
        """uvicorn's; the loop is the caller's, or asyncio's."""

    def get_loop_factory(self) -> Any:
        if self.loop == "uvloop":
            import uvloop  # the application's own

            return uvloop.new_event_loop
        return None

    def bind_socket(self) -> socket.socket:
        """A listening socket where the configuration says."""
        if self.fd is not None:
            bound = socket.socket(fileno=self.fd)
        elif self.uds:
            bound = socket.socket(socket.AF_UNIX)
            if os.path.exists(self.uds):
                os.unlink(self.uds)
            bound.bind(os.fspath(self.uds))
            os.chmod(self.uds, 0o666)
            bound.listen(self.backlog)
        else:
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
            bound = socket.create_server((self.host.strip("[]"), self.port), family=family, backlog=self.backlog)
        bound.set_inheritable(True)
        bound.setblocking(False)
        return bound
