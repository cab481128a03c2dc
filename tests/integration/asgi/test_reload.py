"""--reload: a changed file is served at once, by any number of workers; broken code is shown, not fatal."""

import pytest
from conftest import wait_until

CODE = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"{0}"}})
"""


def body(server) -> bytes:
    return server.get("/").body


@pytest.fixture
def code(tmp_path):
    """code("text"): main.py answers so from now on."""

    def write(text: str, name: str = "main.py") -> None:
        (tmp_path / name).write_text(CODE.format(text) if "\n" not in text else text)

    return write


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["", "preload"])
def test_new_code_is_served(start, code, workers, preload):
    code("one")
    server = start("main:app", "--port", "0", "--reload", "--workers", workers, *preload).wait_ready()
    assert body(server) == b"one"
    code("two")
    server.log.wait_for("WARNING:  asgi-worker detected changes in 'main.py'. Reloading...")
    # New ones first, then the old ones go: any of them may answer until then.
    server.log.wait_for(r"Finished server process \[", count=int(workers))
    assert body(server) == b"two"
    assert server.stop() == 0


def test_lines_that_people_know(start, code, tmp_path):
    code("one")
    server = start("main:app", "--port", "0", "--reload").wait_ready()
    server.log.wait_for(rf"INFO:     Will watch for changes in these directories: \['{tmp_path}'\]")
    server.log.wait_for(rf"INFO:     Started reloader process \[{server.process.pid}\]")


def test_error_is_shown_to_the_browser_and_mended_by_the_next_change(start, code):
    code("one")
    server = start("main:app", "--port", "0", "--reload").wait_ready()
    code("def broken(:\n")
    server.log.wait_for(r"Finished server process \[")
    answer = server.get("/")
    assert answer.status == 500
    assert b"SyntaxError" in answer.body
    assert "SyntaxError" in server.log.text()
    code("three")
    server.log.wait_for(r"Finished server process \[", count=2)
    assert body(server) == b"three"


def test_code_that_is_broken_from_the_start(start, code):
    code("import nothing_of_that_name\n")
    server = start("main:app", "--port", "0", "--reload").wait_ready()
    assert server.get("/").status == 500
    code("one")
    server.log.wait_for(r"Finished server process \[")
    assert body(server) == b"one"


def test_what_counts(start, code, tmp_path):
    code("one")
    (tmp_path / "docs").mkdir()
    extra = tmp_path / "settings.ini"
    extra.write_text("a\n")
    server = start("main:app", "--port", "0", "--reload", "--reload-include", "*.html", "--reload-exclude", "docs", "--reload-extra-file",
                   str(extra)).wait_ready()
    for name in ("readme.txt", "docs/conf.py", "page.html"):
        (tmp_path / name).write_text("x")
    server.log.wait_for("detected changes in 'page.html'. Reloading...")
    server.log.wait_for(r"Finished server process \[")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "new.py").write_text("x = 1\n")  # before the new directory is watched, or after
    server.log.wait_for("pkg/new.py")
    extra.write_text("b\n")
    server.log.wait_for(f"detected changes in '{extra}'")
    assert "readme.txt" not in server.log.text()
    assert "docs/conf.py" not in server.log.text()


def test_a_file_that_is_written_without_end_does_not_put_it_off(start, code, tmp_path):
    code("one")
    server = start("main:app", "--port", "0", "--reload").wait_ready()
    wait_until(lambda: (tmp_path / "busy.py").write_text("x = 1\n") and "detected changes in 'busy.py'" in server.log.text(), "it is noticed")


def test_directory_that_there_is_not(start, code):
    code("one")
    server = start("main:app", "--port", "0", "--reload", "--reload-dir", "nowhere")
    assert server.wait() == 1
    assert "'nowhere' is no directory" in server.log.text()
