"""What a client that means ill, or is merely broken, can make the daemon hold."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path


from conftest import Suite, wait_until
from http2_bytes import ACK, HEADERS, MAX_CONCURRENT_STREAMS, PREFACE, SETTINGS, call_bytes, connected, frame, frames
from test_api_access import Remote, authority, code, free_port, get_daemon, remote  # noqa: F401 (fixtures)
from grpc_client import all_methods, code_of

MANY = "[program:p]\ncommand=sleep 100000\nautostart=false\nnumprocs=500\nprocess_name=%(program_name)s_%(process_num)03d\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
LIST = b"/supervisor.v1.ProcessService/ListProcesses"
CALLS_A_CONNECTION = 256


def own_memory(pid: int) -> int:
    """MiB that are the process's alone."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Anonymous:")) // 1024


def servers_of(pid: int) -> int:
    """How many gRPC servers the daemon has: each has a thread of this name."""
    return sum(comm.read_text().startswith("grpcpp_sync") for comm in Path(f"/proc/{pid}/task").glob("*/comm"))


def test_answers_that_nobody_reads_are_bounded(suite: Suite) -> None:
    suite.configure(MANY)
    suite.start()
    daemon = suite.daemon_pid()
    size = len(suite.ctl("status").stdout)
    assert size > 20_000  # an answer is about that long
    before = own_memory(daemon)
    calls = b"".join(call_bytes(LIST, b"", 2 * number + 1) for number in range(CALLS_A_CONNECTION))
    most = before
    with ExitStack() as stack:
        for _ in range(40):  # 10,240 calls
            stack.enter_context(connected(suite.socket)).sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + calls)
            most = max(most, own_memory(daemon))
            assert suite.ctl("status", "p:p_000", seconds=10).stdout.startswith("p:p_000")
        most = max(most, own_memory(daemon))
    print(f"\nown memory of the daemon, MiB: {before} before, {most} at most")
    assert most - before < 120  # without a bound 2,600
    assert suite.ctl("status", "p:p_000").returncode == 3  # it is stopped
    assert suite.daemon_pid() == daemon


def test_calls_over_a_connections_limit_are_refused(suite: Suite) -> None:
    suite.configure("")
    suite.start()
    watch = b"/supervisor.v1.EventService/WatchEvents"
    with connected(suite.socket) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b""))
        came = frames(connection)
        settings = next(payload for kind, flags, _, payload in came if kind == SETTINGS and not flags)
        assert bytes([0, MAX_CONCURRENT_STREAMS]) + CALLS_A_CONNECTION.to_bytes(4, "big") in settings
        connection.sendall(frame(SETTINGS, ACK, 0, b"") + b"".join(call_bytes(watch, b"", 2 * number + 1) for number in range(CALLS_A_CONNECTION + 10)))
        begun = set()
        for kind, _, stream, _ in came:
            if kind == HEADERS:
                begun.add(stream)
    assert 0 < len(begun) <= CALLS_A_CONNECTION  # and then the connection is closed
    assert suite.ctl("status").returncode == 0


def test_one_address_gets_so_many_connections(suite: Suite) -> None:
    port = free_port()
    suite.configure(f"[grpc_server]\naddress=127.0.0.1:{port}\n")
    suite.start()

    def is_closed(connection: socket.socket) -> bool:
        connection.settimeout(0.5)
        try:
            return connection.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True

    with ExitStack() as stack:
        held = []
        for _ in range(256):
            held.append(stack.enter_context(socket.create_connection(("127.0.0.1", port))))
        assert not is_closed(held[-1])
        assert is_closed(stack.enter_context(socket.create_connection(("127.0.0.1", port))))
        held[0].close()

        def another() -> bool:
            return not is_closed(stack.enter_context(socket.create_connection(("127.0.0.1", port))))

        wait_until(another, "a connection is taken when one has left")


def test_what_a_replaced_certificate_needed_goes_with_its_last_connection(remote: Remote, code: dict) -> None:  # noqa: F811
    remote.start()
    suite, daemon, method = remote.suite, remote.suite.daemon_pid(), get_daemon(all_methods(code))
    old = remote.channel("read")
    assert code_of(old, method) == "OK"
    first = servers_of(daemon)
    for number in range(3):
        remote.authority.sign(f"renewed{number}", "/CN=server", "IP:127.0.0.1")
        for kind in ("pem", "key"):
            fresh = suite.directory / f"server.{kind}.new"
            fresh.write_bytes(remote.authority.bytes(f"renewed{number}.{kind}"))
            fresh.rename(suite.directory / f"server.{kind}")
        with remote.channel("read") as channel:
            assert code_of(channel, method) == "OK"
        wait_until(lambda: servers_of(daemon) <= first + 1, "the servers in between are gone")
    assert servers_of(daemon) == first + 1  # that of `old` is there
    assert code_of(old, method) == "OK"
    old.close()
    wait_until(lambda: servers_of(daemon) == first, "so is the first")
    assert suite.daemon_pid() == daemon
