"""What an application may do with the task that its request runs in: each path tries one thing and answers what came of it as
JSON. The same answers are expected whatever kind of task it is."""

import asyncio
import contextvars
import io
import json
import re

variable = contextvars.ContextVar("variable", default="unset")
ended = {}  # what was seen of tasks that have ended, by the name that they had


def masked(text):
    return re.sub(r"0x[0-9a-f]+|File \".*\"|:\d+|line \d+|Request object at|Request\(\)", "~", str(text))


async def context():
    before = variable.get()
    variable.set("mine")
    await asyncio.sleep(0.001)

    async def child():
        inherited = variable.get()
        variable.set("the child's")
        return inherited

    return [before, variable.get(), await asyncio.create_task(child()), variable.get()]


async def group():
    async def fail():
        raise ValueError("from a child")

    seen = []
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(60))
            tasks.create_task(fail())
    except* ValueError as error:
        seen = [str(each) for each in error.exceptions]
    async with asyncio.TaskGroup() as tasks:
        good = tasks.create_task(asyncio.sleep(0, "done"))
    return [seen, good.result()]


async def timeout():
    seen = []
    try:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(60)
    except TimeoutError:
        seen.append("timeout")
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)
    except TimeoutError:
        seen.append("wait_for")
    async with asyncio.timeout(60):
        await asyncio.sleep(0)
    return seen + [asyncio.current_task().cancelling()]


async def cancel():
    task = asyncio.current_task()
    asked = [task.cancel("first"), task.cancelling(), task._must_cancel]
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        seen = [repr(error), task.cancelling(), task._must_cancel]
    left = [task.uncancel(), task.cancelling(), task.uncancel(), task.cancelled(), task.done()]
    asyncio.get_running_loop().call_soon(task.cancel, "second")
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError as error:
        seen.append(repr(error))
    return asked + seen + left + [task.uncancel()]


async def shield():
    task = asyncio.current_task()
    inner = asyncio.create_task(asyncio.sleep(0.002, "survives"))
    asyncio.get_running_loop().call_soon(task.cancel)
    try:
        await asyncio.shield(inner)
    except asyncio.CancelledError:
        task.uncancel()
    results = await asyncio.gather(inner, asyncio.sleep(0, 1), broken(), return_exceptions=True)
    return [repr(each) for each in results]


async def broken():
    raise LookupError("broken")


async def waits():
    """What a task is, while something else looks at it."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    task.set_name("looked at")
    future = loop.create_future()

    def look():
        text = io.StringIO()
        task.print_stack(file=text)
        future.set_result([
            task._fut_waiter is future, len(task.get_stack()) > 0, masked(text.getvalue()), masked(repr(task))[:60],
            asyncio.current_task() is None, task in asyncio.all_tasks(), task.get_loop() is loop, task.get_coro() is not None,
        ])

    loop.call_soon(look)
    seen = await future
    return seen + [isinstance(task, asyncio.Task), isinstance(task, asyncio.Future), asyncio.isfuture(task),
                   task.get_name(), asyncio.current_task() is task, type(task).__name__, refusals(task)]


def refusals(task):
    """What an asyncio.Task does not let one do."""
    seen = []
    for name, arguments in (("set_result", (1,)), ("set_exception", (ValueError(),)), ("result", ()), ("exception", ())):
        try:
            getattr(task, name)(*arguments)
        except Exception as error:
            seen.append(f"{type(error).__name__}: {error}")
    return seen


class Yields:
    def __init__(self, thing):
        self.thing = thing

    def __await__(self):
        yield self.thing


def generator():
    yield


async def bad_yields():
    task = asyncio.current_task()
    task.set_name("bad")
    other = asyncio.new_event_loop()
    foreign = other.create_future()
    foreign._asyncio_future_blocking = True
    seen = []
    for thing in (5, "text", None, generator(), foreign, asyncio.get_running_loop().create_future(), task):
        try:
            await Yields(thing)
            seen.append("fine")
        except RuntimeError as error:
            seen.append(masked(re.sub(r"<Task .*?coro=.*?>(?= |$)", "TASK", str(error))))
    other.close()
    return seen


def note_end(task):
    try:
        how = repr(task.result())
    except BaseException as error:
        how = repr(error)
    ended[task.get_name()] = [how, task.done(), task.cancelled(), task.cancel()]


async def watched(name, how):
    """Ends in some way; /ended says what its done callback saw."""
    task = asyncio.current_task()
    task.set_name(name)
    task.add_done_callback(note_end)
    await asyncio.sleep(0)
    if how == "cancelled":
        raise asyncio.CancelledError("by itself")
    if how == "awaited":
        async def wait():
            try:
                ended["awaited by"] = repr(await task)
            except asyncio.CancelledError:
                ended["awaited by"] = "cancelled"
        ended["waiter"] = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel("while awaited")
        await asyncio.sleep(0)
    return name


async def nested():
    """A task that is current stays so while others come and go."""
    task = asyncio.current_task()
    seen = []
    for _ in range(3):
        await asyncio.create_task(asyncio.sleep(0))
        seen.append(asyncio.current_task() is task)
    reader, writer = await asyncio.open_unix_connection("app.sock")
    writer.write(b"GET /context HTTP/1.0\r\nhost: a\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return seen + [asyncio.current_task() is task, answer.split(b"\r\n\r\n")[1].decode()]


async def endings():
    return {name: seen for name, seen in ended.items() if name != "waiter"}


TRIED = {
    "/context": context, "/group": group, "/timeout": timeout, "/cancel": cancel, "/shield": shield, "/waits": waits,
    "/bad-yields": bad_yields, "/nested": nested, "/ended": endings,
    "/returns": lambda: watched("returns", "returned"),
    "/is-cancelled": lambda: watched("is cancelled", "cancelled"),
    "/is-awaited": lambda: watched("is awaited", "awaited"),
}


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    body = json.dumps(await TRIED[scope["path"]]()).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})
