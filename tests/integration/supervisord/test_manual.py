"""The manual pages, as they are made while building."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from conftest import BIN

MADE = BIN.parent / "etc/man"
PAGES = {name: MADE / name for name in ("supervisord.8", "supervisord.conf.5", "asgi-worker.1")} | {"supervisorctl.1": BIN.parent / "supervisorctl/made/man"}


def text_of(page: str) -> str:
    return PAGES[page].read_text().replace("\\-", "-")


@pytest.mark.skipif(shutil.which("groff") is None and shutil.which("mandoc") is None, reason="neither groff nor mandoc here")
@pytest.mark.parametrize("page", PAGES)
def test_is_good_roff(page: str) -> None:
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-ww", "-man", "-Tutf8", PAGES[page]], capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
    if shutil.which("mandoc"):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "error", PAGES[page]], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("program", "page"), [("supervisord", "supervisord.8"), ("supervisorctl", "supervisorctl.1")])
def test_has_every_option_of_the_help(program: str, page: str) -> None:
    shown = subprocess.run([BIN / program, "-h"], capture_output=True, text=True, timeout=60, check=True).stdout
    options = set(re.findall(r"(?:^  |, )(--?[a-zA-Z][\w-]*)", shown, re.M))
    assert len(options) > 10
    assert sorted(option for option in options if option not in text_of(page)) == []


def test_has_sections_and_keys() -> None:
    text = text_of("supervisord.conf.5")
    for heading in ("[supervisord]", "[program:x]", "[eventlistener:x]", "[supervisorctl]"):
        assert f".SH {heading}\n" in text
    for key in ("stopsignal", "reloadsignal", "stdout_logfile", "exit_on"):
        assert f"\\fB{key}\\fR\n" in text


def test_has_the_workers_options() -> None:
    text = text_of("asgi-worker.1")
    for option in ("--bind", "--workers", "--timeout", "--lifespan"):
        assert re.search(rf"^\\fB.*{option}\b", text, re.M)
