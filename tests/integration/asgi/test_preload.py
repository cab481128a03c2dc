"""--preload: the application is imported once, in a process that workers are forked from."""

import os
import signal

from conftest import wait_until


def application(text: str) -> str:
    return (
        "import os\nimporter = os.getpid()\n"
        "async def app(scope, receive, send):\n    assert scope['type'] == 'http'\n"
        "    await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        f"    await send({{'type': 'http.response.body', 'body': f'{text} {{importer}} {{os.getppid()}}'.encode()}})\n"
    )


def test_workers_share_one_import_and_are_the_arbiters_children(serve):
    server = serve("stuck:app", "--preload", "--workers", "3")
    seen = {}
    while len(seen) < 2:
        facts = server.get("/").json()
        seen[facts["pid"]] = facts
    assert len({facts["imported_by"] for facts in seen.values()}) == 1
    assert {facts["parent"] for facts in seen.values()} == {server.process.pid}
    assert seen.keys().isdisjoint({next(iter(seen.values()))["imported_by"]})
    assert server.stop() == 0


def test_hup_loads_the_new_code_and_keeps_the_old_when_it_is_broken(start, tmp_path):
    module = tmp_path / "changing.py"
    module.write_text(application("one"))
    server = start("changing:app", "--port", "0", "--preload").wait_ready()
    first = server.get("/").body.split()
    module.write_text(application("two"))
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    second = server.get("/").body.split()
    assert (first[0], second[0]) == (b"one", b"two")
    assert first[1] != second[1]
    module.write_text("this is not Python")
    server.signal(signal.SIGHUP)
    server.log.wait_for("The new code cannot be loaded; the old one serves on")
    assert server.get("/").body.startswith(b"two")
    os.kill(server.workers()[-1], signal.SIGKILL)  # and its successor comes from the old code too
    server.log.wait_for("was sent SIGKILL")
    assert server.get("/").body.startswith(b"two")
    assert server.stop() == 0


def test_application_that_cannot_be_loaded_ends_all_with_status_3(start):
    server = start("nowhere:app", "--port", "0", "--preload", "--workers", "2")
    assert server.wait() == 3
    assert server.log.text().count('Could not import module "nowhere"') == 1


def test_template_that_dies_is_made_anew(serve):
    server = serve("stuck:app", "--preload")
    facts = server.get("/").json()
    os.kill(facts["imported_by"], signal.SIGKILL)
    server.log.wait_for(rf"The template \(pid:{facts['imported_by']}\) ended")
    server.log.wait_for("Application loaded in template process", count=2)
    os.kill(facts["pid"], signal.SIGKILL)
    wait_until(lambda: server.get("/").json()["imported_by"] != facts["imported_by"], "a worker of the new template")


def test_term_to_the_whole_group_is_one_shutdown(serve):
    server = serve("hello:app", "--preload", "--workers", "2", start_new_session=True)
    os.killpg(server.process.pid, signal.SIGTERM)
    assert server.wait() == 0
    text = server.log.text()
    assert text.count("Application shutdown complete.") == 2
    assert "unexpectedly" not in text
    assert "Traceback" not in text


def test_nothing_is_left_when_the_arbiter_is_killed(serve):
    server = serve("stuck:app", "--preload")
    facts = server.get("/").json()
    server.signal(signal.SIGKILL)
    server.process.wait()
    for pid in (facts["pid"], facts["imported_by"]):
        wait_until(lambda pid=pid: not is_alive(pid), f"process {pid} ends")


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
