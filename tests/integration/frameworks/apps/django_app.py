import asyncio
import threading

import common
import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils.decorators import async_only_middleware

settings.configure(
    ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for tests", MIDDLEWARE=[f"{__name__}.named"], DEBUG=False,
    LOGGING_CONFIG=None, DATA_UPLOAD_MAX_MEMORY_SIZE=None,
)
django.setup()
common.startup()  # Django has no lifespan
tasks = set()


@async_only_middleware
def named(get_response):
    async def middleware(request):
        common.request_name.set(request.GET.get("name", "none"))
        response = await get_response(request)
        response["x-middleware"] = "yes"
        return response

    return middleware


def text(body):
    return HttpResponse(body, content_type="text/plain")


async def json(request):
    return JsonResponse({"hello": "world"})


async def item(request, id):
    return JsonResponse({"id": id, "q": request.GET.get("q")})


async def echo(request):
    return HttpResponse(request.body, content_type="application/octet-stream")


async def count(request):
    size = 0
    while chunk := request.read(65536):
        size += len(chunk)
    return JsonResponse({"bytes": size})


async def stream(request):
    return StreamingHttpResponse(common.chunks(int(request.GET["n"])), content_type="text/plain")


async def endless(request):
    return StreamingHttpResponse(common.ticks("endless"), content_type="text/event-stream")


def file(request):
    return FileResponse(open(common.FILE, "rb"))


async def error(request):
    raise ValueError("the application is wrong")


async def missing(request):
    raise Http404("not here")


async def moved(request):
    response = HttpResponseRedirect("/json")
    response.status_code = 307
    return response


async def cookies(request):
    response = text(str(sorted(request.COOKIES.items())))
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def background(request):
    task = asyncio.ensure_future(common.later("background"))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return text("accepted")


async def context(request):
    return text(common.request_name.get())


async def group(request):
    return text(str(await common.grouped()))


async def failing_group(request):
    async def fail():
        raise KeyError("in a task of the group")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(20))
            group.create_task(fail())
    except BaseException as error:
        return text(type(error).__name__)


async def timeout(request):
    return text(f"{await common.timed_out()} True")


async def child(request):
    return text(await common.cancelled_child())


async def task(request):
    return text(str(await common.current_task_is_real()))


async def thread(request):
    return text(str(await sync_to_async(lambda: threading.current_thread() is not threading.main_thread())()))


async def state(request):
    return text("at startup")


async def client(request):
    return JsonResponse({"host": request.META["REMOTE_ADDR"], "scheme": request.scheme, "path": request.path})


async def disconnected(request):
    """Django cancels the view."""
    try:
        await asyncio.sleep(20)
    except asyncio.CancelledError:
        common.events.append("disconnect seen")
        raise


async def events(request):
    return JsonResponse(common.events, safe=False)


urlpatterns = [
    path("json", json), path("items/<int:id>", item), path("echo", echo), path("count", count), path("stream", stream),
    path("endless", endless), path("file", file), path("error", error), path("missing", missing), path("moved", moved),
    path("cookies", cookies), path("background", background), path("context", context), path("group", group),
    path("failing-group", failing_group), path("timeout", timeout), path("child", child), path("task", task),
    path("thread", thread), path("state", state), path("client", client), path("disconnected", disconnected),
    path("events", events),
]
app = get_asgi_application()
