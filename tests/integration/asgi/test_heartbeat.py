"""Workers that stand still, die, grow and age: what the log says, and what takes their place."""

import os
import signal

import pytest
from conftest import wait_until


def ask_and_forget(server, target):
    client = server.connect()
    client.send(f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    return client


@pytest.mark.parametrize(("target", "function"), [("/spin", "spin"), ("/gil", "hold_the_gil")])
def test_worker_whose_loop_stands_still_is_replaced_and_says_where_it_stood(serve, target, function):
    server = serve("stuck:app", "--timeout", "1")
    victim = server.get("/").json()["pid"]
    with ask_and_forget(server, target):
        server.log.wait_for(rf"CRITICAL: WORKER TIMEOUT \(pid:{victim}\)")
        server.log.wait_for(rf'File ".*stuck\.py", line \d+ in {function}$')
        server.log.wait_for(rf"Worker \(pid:{victim}\) ended unexpectedly: terminated by SIGABRT.*last request: GET {target}")
        server.log.wait_for(r"Spawned worker \(pid:\d+\), reason: timeout")
    assert server.get("/").json()["pid"] != victim


def test_stacks_of_all_threads_are_told(serve):
    server = serve("stuck:app", "--timeout", "1")
    with ask_and_forget(server, "/spin"):
        server.log.wait_for(r'File ".*stuck\.py", line \d+ in bystander$')
        server.log.wait_for(r'File ".*stuck\.py", line \d+ in spin$')


def test_long_request_that_awaits_is_left_alone(serve):
    server = serve("hello:app", "--timeout", "0.4")
    assert server.get("/slow?seconds=1.5").body == b"waited 1.5 s\n"
    assert "WORKER TIMEOUT" not in server.log.text()


@pytest.mark.parametrize(("target", "cause"), [
    ("/crash", r"ended unexpectedly: terminated by SIGSEGV.*\(at most \d+ MiB of memory; last request: GET /crash\)"),
    ("/exit", r"ended unexpectedly: exit status 5 \(at most \d+ MiB of memory; last request: GET /exit\)"),
])
def test_death_has_its_cause_in_the_log(serve, target, cause):
    server = serve("stuck:app")
    with ask_and_forget(server, target):
        server.log.wait_for(cause)
    assert server.get("/").status == 200
    if target == "/crash":
        server.log.wait_for(r'File ".*stuck\.py", line \d+ in app$')


def test_worker_that_has_grown_is_replaced_by_one_that_serves_already(serve):
    server = serve("stuck:app", "--worker-max-rss", "60", "--rss-sample-interval", "0.1")
    first = server.get("/grow").json()["pid"]
    server.log.wait_for(r"Worker has grown to \d+ MiB")
    server.log.wait_for(r"Spawned worker \(pid:\d+\), reason: memory")
    server.log.wait_for(rf"Worker \(pid:{first}\) ended: exit status 0")
    assert server.get("/").json()["pid"] != first


def test_worker_that_is_old_is_replaced(serve):
    server = serve("stuck:app", "--worker-lifetime", "0.5")
    first = server.workers()[0]
    server.log.wait_for(r"Spawned worker \(pid:\d+\), reason: lifetime")
    server.log.wait_for(rf"Worker \(pid:{first}\) ended: exit status 0")


def test_start_that_takes_too_long_is_ended(start, tmp_path):
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(60)\n")
    server = start("slow:app", "--port", "0", "--timeout-startup", "0.5")
    server.log.wait_for(r"CRITICAL: Worker \(pid:\d+\) did not start in time")
    server.log.wait_for(r'slow\.py", line 2 in <module>')
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_stopped_worker_is_killed(serve):
    server = serve("stuck:app", "--timeout", "1", "--timeout-abort", "0.3")
    victim = server.workers()[0]
    os.kill(victim, signal.SIGSTOP)
    server.log.wait_for(rf"Worker \(pid:{victim}\) did not end in time, killed")
    wait_until(lambda: server.get("/").json()["pid"] != victim, "the successor serves")
