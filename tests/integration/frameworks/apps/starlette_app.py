import contextlib
import threading

import anyio
import common
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route


@contextlib.asynccontextmanager
async def lifespan(app):
    common.startup()
    yield {"made": "at startup"}
    common.shutdown()


class Named:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        common.request_name.set(Request(scope).query_params.get("name", "none"))

        async def marked(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-middleware"] = "yes"
            await send(message)

        await self.app(scope, receive, marked)


async def json(request):
    return JSONResponse({"hello": "world"})


async def item(request):
    return JSONResponse({"id": request.path_params["id"], "q": request.query_params.get("q")})


async def echo(request):
    return Response(await request.body(), media_type="application/octet-stream")


async def count(request):
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return JSONResponse({"bytes": size})


async def stream(request):
    return StreamingResponse(common.chunks(int(request.query_params["n"])), media_type="text/plain")


async def endless(request):
    return StreamingResponse(common.ticks("endless"), media_type="text/event-stream")


async def file(request):
    return FileResponse(common.FILE)


async def error(request):
    raise ValueError("the application is wrong")


async def missing(request):
    raise HTTPException(404, "not here")


async def moved(request):
    return RedirectResponse("/json")


async def cookies(request):
    response = PlainTextResponse(str(sorted(request.cookies.items())))
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def background(request):
    return PlainTextResponse("accepted", background=BackgroundTask(common.later, "background"))


async def context(request):
    return PlainTextResponse(common.request_name.get())


async def group(request):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep, 0.001)
        total = await common.grouped()
    return PlainTextResponse(str(total))


async def failing_group(request):
    async def fail():
        raise KeyError("in a task of the group")

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep, 20)
            tasks.start_soon(fail)
    except BaseException as error:
        return PlainTextResponse(type(error).__name__)


async def timeout(request):
    with anyio.move_on_after(0.01) as scope:
        await anyio.sleep(20)
    return PlainTextResponse(f"{await common.timed_out()} {scope.cancelled_caught}")


async def child(request):
    return PlainTextResponse(await common.cancelled_child())


async def task(request):
    return PlainTextResponse(str(await common.current_task_is_real()))


def thread(request):
    return PlainTextResponse(str(threading.current_thread() is not threading.main_thread()))


async def state(request):
    return PlainTextResponse(request.state.made)


async def client(request):
    return JSONResponse({"host": request.client.host, "scheme": request.url.scheme, "path": request.url.path})


async def disconnected(request):
    """Waits until the client has left."""
    while not await request.is_disconnected():
        await anyio.sleep(0.005)
    common.events.append("disconnect seen")
    return PlainTextResponse("nobody reads this")


async def events(request):
    return JSONResponse(common.events)


ROUTES = [
    Route("/json", json), Route("/items/{id:int}", item), Route("/echo", echo, methods=["POST"]),
    Route("/count", count, methods=["POST"]), Route("/stream", stream), Route("/endless", endless), Route("/file", file),
    Route("/error", error), Route("/missing", missing), Route("/moved", moved), Route("/cookies", cookies),
    Route("/background", background), Route("/context", context), Route("/group", group),
    Route("/failing-group", failing_group), Route("/timeout", timeout), Route("/child", child), Route("/task", task),
    Route("/thread", thread), Route("/state", state), Route("/client", client), Route("/disconnected", disconnected),
    Route("/events", events),
]
app = Starlette(routes=ROUTES, lifespan=lifespan, middleware=[Middleware(Named), Middleware(GZipMiddleware)])
