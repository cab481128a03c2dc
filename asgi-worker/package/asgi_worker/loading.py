"""From "package.module:attribute" to the application, and what went wrong in words."""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from types import ModuleType, TracebackType
from typing import Any

Application = Callable[..., Any]


# Exit statuses: another attempt with the same code would end the same way.
CANNOT_START = 3
CANNOT_LOAD = 4


class LoadError(Exception):
    """The application cannot be loaded. The text is what a person reads, a line or a traceback."""


class NoApplication(LoadError):
    """The module is there, but what is to be called in it is not."""


def exit_status(error: LoadError, compat: str) -> int:
    """gunicorn tells the two apart, nobody else."""
    return CANNOT_LOAD if compat == "gunicorn" and isinstance(error, NoApplication) else CANNOT_START


def user_frames(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is neither ours nor the import system's."""
    here = os.path.dirname(__file__)
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(("<frozen importlib", here)) and os.path.basename(os.path.dirname(file)) != "importlib":
            return trace
        trace = trace.tb_next
    return None


def explain(error: BaseException) -> str:
    """One line with the cause, then the traceback of the user's own frames."""
    lines = traceback.format_exception(type(error), error, user_frames(error.__traceback__))
    return f"{type(error).__name__}: {error}\n{''.join(lines)}".rstrip()


def import_module(name: str) -> ModuleType:
    if name.endswith(".py") or os.sep in name:
        return import_file(name)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # Only when the module itself is not there; one that it imports is the application's error.
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise LoadError(f'Error loading ASGI app. Could not import module "{name}".') from None
        raise LoadError(f'Error loading ASGI app. Importing module "{name}" failed: {explain(error)}') from None
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise LoadError(f'Error loading ASGI app. Importing module "{name}" failed: {explain(error)}') from None


def import_file(path: str) -> ModuleType:
    """A module by its file: the folder above its package is put first on sys.path."""
    file = os.path.abspath(path)
    if not os.path.isfile(file):
        raise LoadError(f'Error loading ASGI app. Could not find file "{path}".')
    folder, base = os.path.split(file)
    parts = [os.path.splitext(base)[0]]
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    sys.path.insert(0, folder)
    return import_module(".".join(parts))


def find_attribute(module: ModuleType, name: str, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise NoApplication(f'Error loading ASGI app. Attribute "{path}" not found in module "{name}".') from None
    return found


def call_with_literals(module: ModuleType, name: str, expression: str) -> Any:
    """`create("x", debug=True)`: gunicorn's way of calling a factory; its arguments are literals."""
    try:
        call = ast.parse(expression, mode="eval").body
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        positional = [ast.literal_eval(argument) for argument in call.args]
        keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
    except (SyntaxError, ValueError, AssertionError):
        raise NoApplication(f'Error loading ASGI app. "{expression}" is not a name or a call with literal arguments.') from None
    return call_factory(find_attribute(module, name, call.func.id), *positional, **keywords)


def call_factory(factory: Any, *positional: Any, **keywords: Any) -> Any:
    try:
        return factory(*positional, **keywords)
    except Exception as error:
        raise NoApplication(f"Error loading ASGI app factory: {explain(error)}") from None


def load(string: str, *, factory: bool = False, compat: str = "native", warn: Callable[[str], None] = lambda line: None) -> Application:
    """The application that `string` names: "module:attr.attr", "module" (its app, or application; as gunicorn its
    application, or app), "path/file.py:attr", "module:factory(args)"."""
    name, _, path = string.partition(":")
    if not name:
        raise LoadError(f'Import string "{string}" must be in format "<module>:<attribute>".')
    module = import_module(name)
    if not path:
        usual = ("application", "app") if compat == "gunicorn" else ("app", "application")
        path = next((name for name in usual if hasattr(module, name)), usual[0])
    application = call_with_literals(module, name, path) if "(" in path else find_attribute(module, name, path)
    if not factory and looks_like_factory(application):
        warn("ASGI app factory detected. Using it, but please consider setting the --factory flag explicitly.")
        factory = True
    if factory:
        application = call_factory(application)
    if not callable(application):
        raise NoApplication(f'Error loading ASGI app. "{string}" is not callable: {type(application).__name__}.')
    return application


def as_asgi3(application: Application, interface: str, threads: int) -> tuple[Application, str]:
    """The application as it is called, application(scope, receive, send), and the version of ASGI
    that its scopes tell."""
    if interface == "wsgi":
        from asgi_worker.wsgi import MOST_THREADS, Wsgi

        return Wsgi(application, threads or MOST_THREADS), "3.0"
    if interface == "asgi2" or (interface == "auto" and is_asgi2(application)):

        async def call(scope: Any, receive: Any, send: Any) -> None:
            await application(scope)(receive, send)

        return call, "2.0"
    return application, "3.0"


def is_asgi2(application: Application) -> bool:
    """Whether it is called as application(scope)(receive, send). As uvicorn tells them apart, but
    partials are looked through, and what takes three arguments is ASGI 3."""
    while isinstance(application, functools.partial):
        application = application.func
    if inspect.isclass(application):
        return not hasattr(application, "__await__")
    if inspect.isfunction(application) or inspect.ismethod(application):
        is_coroutine = inspect.iscoroutinefunction(application)
    else:
        is_coroutine = inspect.iscoroutinefunction(getattr(application, "__call__", None))
    return not is_coroutine and not takes_three(application)


def takes_three(application: Application) -> bool:
    return takes(application, 3)


def takes(application: Application, count: int) -> bool:
    """Whether it can be called with so many positional arguments."""
    try:
        inspect.signature(application).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def looks_like_factory(application: Any) -> bool:
    """A function or class without arguments: it makes an application, since no protocol calls it so.
    uvicorn finds out by calling whatever it is given."""
    is_maker = inspect.isclass(application) or inspect.isfunction(application)
    return is_maker and takes(application, 0) and not any(takes(application, count) for count in (1, 2, 3))


def error_page(text: str) -> Application:
    """An application that answers with what is wrong with the one that cannot be loaded."""
    body = f"{text}\n".encode()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise RuntimeError("the application could not be loaded")
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 500, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return application
