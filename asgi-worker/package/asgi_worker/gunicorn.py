"""gunicorn's way of being embedded: a subclass of BaseApplication with load_config() and load()."""

from __future__ import annotations

import sys
from typing import Any

from asgi_worker import main
from asgi_worker.words import words


class Settings:
    """What gunicorn calls cfg: set(), and the names that there are."""

    def __init__(self) -> None:
        from asgi_worker import _asgi_worker

        self.settings: dict[str, Any] = dict.fromkeys(_asgi_worker.option_keys())
        self._values: dict[str, Any] = {}

    def set(self, name: str, value: Any) -> None:
        if name not in self.settings:
            raise AttributeError(f"No configuration setting for: {name}")
        self._values[name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self.settings:
            raise AttributeError(f"No configuration setting for: {name}")
        return self._values.get(name)

    def words(self) -> list[str]:
        return words(self._values)


class BaseApplication:
    def __init__(self, usage: str | None = None, prog: str | None = None) -> None:
        self.usage = usage
        self.prog = prog
        self.cfg = Settings()
        self.callable: Any = None
        self.do_load_config()

    def do_load_config(self) -> None:
        self.load_config()

    def load_config(self) -> None:
        raise NotImplementedError

    def load(self) -> Any:
        raise NotImplementedError

    def wsgi(self) -> Any:
        if self.callable is None:
            self.callable = self.load()
        return self.callable

    def run(self) -> None:
        """The arbiter in this process; workers are forked from it and call load()."""
        global _current
        _current = self
        sys.exit(main(["--compat", "gunicorn", *self.cfg.words(), "--", f"{__name__}:current_application()"]))


class WSGIApplication(BaseApplication):
    """With the application and options of the command line."""

    def load_config(self) -> None:
        """All of it is read by the command."""

    def load(self) -> Any:
        raise NotImplementedError

    def run(self) -> None:
        sys.exit(main(["--compat", "gunicorn", *sys.argv[1:]]))


_current: BaseApplication | None = None


def current_application() -> Any:
    """In a worker: what run() was called on gives the application."""
    assert _current is not None, "no BaseApplication runs here"
    return _current.wsgi()
