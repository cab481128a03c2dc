import asyncio
import threading

import common
from quart import Quart, Response, abort, current_app, jsonify, redirect, request, send_file
from quart.utils import run_sync

app = Quart(__name__)


@app.before_serving
async def before():
    common.startup()
    app.config["MADE"] = "at startup"


@app.after_serving
async def after():
    common.shutdown()


@app.before_request
async def name():
    common.request_name.set(request.args.get("name", "none"))


@app.after_request
async def mark(response):
    response.headers["x-middleware"] = "yes"
    return response


def text(body):
    return Response(body, content_type="text/plain")


@app.get("/json")
async def json():
    return jsonify(hello="world")


@app.get("/items/<int:id>")
async def item(id):
    return jsonify(id=id, q=request.args.get("q"))


@app.post("/echo")
async def echo():
    return Response(await request.get_data(), content_type="application/octet-stream")


@app.post("/count")
async def count():
    return jsonify(bytes=sum([len(chunk) async for chunk in request.body]))


@app.get("/stream")
async def stream():
    response = text(common.chunks(int(request.args["n"])))
    response.timeout = None
    return response


@app.get("/endless")
async def endless():
    response = Response(common.ticks("endless"), content_type="text/event-stream")
    response.timeout = None
    return response


@app.get("/file")
async def file():
    return await send_file(common.FILE)


@app.get("/error")
async def error():
    raise ValueError("the application is wrong")


@app.get("/missing")
async def missing():
    abort(404)


@app.get("/moved")
async def moved():
    return redirect("/json", 307)


@app.get("/cookies")
async def cookies():
    response = text(str(sorted(request.cookies.items())))
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@app.get("/background")
async def background():
    app.add_background_task(common.later, "background")
    return text("accepted")


@app.get("/context")
async def context():
    return text(common.request_name.get())


@app.get("/group")
async def group():
    return text(str(await common.grouped()))


@app.get("/failing-group")
async def failing_group():
    async def fail():
        raise KeyError("in a task of the group")

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(20))
            tasks.create_task(fail())
    except BaseException as error:
        return text(type(error).__name__)


@app.get("/timeout")
async def timeout():
    return text(f"{await common.timed_out()} True")


@app.get("/child")
async def child():
    return text(await common.cancelled_child())


@app.get("/task")
async def task():
    return text(str(await common.current_task_is_real()))


@app.get("/thread")
async def thread():
    return text(str(await run_sync(lambda: threading.current_thread() is not threading.main_thread())()))


@app.get("/state")
async def state():
    return text(current_app.config["MADE"])


@app.get("/client")
async def client():
    return jsonify(host=request.remote_addr, scheme=request.scheme, path=request.path)


@app.get("/events")
async def events():
    return jsonify(common.events)
