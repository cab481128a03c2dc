"""What an application sees when clients leave and answers are over. /events tells what was noted."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any
from urllib.parse import unquote

events: list[str] = []
variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
variable.set("set at import")
START = {"type": "http.response.start", "status": 200, "headers": []}
REQUEST_OVER = {"type": "http.response.body", "body": b"ok"}


def note(text: str) -> None:
    events.append(text)


def names(error: BaseException) -> str:
    return " < ".join(kind.__name__ for kind in type(error).__mro__ if issubclass(kind, Exception))


async def answer(send: Any, text: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(text)).encode())]})
    await send({"type": "http.response.body", "body": text})


async def stream_forever(send: Any) -> None:
    await send(START)
    while True:
        await send({"type": "http.response.body", "body": b"tick", "more_body": True})
        await asyncio.sleep(0.005)


async def send_to_one_who_left(scope: Any, receive: Any, send: Any) -> None:
    try:
        await stream_forever(send)
    except Exception as error:
        note(names(error))
        raise


async def send_in_a_group(scope: Any, receive: Any, send: Any) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(stream_forever(send))
    except BaseExceptionGroup as error:
        note(type(error).__name__)
        raise


class ClientDisconnect(Exception):
    """As Starlette has one."""


async def raise_a_frameworks_own(scope: Any, receive: Any, send: Any) -> None:
    try:
        await stream_forever(send)
    except OSError:
        note("translated")
        raise ClientDisconnect() from None


async def break_in_the_clean_up(scope: Any, receive: Any, send: Any) -> None:
    try:
        await stream_forever(send)
    except OSError:
        note("broken")
        raise ValueError("not about the client")


async def send_until_silent(scope: Any, receive: Any, send: Any) -> None:
    """For spec versions below 2.4: watches receive(), and send() stays silent after it."""
    await send(START)
    gone = asyncio.ensure_future(receive_until_gone(receive))
    while not gone.done():
        await send({"type": "http.response.body", "body": b"tick", "more_body": True})
        await asyncio.sleep(0.005)
    for _ in range(3):
        await send({"type": "http.response.body", "body": b"tick", "more_body": True})
    note("silent")


async def receive_until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait_for_disconnect(scope: Any, receive: Any, send: Any) -> None:
    note("waiting")
    await receive_until_gone(receive)
    again = await receive()
    note(f"gone {again}")


async def read_all(scope: Any, receive: Any, send: Any) -> None:
    kinds = []
    while True:
        message = await receive()
        kinds.append(f"{message['type']} {len(message.get('body', b''))} {message.get('more_body')}")
        if message["type"] == "http.disconnect" or not message["more_body"]:
            break
    note(kinds[-1])
    await answer(send, b"read")


async def receive_after_the_end(scope: Any, receive: Any, send: Any) -> None:
    """The body was never read; the answer is complete."""
    await answer(send, b"done")
    note(str([await receive() for _ in range(3)]))


async def receive_twice(scope: Any, receive: Any, send: Any) -> None:
    first, second = await asyncio.gather(receive(), asyncio.wait_for(receive(), 0.05), return_exceptions=True)
    await answer(send, f"{first} {type(second).__name__}".encode())


async def work_after_the_answer(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"answered")
    await asyncio.sleep(0.3)
    note("worked")


async def change_the_scope(scope: Any, receive: Any, send: Any) -> None:
    seen = {"asgi": dict(scope["asgi"]), "extensions": sorted(scope["extensions"]), "state": sorted(scope["state"])}
    scope["asgi"]["spoilt"] = scope["extensions"]["spoilt"] = scope["state"]["spoilt"] = True
    scope["state"]["shared"].append(1)
    seen["shared"] = len(scope["state"]["shared"])
    await answer(send, json.dumps(seen).encode())


kept: list[Any] = []
lifespan_state: dict[str, Any] = {}


async def tell_scope(scope: Any, receive: Any, send: Any) -> None:
    """Answers with its scope, then does with it what the query says: whatever that is, it is over with the request."""
    seen = {key: repr(value) for key, value in scope.items() if key not in ("query_string", "client", "server")}
    word = scope["query_string"].decode()
    if word in ("asgi", "extensions", "state"):
        scope[word]["spoilt"] = True
    elif word == "headers":
        scope["headers"].append((b"x-spoilt", b"1"))
    elif word == "header":
        scope["headers"][0] = (b"host", b"spoilt")
    elif word == "key":
        scope["spoilt"] = True
    elif word == "path":
        scope["path"] = "/spoilt"
    elif word == "gone":
        del scope["extensions"]
    elif word == "keep":
        kept.append(scope)
    elif word.startswith("keep-"):
        kept.append(scope[word.removeprefix("keep-")])
    elif word == "wait":
        await asyncio.sleep(0.01)
    elif word == "kept":
        seen = {str(index): repr(one) for index, one in enumerate(kept)}
    elif word == "lifespan":
        lifespan_state["added"] = True
    await answer(send, json.dumps(seen).encode())


async def say_headers(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the headers that the query names: "a:1,b:2"."""
    pairs = [tuple(pair.encode() for pair in word.split(":")) for word in unquote(scope["query_string"].decode()).split(",") if word]
    await send({"type": "http.response.start", "status": 200, "headers": [*pairs, (b"content-length", b"2")]})
    await send(REQUEST_OVER)


async def tell_context(scope: Any, receive: Any, send: Any) -> None:
    before = variable.get()
    variable.set("set by a request")
    await asyncio.sleep(0)
    await answer(send, before.encode())


PATHS = {
    "/context": tell_context,
    "/leave": send_to_one_who_left,
    "/leave-group": send_in_a_group,
    "/leave-translated": raise_a_frameworks_own,
    "/leave-broken": break_in_the_clean_up,
    "/leave-silent": send_until_silent,
    "/wait": wait_for_disconnect,
    "/read": read_all,
    "/after": receive_after_the_end,
    "/twice": receive_twice,
    "/background": work_after_the_answer,
    "/scope": change_the_scope,
    "/tell": tell_scope,
    "/say": say_headers,
}


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    global lifespan_state
    lifespan_state = scope["state"]
    scope["state"]["shared"] = []
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    elif scope["path"] == "/events":
        await answer(send, json.dumps(events).encode())
    else:
        await PATHS[scope["path"]](scope, receive, send)
