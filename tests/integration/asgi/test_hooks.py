"""gunicorn's server hooks: which, in which order, with what."""

import re
import signal

from conftest import APPS

SERVER = ["on_starting", "on_reload", "when_ready", "pre_exec", "on_exit"]
BOTH = ["pre_fork", "post_fork", "child_exit", "worker_exit"]
WORKER = ["post_worker_init", "worker_int", "worker_abort"]


def configuration(tmp_path) -> str:
    lines = ["import os, sys", "bind = '127.0.0.1:0'", f"pythonpath = {str(APPS)!r}",
             "def say(*words): print('hook', *words, file=sys.stderr, flush=True)"]
    lines += [f"def {name}(server): say('{name}', server.pid == os.getpid())" for name in SERVER]
    lines += [f"def {name}(server, worker): say('{name}', worker.age, worker.pid, os.getpid())" for name in BOTH]
    lines += [f"def {name}(worker): say('{name}', worker.pid == os.getpid())" for name in WORKER]
    lines.append("def nworkers_changed(server, new, old): say('nworkers_changed', new, old)")
    lines.append("def pre_request(worker, req): say('pre_request', req.method, req.path, dict(req.headers)['HOST'], worker.nr)")
    lines.append("def post_request(worker, req, environ, resp): say('post_request', resp.status, resp.sent, environ['type'], worker.nr)")
    (tmp_path / "gunicorn.conf.py").write_text("\n".join(lines) + "\n")
    return "gunicorn.conf.py"


def said(server) -> list[str]:
    return [match[1] for line in server.log.text().splitlines() if (match := re.match(r"hook (\w+)", line))]


def in_order(names: list[str], all_said: list[str]) -> bool:
    rest = iter(all_said)
    return all(name in rest for name in names)


def test_order_from_start_to_end(start, tmp_path):
    server = start("hello:app", "--app-dir", str(APPS), "-c", configuration(tmp_path)).wait_ready()
    server.log.wait_for("hook when_ready True")
    server.get("/json")
    server.log.wait_for("hook post_request 200")
    assert server.stop() == 0
    names = ["nworkers_changed", "on_starting", "pre_fork", "post_fork", "post_worker_init", "when_ready", "pre_request", "post_request",
             "worker_exit", "child_exit", "on_exit"]
    assert said(server) == names
    text = server.log.text()
    assert "hook nworkers_changed 1 None" in text
    assert "hook pre_request GET /json test 0" in text
    assert re.search(r"hook post_request 200 \d+ http 1", text)
    pid, arbiter = server.workers()[0], server.process.pid
    assert f"hook pre_fork 1 None {arbiter}" in text
    assert f"hook post_fork 1 {pid} {pid}" in text
    assert f"hook worker_exit 1 {pid} {pid}" in text
    assert f"hook child_exit 1 {pid} {arbiter}" in text


def test_reload_and_upgrade(start, tmp_path):
    server = start("hello:app", "--app-dir", str(APPS), "-c", configuration(tmp_path)).wait_ready()
    server.signal(signal.SIGHUP)
    server.log.wait_for("Reload complete")
    server.log.wait_for("hook child_exit")
    assert in_order(["when_ready", "nworkers_changed", "on_reload", "pre_fork", "post_fork", "post_worker_init", "worker_exit", "child_exit"],
                    said(server))
    server.signal(signal.SIGQUIT)
    assert server.wait() == 0
    assert in_order(["on_reload", "worker_int", "worker_exit", "on_exit"], said(server))


def test_abort_calls_its_hook_after_the_stacks(start, tmp_path):
    server = start("stuck:app", "--app-dir", str(APPS), "-c", configuration(tmp_path), "--timeout", "1").wait_ready()
    with server.connect() as client:
        client.send(b"GET /spin HTTP/1.1\r\nhost: a\r\n\r\n")
        server.log.wait_for(r'File ".*stuck\.py", line \d+ in spin$')
        server.log.wait_for("hook worker_abort True")
        server.log.wait_for(r"Worker \(pid:\d+\) ended unexpectedly: exit status 1")


def test_hook_that_raises_is_told_and_only_the_first_one_ends_all(start, tmp_path):
    conf = tmp_path / "conf.py"
    conf.write_text("def when_ready(server):\n    raise ValueError('not that bad')\n")
    server = start("hello:app", "--app-dir", str(APPS), "--port", "0", "-c", "conf.py").wait_ready()
    server.log.wait_for("Exception in server hook when_ready")
    server.log.wait_for("ValueError: not that bad")
    assert server.get("/json").status == 200
    conf.write_text("def on_starting(server):\n    raise ValueError('bad')\n")
    assert start("hello:app", "--app-dir", str(APPS), "--port", "0", "-c", "conf.py").wait() == 1


def test_settings_are_attributes(start, tmp_path):
    (tmp_path / "conf.py").write_text(
        "bind = ['127.0.0.1:0']\nworkers = 2\ntimeout = 30\n"
        "def when_ready(server):\n    server.log.info('settings %s %s %s %s', server.cfg.workers, server.cfg.timeout, server.cfg.bind, server.num_workers)\n")
    server = start("hello:app", "--app-dir", str(APPS), "-c", "conf.py").wait_ready()
    server.log.wait_for(re.escape("INFO:     settings 2 30 ['127.0.0.1:0'] 2"))


def test_preload_calls_them_too(start, tmp_path):
    server = start("hello:app", "--app-dir", str(APPS), "-c", configuration(tmp_path), "--preload").wait_ready()
    server.get("/json")
    server.log.wait_for("hook post_request 200")
    assert server.stop() == 0
    assert in_order(["on_starting", "pre_fork", "post_fork", "post_worker_init", "pre_request", "worker_exit", "child_exit", "on_exit"], said(server))
