import asyncio
import contextlib
import threading
from typing import Annotated

import common
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel


@contextlib.asynccontextmanager
async def lifespan(app):
    common.startup()
    yield {"made": "at startup"}
    common.shutdown()


app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def named(request: Request, call_next):
    common.request_name.set(request.query_params.get("name", "none"))
    response = await call_next(request)
    response.headers["x-middleware"] = "yes"
    return response


async def connection():
    yield "a connection"
    common.events.append("dependency closed")


class Order(BaseModel):
    name: str
    amount: int = 1


@app.get("/json")
async def json():
    return {"hello": "world"}


@app.get("/items/{id}")
async def item(id: int, q: str | None = None):
    return {"id": id, "q": q}


@app.post("/order")
async def order(order: Order, made: Annotated[str, Depends(connection)]):
    return {"name": order.name, "amount": order.amount, "dependency": made}


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body(), media_type="application/octet-stream")


@app.post("/count")
async def count(request: Request):
    return {"bytes": sum([len(chunk) async for chunk in request.stream()])}


@app.get("/stream")
async def stream(n: int):
    return StreamingResponse(common.chunks(n), media_type="text/plain")


@app.get("/endless")
async def endless():
    return StreamingResponse(common.ticks("endless"), media_type="text/event-stream")


@app.get("/file")
async def file():
    return FileResponse(common.FILE)


@app.get("/error")
async def error():
    raise ValueError("the application is wrong")


@app.get("/missing")
async def missing():
    raise HTTPException(404, "not here")


@app.get("/moved")
async def moved():
    return RedirectResponse("/json")


@app.get("/cookies")
async def cookies(request: Request):
    response = PlainTextResponse(str(sorted(request.cookies.items())))
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/background")
async def background(tasks: BackgroundTasks):
    tasks.add_task(common.later, "background")
    return PlainTextResponse("accepted", background=tasks)


@app.get("/context")
async def context():
    return PlainTextResponse(common.request_name.get())


@app.get("/group")
async def group():
    return PlainTextResponse(str(await common.grouped()))


@app.get("/failing-group")
async def failing_group():
    async def fail():
        raise KeyError("in a task of the group")

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(20))
            tasks.create_task(fail())
    except BaseException as error:
        return PlainTextResponse(type(error).__name__)


@app.get("/timeout")
async def timeout():
    return PlainTextResponse(f"{await common.timed_out()} True")


@app.get("/child")
async def child():
    return PlainTextResponse(await common.cancelled_child())


@app.get("/task")
async def task():
    return PlainTextResponse(str(await common.current_task_is_real()))


@app.get("/thread")
def thread():
    return PlainTextResponse(str(threading.current_thread() is not threading.main_thread()))


@app.get("/state")
async def state(request: Request):
    return PlainTextResponse(request.state.made)


@app.get("/client")
async def client(request: Request):
    return {"host": request.client.host, "scheme": request.url.scheme, "path": request.url.path}


@app.get("/events")
async def events():
    return common.events
