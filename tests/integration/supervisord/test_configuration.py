"""What a user sees of a configuration: errors at start, reread and update, reload."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

from conftest import Suite, wait_until


def end_of(suite: Suite) -> tuple[int, str]:
    suite.start(wait=False)
    assert suite.keeper is not None
    return suite.keeper.wait(timeout=20), suite.terminal()


def test_three_errors_in_two_files_are_all_named(suite: Suite) -> None:
    extra = suite.directory / "extra.conf"
    extra.write_text("[program:b]\ncommand=cat\nstopsignal=NOPE\n[program:c]\nautostart=true\n")
    suite.configure(f"[program:a]\ncommand=cat\nstartsecs=soon\n[include]\nfiles={extra}\n")
    status, text = end_of(suite)
    assert status == 2
    assert f"{suite.conf}:" in text and "startsecs" in text and "soon" in text
    assert f"{extra}:3" in text and "stopsignal" in text and "'NOPE' is not a valid signal name" in text
    assert f"{extra}:4" in text and "program section program:c does not specify a command" in text
    assert not (suite.directory / "supervisord.pid").exists()


def test_second_supervisord_on_the_same_socket_is_refused(suite: Suite) -> None:
    suite.configure("[program:cat]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("cat", "RUNNING")
    pid = suite.pid("cat")
    second = Suite(suite.directory)
    status, text = end_of(second)
    assert status == 2
    assert "Another program is already listening" in text
    assert suite.pid("cat") == pid
    assert suite.state("cat") == "RUNNING"


def test_port_in_use_is_named(suite: Suite) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\n")
        status, text = end_of(suite)
    assert status == 2
    assert "Another program is already listening on a port that one of our HTTP servers is configured to use." in text
    assert str(port) in text


def test_socket_path_that_is_too_long_is_named(suite: Suite, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    suite.configure("")
    suite.conf.write_text(suite.conf.read_text().replace(str(suite.socket), f"{deep}/supervisor.sock"))
    status, text = end_of(suite)
    assert status == 2
    assert "107" in text and f"{deep}/supervisor.sock" in text


def test_value_of_64_kb_reaches_the_program(suite: Suite) -> None:
    value = "v" * 65536
    suite.configure(f'[program:big]\ncommand=sh -c \'printf %%s "$BIG" | wc -c; exec cat\'\nenvironment=BIG="{value}"\nstartsecs=0\n')
    suite.start()
    wait_until(lambda: suite.ctl("tail", "big").stdout.strip() == "65536", "the program has seen all of it")


def test_update_restarts_only_what_changed(suite: Suite) -> None:
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n[program:b]\ncommand=cat\nstartsecs=0\n[program:c]\ncommand=cat\n")
    suite.start()
    for name in "abc":
        suite.wait_state(name, "RUNNING")
    kept = suite.pid("a")
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n[program:b]\ncommand=cat -u\nstartsecs=0\n[program:d]\ncommand=cat\n")
    assert suite.ctl("reread").stdout.splitlines() == ["b: changed", "c: disappeared", "d: available"]
    update = suite.ctl("update")
    assert update.stdout.splitlines() == [
        "c: stopped", "c: removed process group", "b: stopped", "b: updated process group", "d: added process group",
    ]
    assert suite.pid("a") == kept
    assert "c" not in suite.status()
    suite.wait_state("d", "RUNNING")
    assert suite.ctl("update").stdout == ""


def test_broken_file_changes_nothing_and_says_why(suite: Suite) -> None:
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("a", "RUNNING")
    pid = suite.pid("a")
    good = suite.conf.read_text()
    suite.conf.write_text(good.replace("startsecs=0", "startsecs=soon"))
    reread = suite.ctl("reread")
    assert reread.returncode == 1
    assert reread.stdout.startswith("ERROR: CANT_REREAD: ") and "soon" in reread.stdout
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGHUP)
    wait_until(lambda: suite.log_lines("not restarted, the configuration in force stays"), "HUP is refused")
    assert suite.pid("a") == pid
    suite.conf.write_text(good)


def test_hup_restarts_everything_on_the_new_files(suite: Suite) -> None:
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("a", "RUNNING")
    pid = suite.pid("a")
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n[program:b]\ncommand=cat\nstartsecs=0\n")
    assert suite.keeper is not None
    suite.keeper.send_signal(signal.SIGHUP)
    suite.wait_state("b", "RUNNING")
    suite.wait_state("a", "RUNNING")
    assert suite.pid("a") != pid
    assert suite.keeper.poll() is None


def test_hup_opens_the_main_log_that_the_new_file_names(suite: Suite) -> None:
    suite.configure("[program:a]\ncommand=cat\nstartsecs=0\n")
    suite.start()
    suite.wait_state("a", "RUNNING")
    other = suite.directory / "other.log"
    suite.conf.write_text(suite.conf.read_text().replace(f"logfile={suite.log}", f"logfile={other}"))
    assert suite.ctl("reload").stdout == "Restarted supervisord\n"
    wait_until(lambda: other.exists() and "supervisord restarted with pid" in other.read_text(), "it is in the new log")
    suite.wait_state("a", "RUNNING")
