"""A headless Chromium driven over the WebDriver protocol, with the standard library only."""

from __future__ import annotations

import base64
import http.client
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's key of an element's identity
ESCAPE = "\ue00c"


class WebDriverError(Exception):
    pass


class Driver:
    """chromedriver on a free port; ends with stop()."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process = subprocess.Popen(
            ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=log.open("wb"), stderr=subprocess.STDOUT)
        self.port = self._port()

    def _port(self) -> int:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if found := re.search(r"successfully on port (\d+)", self.log.read_text()):
                return int(found[1])
            time.sleep(0.02)
        raise WebDriverError(f"chromedriver does not say its port: {self.log.read_text()}")

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        text = None if method == "GET" else json.dumps(body or {})
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise WebDriverError(f"{answer['error']}: {answer['message']}")
        return answer

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


class Browser:
    """One window with a profile of its own."""

    def __init__(self, driver: Driver, *, scripts: bool = True, dark: bool = False) -> None:
        arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                     "--window-size=1280,800"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        options: dict[str, Any] = {"args": arguments}
        if not scripts:
            options["prefs"] = {"profile.managed_default_content_settings.javascript": 2}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"},
                  "unhandledPromptBehavior": "ignore"}
        self.driver = driver
        self.session = "/session/" + driver.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.driver.call(method, self.session + path, body)

    def close(self) -> None:
        self.call("DELETE", "")

    def open(self, url: str) -> None:
        self.call("POST", "/url", {"url": url})

    @property
    def url(self) -> str:
        return str(self.call("GET", "/url"))

    @property
    def source(self) -> str:
        return str(self.call("GET", "/source"))

    def find_all(self, css: str) -> list[str]:
        return [found[ELEMENT] for found in self.call("POST", "/elements", {"using": "css selector", "value": css})]

    def find(self, css: str) -> str:
        return str(self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT])

    def text(self, css: str) -> str:
        return str(self.call("GET", f"/element/{self.find(css)}/text"))

    def click(self, css: str) -> None:
        self.call("POST", f"/element/{self.find(css)}/click")

    def type(self, css: str, text: str) -> None:
        self.call("POST", f"/element/{self.find(css)}/value", {"text": text})

    def is_shown(self, css: str) -> bool:
        return any(self.call("GET", f"/element/{each}/displayed") for each in self.find_all(css))

    def run(self, script: str) -> Any:
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def accept_alert(self) -> None:
        self.call("POST", "/alert/accept")

    def devtools(self, command: str, **parameters: Any) -> Any:
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def scheme(self, name: str) -> None:
        """"dark" or "light"."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def busy_seconds(self) -> float:
        """How long the page's main thread has worked since it was loaded."""
        self.devtools("Performance.enable", timeDomain="threadTicks")
        metrics = self.devtools("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    def complaints(self) -> list[str]:
        """What stands in the console since the last look, but for connections that a test has cut."""
        lines = self.call("POST", "/se/log", {"type": "browser"})
        return [line["message"] for line in lines if "net::ERR_" not in line["message"]]

    def wait(self, is_so: Callable[[], object], what: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                if is_so():
                    return
            except WebDriverError as error:  # the element is not there yet, or not any more
                what = f"{what.split(' (', 1)[0]} ({error})"
            assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
            time.sleep(0.05)
