"""The task that a request runs in is an asyncio.Task to whoever looks: our own kind and asyncio's itself answer alike."""

import json

import pytest
from conftest import APPS, since_3_11

pytestmark = since_3_11  # asyncio.TaskGroup, except*

EXPECTED = {
    "/context": ["unset", "mine", "mine", "mine"],
    "/group": [["from a child"], "done"],
    "/timeout": ["timeout", "wait_for", 0],
    "/cancel": [True, 1, True, "CancelledError('first')", 1, False, "CancelledError('second')", 0, 0, 0, False, False, 0],
    "/shield": ["'survives'", "1", "LookupError('broken')"],
}


@pytest.fixture(params=["fast", "compat"])
def kind(request):
    return request.param


@pytest.mark.parametrize("loop", ["asgi-worker", "asyncio"])
def test_asyncio_works_in_it(serve, kind, loop):
    server = serve("tasks:app", "--task", kind, "--loop", loop, "--lifespan", "off")
    for path in [*EXPECTED, *EXPECTED]:  # one leaves nothing to the next
        answer = server.get(path)
        assert answer.status == 200
        assert json.loads(answer.body) == EXPECTED[path]


def test_a_request_that_runs_meanwhile_leaves_the_current_task(start, kind, tmp_path):
    words = ("--task", kind, "--lifespan", "off", "--bind", f"unix:{tmp_path}/app.sock")
    server = start("tasks:app", "--app-dir", str(APPS), *words).wait_ready()
    seen = json.loads(server.get("/nested").body)
    assert seen[:4] == [True, True, True, True]
    assert json.loads(seen[4]) == EXPECTED["/context"]


def answers(serve, path):
    return [json.loads(serve("tasks:app", "--task", kind, "--lifespan", "off").get(path).body) for kind in ("fast", "compat")]


def test_it_looks_the_same(serve):
    fast, compat = answers(serve, "/waits")
    assert fast == compat
    assert fast[0:2] == [True, True]
    assert fast[4:8] == [True, True, True, True]
    assert fast[-1] == ["RuntimeError: Task does not support set_result operation",
                        "RuntimeError: Task does not support set_exception operation",
                        "InvalidStateError: Result is not set.", "InvalidStateError: Exception is not set."]


def test_what_it_says_of_a_bad_yield(serve):
    fast, compat = answers(serve, "/bad-yields")
    assert fast == compat
    assert fast[0:3] == ["Task got bad yield: 5", "Task got bad yield: 'text'", "fine"]
    assert fast[6].startswith("Task cannot await on itself")


def test_its_end_is_seen(serve, kind):
    server = serve("tasks:app", "--task", kind, "--lifespan", "off")
    assert server.get("/returns").status == 200
    assert server.get("/is-cancelled").status == 500
    assert server.get("/is-awaited").status == 500
    assert json.loads(server.get("/ended").body) == {
        "returns": ["None", True, False, False],
        "is cancelled": ["CancelledError('by itself')", True, True, False],
        "is awaited": ["CancelledError('while awaited')", True, True, False],
        "awaited by": "cancelled",
    }


def test_no_pending_task_is_reported_destroyed(serve, kind):
    server = serve("tasks:app", "--task", kind, "--lifespan", "off")
    for path in EXPECTED:
        server.get(path)
    assert server.stop() == 0
    assert "destroyed" not in server.log.whole()
