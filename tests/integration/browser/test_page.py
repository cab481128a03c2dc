"""The web page as a person uses it: with scripts, without them, on a phone, and with 1,000 processes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from browser import ESCAPE, Browser

IMAGES = os.environ.get("PAGE_IMAGES")  # a directory: screenshots go there

API = r"""#!/bin/sh
trap 'printf "\033[31mnew line\033[0m\n"' USR1
echo "started <b>&amp;</b>"
for each in 1 2 3 4 5 6; do echo "INFO: GET /orders/$each 200"; done
echo oops >&2
while :; do sleep 1000 & wait $!; done
"""
PROGRAMS = """
[program:api]
command=/bin/sh %(here)s/api.sh
stopasgroup=true
[program:cron]
command=/bin/sleep 1000
autostart=false
[program:mail]
command=/bin/sh -c 'exit 3'
startretries=0
[program:web]
command=/bin/sleep 1000
process_name=%(program_name)s_%(process_num)s
numprocs=3
[program:silent]
command=/bin/sleep 1000
stdout_logfile=NONE
stderr_logfile=NONE
"""


def serve(suite: Any, port: int, programs: str = PROGRAMS) -> str:
    (suite.directory / "api.sh").write_text(API)
    suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\n{programs}", supervisord="identifier=shop-1")
    suite.start()
    return f"http://127.0.0.1:{port}/"


def row(name: str) -> str:
    return f'tr[data-name="{name}"]'


def state(browser: Browser, name: str) -> str:
    return browser.text(f"{row(name)} .status span")


def wait_state(browser: Browser, name: str, wanted: str) -> None:
    browser.wait(lambda: state(browser, name) == wanted, f"{name} is {wanted} on the page")


def message(browser: Browser, wanted: str) -> None:
    browser.wait(lambda: browser.text("#message").startswith(wanted), f"the message is {wanted}")


def wait_live(browser: Browser) -> None:
    browser.wait(lambda: browser.text("#live") == "live", "the page is live")


def open_live(suite: Any, port: int, browser: Browser) -> str:
    url = serve(suite, port)
    suite.wait_state("api", "RUNNING")
    browser.open(url)
    wait_live(browser)
    return url


def test_every_button_works_in_place(suite: Any, port: int, browser: Browser) -> None:
    url = open_live(suite, port, browser)
    browser.run("window.isSamePage = true")

    browser.click(f"{row('cron')} .start")
    message(browser, "Process cron started")
    wait_state(browser, "cron", "running")
    assert not browser.is_shown(f"{row('cron')} .start")
    old = suite.pid("cron")
    browser.click(f"{row('cron')} .restart")
    message(browser, "Process cron restarted")
    assert suite.pid("cron") != old
    browser.click(f"{row('cron')} .stop")
    message(browser, "Process cron stopped")
    wait_state(browser, "cron", "stopped")
    browser.click(f"{row('mail')} .start")
    message(browser, "ERROR: Process mail: spawn error")
    browser.click(f"{row('api')} .clearlog")
    message(browser, "Log for api cleared")
    browser.click(".group .stop")
    message(browser, "Process web:* stopped")
    wait_state(browser, "web:web_2", "stopped")
    browser.click(".group .start")
    message(browser, "Process web:* started")
    browser.click(".group .restart")
    message(browser, "Process web:* restarted")
    wait_state(browser, "web:web_2", "running")
    assert browser.text(".group .count") == "3 of 3 running"
    browser.click("#refresh")
    message(browser, "Page refreshed at ")
    browser.click('button[formaction$="action=stopall"]')
    browser.accept_alert()
    message(browser, "All stopped at ")
    wait_state(browser, "api", "stopped")
    browser.click('button[formaction$="action=restartall"]')
    browser.accept_alert()
    browser.wait(lambda: browser.text("#message").startswith(("All restarted at ", "ERROR: Process mail: ")), "all are restarted")
    wait_state(browser, "api", "running")

    assert browser.run("return window.isSamePage") and browser.url == url
    assert browser.complaints() == []


def test_changes_appear_without_reloading(suite: Any, port: int, browser: Browser) -> None:
    open_live(suite, port, browser)
    suite.ctl("stop", "api")
    wait_state(browser, "api", "stopped")
    suite.ctl("start", "api")
    wait_state(browser, "api", "running")
    before = browser.text(f"{row('api')} .about")
    assert before.startswith(f"pid {suite.pid('api')}, uptime 0:00:0")
    browser.wait(lambda: browser.text(f"{row('api')} .about") != before, "its clock runs")
    assert browser.text('#counts li[data-state="FATAL"]') == "1 fatal"

    suite.conf.write_text(suite.conf.read_text() + "[program:new]\ncommand=/bin/sleep 1000\n")
    suite.ctl("update")
    wait_state(browser, "new", "running")
    assert browser.complaints() == []


def test_a_log_is_followed_in_the_page(suite: Any, port: int, browser: Browser) -> None:
    open_live(suite, port, browser)
    browser.click(f"{row('api')} a.follow[href='logtail/api']")
    browser.wait(lambda: "started <b>&amp;</b>" in browser.text("#panel pre"), "the log's end is shown as it is")
    suite.ctl("signal", "USR1", "api")
    browser.wait(lambda: browser.text("#panel pre").endswith("new line"), "the new line comes, without its colour")
    browser.click(f"{row('api')} a.follow[href='logtail/api/stderr']")
    browser.wait(lambda: "oops" in browser.text("#panel pre"), "stderr is shown")
    browser.type("#panel pre", ESCAPE)
    browser.wait(lambda: not browser.find_all("#panel"), "the panel closes")
    assert not browser.find_all(f"{row('silent')} a.follow")
    assert browser.complaints() == []


def test_searching_as_one_types(suite: Any, port: int, browser: Browser) -> None:
    url = open_live(suite, port, browser)
    browser.type("#wanted", "web_")
    browser.wait(lambda: not browser.is_shown(row("api")), "api is out of the list")
    assert browser.is_shown(row("web:web_1"))
    browser.type("#wanted", "nothing of that name")
    assert browser.is_shown("#nomatch")
    browser.open(url + "?search=fatal")
    wait_live(browser)
    browser.wait(lambda: browser.is_shown(row("mail")) and not browser.is_shown(row("api")), "the search is in the address")
    suite.ctl("stop", "all")
    browser.run("document.querySelector('#wanted').value = 'stopped';"
                "document.querySelector('#wanted').dispatchEvent(new Event('input'))")
    browser.wait(lambda: browser.is_shown(row("api")), "rows come and go as their states do")


def test_a_lost_connection_shows_and_heals(suite: Any, port: int, browser: Browser) -> None:
    url = open_live(suite, port, browser)
    token = browser.run("return document.querySelector('#act').elements.token.value")
    daemon = suite.daemon_pid()
    os.kill(daemon, signal.SIGSTOP)
    try:
        browser.wait(lambda: "lost" in browser.text("#live"), "the page says so", seconds=30)
    finally:
        os.kill(daemon, signal.SIGCONT)
    wait_live(browser)
    suite.kill_daemon()
    browser.wait(lambda: browser.run("return document.querySelector('#act').elements.token.value") != token,
                 "the page talks with the successor", seconds=30)
    wait_live(browser)
    browser.click(f"{row('cron')} .start")
    message(browser, "Process cron started")
    assert browser.url == url


def test_without_scripts(suite: Any, port: int, plain_browser: Browser) -> None:
    browser = plain_browser
    url = serve(suite, port)
    suite.wait_state("api", "RUNNING")
    browser.open(url)
    assert state(browser, "api") == "running"
    browser.click(f"{row('cron')} .start")
    message(browser, "Process cron started")
    assert state(browser, "cron") == "running"
    browser.click(f"{row('cron')} .stop")
    message(browser, "Process cron stopped")
    browser.click(".group .restart")
    message(browser, "Process web:* restarted")
    browser.click("#refresh")
    message(browser, "Page refreshed at ")
    browser.type("#wanted", "cron")
    browser.click("#search button")
    assert browser.find_all(row("cron")) and not browser.find_all(row("api"))
    browser.open(url)
    browser.click(f"{row('api')} .name a")
    assert "started <b>&amp;</b>" in browser.text("#log")
    browser.open(url + "index.html?processname=api&action=stop")  # a bookmark of old
    assert suite.state("api") == "RUNNING"
    browser.click("form button")
    message(browser, "Process api stopped")


def test_another_site_cannot_act(suite: Any, port: int, browser: Browser, tmp_path: Path) -> None:
    url = serve(suite, port)
    suite.wait_state("api", "RUNNING")
    browser.open(url)
    token = browser.run("return document.querySelector('#act').elements.token.value")
    site = tmp_path / "evil.html"
    site.write_text(f'<form method="post" action="{url}?action=stopall"><input name="token" value="{token}">'
                    f'<button>win</button></form><iframe src="{url}"></iframe>')
    browser.open(site.as_uri())
    browser.click("button")
    assert "another site" in browser.source
    assert suite.state("api") == "RUNNING"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(suite: Any, port: int, browser: Browser, width: int) -> None:
    long = "a-program-with-a-name-that-does-not-want-to-end-" * 3
    url = serve(suite, port, f"{PROGRAMS}\n[program:{long}]\ncommand=/bin/sleep 1000\n")
    browser.size(width, 844, phone=width < 500)
    browser.open(url)
    wait_live(browser)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    browser.open(f"{url}tail.html?processname=api")
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_a_thousand_processes(suite: Any, port: int, browser: Browser) -> None:
    """Prints what it measures; the limits are generous, for a machine that does other things too."""
    restless = "/bin/sh -c 'exec sleep $(( %(process_num)s %% 5 + 3 )).%(process_num)s'"
    url = serve(suite, port, f"[program:many]\ncommand={restless}\nprocess_name=%(program_name)s_%(process_num)03d\n"
                             "numprocs=1000\nstartsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\n")
    browser.open(url)
    wait_live(browser)
    paint = browser.run("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
    size = browser.run("return performance.getEntriesByType('navigation')[0].decodedBodySize")
    daemon = suite.daemon_pid()

    def cpu() -> float:
        fields = Path(f"/proc/{daemon}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, cpu_before, began = browser.busy_seconds(), cpu(), time.monotonic()
    time.sleep(10)
    seconds = time.monotonic() - began
    page_load = (browser.busy_seconds() - before) / seconds
    daemon_load = (cpu() - cpu_before) / seconds
    print(f"\n1,000 rows: page {size / 1000:.0f} kB, first paint {paint:.0f} ms; while each restarts every 3 to 8 s: "
          f"page {page_load:.1%} of a CPU, daemon {daemon_load:.1%}")
    assert paint < 3000
    assert page_load < 0.5
    began = time.monotonic()
    browser.run("document.querySelector('#wanted').value = 'many_999';"
                "document.querySelector('#wanted').dispatchEvent(new Event('input'))")
    print(f"search over 1,000 rows: {(time.monotonic() - began) * 1000:.0f} ms with WebDriver's part")
    assert len([each for each in browser.find_all("tr.process:not([hidden])")]) == 1


def test_metrics_pass_promtool(suite: Any, port: int) -> None:
    url = serve(suite, port)
    suite.wait_state("mail", "FATAL")
    suite.wait_state("api", "RUNNING")
    text = subprocess.run(["curl", "-fsS", f"{url}metrics"], capture_output=True, check=True).stdout
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    assert b'supervisor_process_up{name="api",group="api"} 1\n' in text


@pytest.mark.skipif(not IMAGES, reason="PAGE_IMAGES names no directory")
def test_screenshots(suite: Any, port: int, browser: Browser) -> None:
    url = open_live(suite, port, browser)
    images = Path(str(IMAGES))
    browser.size(1280, 800)
    browser.scheme("light")
    browser.screenshot(images / "page.png")
    browser.click(f"{row('api')} a.follow")
    browser.wait(lambda: "started" in browser.text("#panel pre"), "the log is shown")
    browser.scheme("dark")
    browser.screenshot(images / "page-dark-log.png")
    browser.size(390, 844, phone=True)
    browser.scheme("light")
    browser.open(url)
    wait_live(browser)
    browser.screenshot(images / "page-phone.png")
