import asyncio
import contextlib
import threading

import common
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.logging import LoggingConfig
from litestar.middleware import AbstractMiddleware
from litestar.response import File, Redirect, Stream


@contextlib.asynccontextmanager
async def lifespan(app):
    common.startup()
    app.state.made = "at startup"
    yield
    common.shutdown()


class Named(AbstractMiddleware):
    async def __call__(self, scope, receive, send):
        common.request_name.set(Request(scope).query_params.get("name", "none"))

        async def marked(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-middleware", b"yes")]
            await send(message)

        await self.app(scope, receive, marked)


@get("/json")
async def json() -> dict[str, str]:
    return {"hello": "world"}


@get("/items/{id:int}")
async def item(id: int, q: str | None = None) -> dict[str, int | str | None]:
    return {"id": id, "q": q}


@post("/echo", status_code=200)
async def echo(request: Request) -> Response[bytes]:
    return Response(await request.body(), media_type="application/octet-stream")


@post("/count", status_code=200)
async def count(request: Request) -> dict[str, int]:
    return {"bytes": sum([len(chunk) async for chunk in request.stream()])}


@get("/stream")
async def stream(n: int) -> Stream:
    return Stream(common.chunks(n), media_type=MediaType.TEXT)


@get("/endless")
async def endless() -> Stream:
    return Stream(common.ticks("endless"), media_type="text/event-stream")


@get("/file")
async def file() -> File:
    return File(common.FILE)


@get("/error")
async def error() -> None:
    raise ValueError("the application is wrong")


@get("/missing")
async def missing() -> None:
    raise NotFoundException("not here")


@get("/moved", status_code=307)
async def moved() -> Redirect:
    return Redirect("/json", status_code=307)


@get("/cookies", media_type=MediaType.TEXT)
async def cookies(request: Request) -> Response[str]:
    return Response(str(sorted(request.cookies.items())), media_type=MediaType.TEXT, cookies=[Cookie("a", value="1"), Cookie("b", value="2")])


@get("/background")
async def background() -> Response[str]:
    return Response("accepted", media_type=MediaType.TEXT, background=BackgroundTask(common.later, "background"))


@get("/context", media_type=MediaType.TEXT)
async def context() -> str:
    return common.request_name.get()


@get("/group", media_type=MediaType.TEXT)
async def group() -> str:
    return str(await common.grouped())


@get("/failing-group", media_type=MediaType.TEXT)
async def failing_group() -> str:
    async def fail() -> None:
        raise KeyError("in a task of the group")

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(20))
            tasks.create_task(fail())
    except BaseException as error:
        return type(error).__name__
    return ""


@get("/timeout", media_type=MediaType.TEXT)
async def timeout() -> str:
    return f"{await common.timed_out()} True"


@get("/child", media_type=MediaType.TEXT)
async def child() -> str:
    return await common.cancelled_child()


@get("/task", media_type=MediaType.TEXT)
async def task() -> str:
    return str(await common.current_task_is_real())


@get("/thread", media_type=MediaType.TEXT, sync_to_thread=True)
def thread() -> str:
    return str(threading.current_thread() is not threading.main_thread())


@get("/state", media_type=MediaType.TEXT)
async def state(request: Request) -> str:
    return request.app.state.made


@get("/client")
async def client(request: Request) -> dict[str, str]:
    return {"host": request.client.host, "scheme": request.url.scheme, "path": request.url.path}


@get("/events")
async def events() -> list[str]:
    return common.events


app = Litestar(
    [json, item, echo, count, stream, endless, file, error, missing, moved, cookies, background, context, group, failing_group,
     timeout, child, task, thread, state, client, events],
    lifespan=[lifespan], middleware=[Named], logging_config=LoggingConfig(log_exceptions="always"),
)
