"""Who may call what over gRPC: every method with every kind of credential, over Unix sockets and TLS."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

import grpc
import pytest

from conftest import Suite, is_alive, wait_until
from grpc_client import Authority, Method, all_methods, code_of, generated
from http2_bytes import frame, request_bytes, send_and_leave

# What each method needs. One that is missing here fails the walk.
NEEDS = {
    "ListProcesses": "read", "WatchProcesses": "read", "ReadLog": "read", "FollowLog": "read", "WatchEvents": "read", "GetDaemon": "read",
    "ListSockets": "read", "ListAvailable": "read", "DescribeProcess": "read", "ListUsage": "read",
    "StartProcesses": "operate", "StopProcesses": "operate", "RestartProcesses": "operate", "SignalProcesses": "operate",
    "SendProcessStdin": "operate", "ClearProcessLogs": "operate",
    "ClearMainLog": "admin", "Shutdown": "admin", "Reload": "admin", "ReopenLogs": "admin", "Upgrade": "admin", "Reread": "admin",
    "UpdateGroups": "admin", "AddGroup": "admin", "RemoveGroup": "admin",
}
ROLES = ("read", "operate", "admin")
LAST = ("Upgrade", "Reload", "Shutdown")  # they end the connection
STEADY = "[program:steady]\ncommand=sleep 100000\nstdout_logfile=NONE\nstderr_logfile=NONE\n"
TOKENS = {role: f"{role}-token-of-the-tests" for role in ROLES}


def token_lines(*roles: str) -> str:
    return "".join(f"{role} {role}-script sha256:{hashlib.sha256(TOKENS[role].encode()).hexdigest()}\n" for role in roles)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


def may(role: str, method: str) -> bool:
    return ROLES.index(role) >= ROLES.index(NEEDS[method])


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ModuleType, ModuleType]]:
    return generated(tmp_path_factory.mktemp("generated"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("authority")).make()
    made.sign("server", "/CN=server", "IP:127.0.0.1")
    made.sign("read", "/CN=reader")
    made.sign("operate", "/CN=some host", "DNS:deploy.example")
    made.sign("admin", "/O=ops/CN=alice")
    made.sign("stranger", "/O=others/CN=mallory")
    made.sign("expired", "/O=ops/CN=alice", days=-1)
    return made


class Remote:
    """A suite with [grpc_server] by TLS."""

    def __init__(self, suite: Suite, authority: Authority) -> None:
        self.suite = suite
        self.authority = authority
        self.port = free_port()
        self.tokens = suite.directory / "tokens"
        for name in ("server.pem", "server.key", "ca.pem"):
            (suite.directory / name).write_bytes(authority.bytes(name))

    def start(self, extra: str = "client_ca={dir}/ca.pem\nallow_users=reader:read, deploy.example:operate\nallow_groups=ops\ntokens_file={dir}/tokens\n") -> None:
        self.write_tokens(token_lines(*ROLES))
        directory = self.suite.directory
        self.suite.configure(f"[grpc_server]\naddress=127.0.0.1:{self.port}\ncertfile={directory}/server.pem\nkeyfile={directory}/server.key\n"
                             f"{extra.format(dir=directory)}{STEADY}")
        self.suite.start()
        self.suite.wait_state("steady", "RUNNING")

    def write_tokens(self, text: str) -> None:
        fresh = self.tokens.with_suffix(".new")
        fresh.write_text(text)
        fresh.chmod(0o600)
        fresh.rename(self.tokens)

    def channel(self, certificate: str = "") -> grpc.Channel:
        return self.authority.channel(self.port, certificate)


@pytest.fixture
def remote(suite: Suite, authority: Authority) -> Iterator[Remote]:
    yield Remote(suite, authority)


def get_daemon(methods: list[Method]) -> Method:
    return next(method for method in methods if method.name == "GetDaemon")


def audit(suite: Suite) -> list[str]:
    return suite.log_lines(" api: ")


def settle(suite: Suite, method: str) -> None:
    """Waits until what an admin's last calls do is over."""
    if method == "Shutdown":
        assert suite.keeper is not None
        suite.keeper.wait(30)
        suite.start()
    suite.wait_state("steady", "RUNNING")


def walk_as(role: str, suite: Suite, methods: list[Method], connect: Callable[[], grpc.Channel], metadata: tuple[tuple[str, str], ...] = ()) -> None:
    """Every method, those that end the connection last."""
    ordered = sorted(methods, key=lambda method: LAST.index(method.name) if method.name in LAST else -1)
    channel = connect()
    for method in ordered:
        got = code_of(channel, method, metadata)
        if not may(role, method.name):
            assert got == "PERMISSION_DENIED", method.name
            continue
        assert got in ("OK", "NOT_FOUND"), f"{method.name}: {got}"
        if method.name in LAST:
            channel.close()
            settle(suite, method.name)
            channel = connect()
    channel.close()


def test_every_method_has_its_row(code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    assert {method.name for method in all_methods(code)} == set(NEEDS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("by", ["token", "certificate"])
def test_over_tls_each_role_may_what_it_may(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]], role: str, by: str) -> None:
    remote.start()
    metadata = bearer(TOKENS[role]) if by == "token" else ()
    walk_as(role, remote.suite, all_methods(code), lambda: remote.channel(role if by == "certificate" else ""), metadata)


def test_over_tls_nobody_else_may_anything(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    remote.start()
    pid = remote.suite.pid("steady")
    rows = [  # certificate, metadata, code
        ("", (), "UNAUTHENTICATED"),
        ("", bearer("another"), "UNAUTHENTICATED"),
        ("", (("authorization", "Basic bWU6c2VjcmV0"),), "UNAUTHENTICATED"),
        ("admin", bearer("another"), "UNAUTHENTICATED"),
        ("stranger", (), "PERMISSION_DENIED"),
        ("expired", (), "UNAVAILABLE"),
    ]
    for certificate, metadata, expected in rows:
        with remote.channel(certificate) as channel:
            for method in all_methods(code):
                assert code_of(channel, method, metadata) == expected, f"{method.name} {certificate} {metadata}"
    assert remote.suite.pid("steady") == pid
    assert not [line for line in audit(remote.suite) if "refused" not in line]


def test_without_tokens_a_certificate_is_required_at_once(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    remote.start("client_ca={dir}/ca.pem\nallow_users=*:read\n")
    method = get_daemon(all_methods(code))
    with remote.channel() as channel:
        assert code_of(channel, method) == "UNAVAILABLE"
    with remote.channel("stranger") as channel:
        assert code_of(channel, method) == "OK"


@pytest.mark.skipif(os.getuid() != 0, reason="other users need root")
def test_over_a_unix_socket_each_user_has_its_role(open_suite: Suite, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    suite = open_suite
    users = {"read": 1, "operate": 2, "admin": 3, "group": 60004, "none": 60005}  # the first three have names everywhere
    suite.configure(STEADY)
    text = suite.conf.read_text().replace("[supervisord]", f"chmod=0777\nallow_users={users['read']}:read,{users['operate']}:operate,{users['admin']}\n"
                                          "allow_groups=8:operate\n[supervisord]", 1)
    suite.conf.write_text(text)
    suite.start()
    suite.wait_state("steady", "RUNNING")
    names = [name for name in NEEDS if name not in LAST]

    def codes(uid: int, groups: list[int]) -> dict[str, str]:
        run = subprocess.run([sys.executable, "-B", Path(__file__).with_name("grpc_client.py"), f"unix:{suite.socket}", *names], user=uid, group=60000,
                             extra_groups=groups, cwd="/", env={"PATH": os.environ["PATH"], "TMPDIR": "/tmp"}, capture_output=True, text=True, timeout=120, check=False)
        assert run.returncode == 0, run.stderr
        return dict(json.loads(run.stdout))

    for role, uid, groups in [("read", users["read"], []), ("operate", users["operate"], []), ("admin", users["admin"], []), ("operate", users["group"], [8])]:
        got = codes(uid, groups)
        for name in names:
            assert (got[name] in ("OK", "NOT_FOUND")) == may(role, name), f"{role} {name}: {got[name]}"
            assert may(role, name) or got[name] == "PERMISSION_DENIED"
        if role == "read":  # an admin clears the log
            assert suite.log_lines(r"WARN api: \w+ nope by uid 1 \(daemon\), pid \d+ as read: refused, PERMISSION_DENIED \(this needs")
    assert set(codes(users["none"], []).values()) == {"PERMISSION_DENIED"}
    assert suite.ctl("pid").returncode == 0  # root is admin in any case
    page = subprocess.run([sys.executable, "-c", "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                           "s.send(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(s.recv(100))", suite.socket],
                          user=users["read"], group=60000, extra_groups=[], capture_output=True, text=True, timeout=30, check=True)
    assert "403 Forbidden" in page.stdout


def test_over_a_unix_socket_with_a_password(suite: Suite, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    suite.configure(STEADY)
    suite.conf.write_text(suite.conf.read_text().replace("[supervisord]", "username=me\npassword=secret\n[supervisord]", 1).replace(
        "[supervisorctl]", "[supervisorctl]\nusername=me\npassword=secret"))
    suite.start()
    suite.wait_state("steady", "RUNNING")
    methods = all_methods(code)
    with grpc.insecure_channel(f"unix:{suite.socket}") as channel:
        for metadata in ((), bearer("x"), (("authorization", "Basic bWU6b3RoZXI="),)):
            for method in methods:
                assert code_of(channel, method, metadata) == "UNAUTHENTICATED", method.name
    walk_as("admin", suite, methods, lambda: grpc.insecure_channel(f"unix:{suite.socket}"), (("authorization", "Basic bWU6c2VjcmV0"),))


def test_tokens_and_certificates_change_without_a_restart(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    remote.start()
    method = get_daemon(all_methods(code))
    old = remote.channel("read")
    assert code_of(old, method) == "OK"
    with remote.channel() as channel:
        assert code_of(channel, method, bearer(TOKENS["read"])) == "OK"
        remote.write_tokens(token_lines("admin"))
        assert code_of(channel, method, bearer(TOKENS["read"])) == "UNAUTHENTICATED"  # on the open connection
        assert code_of(channel, method, bearer(TOKENS["admin"])) == "OK"
        remote.tokens.chmod(0o644)
        assert code_of(channel, method, bearer(TOKENS["admin"])) == "UNAUTHENTICATED"
        remote.tokens.chmod(0o600)
        assert code_of(channel, method, bearer(TOKENS["admin"])) == "OK"

    def served() -> str:
        with socket.create_connection(("127.0.0.1", remote.port)):
            pass
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{remote.port}", "-alpn", "h2"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=30, check=False)
        return run.stdout.split("-----BEGIN CERTIFICATE-----")[1].split("-----END")[0]

    before = served()
    remote.authority.sign("renewed", "/CN=server", "IP:127.0.0.1")
    (remote.suite.directory / "server.pem").write_bytes(remote.authority.bytes("renewed.pem"))
    assert served() == before  # between the two writes: the key does not fit
    assert remote.suite.log_lines("the key in .* is not that of the certificate .*stays in force")
    (remote.suite.directory / "server.key").write_bytes(remote.authority.bytes("renewed.key"))
    assert served() != before
    with remote.channel("read") as channel:
        assert code_of(channel, method) == "OK"
    assert code_of(old, method) == "OK"  # the connection of before
    old.close()


def test_each_change_has_its_line(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    remote.start()
    methods = {method.name: method for method in all_methods(code)}
    stop = methods["StopProcesses"].request
    stop.selectors[:] = ["steady"]
    with remote.channel() as channel:
        assert code_of(channel, methods["StopProcesses"], bearer(TOKENS["operate"])) == "OK"
        remote.suite.wait_state("steady", "STOPPED")
        assert code_of(channel, methods["AddGroup"], bearer(TOKENS["admin"])) == "NOT_FOUND"
    started = remote.suite.ctl("start", "steady")
    assert started.returncode == 0
    lines = audit(remote.suite)
    assert [line for line in lines if "INFO api: StopProcesses steady by token operate-script from 127.0.0.1:" in line and line.endswith(": done, 1 well")]
    assert [line for line in lines if "api: AddGroup nope by token admin-script" in line and "failed, BAD_NAME" in line]
    assert [line for line in lines if f"api: StartProcesses steady by uid {os.getuid()}, pid " in line and line.endswith(": done, 1 well")]


def test_the_same_change_by_each_way_in_has_its_line(suite: Suite) -> None:
    port = free_port()
    suite.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\nusername=me\npassword=secret\n{STEADY}")
    suite.start()
    suite.wait_state("steady", "RUNNING")
    server = xmlrpc.client.ServerProxy(f"http://me:secret@127.0.0.1:{port}/RPC2")
    assert server.supervisor.stopProcess("steady")
    parts = [("supervisor.startProcess", ["steady"]), ("supervisor.getState", []), ("supervisor.signalProcess", ["steady", "CONT"])]
    assert server.system.multicall([{"methodName": name, "params": params} for name, params in parts])[2] is True
    page = urllib.request.Request(f"http://127.0.0.1:{port}/index.html?processname=steady&action=restart", method="POST",
                                  headers={"Authorization": "Basic bWU6c2VjcmV0", "Accept": "application/json"})
    with urllib.request.urlopen(page, timeout=30) as answer:
        assert json.load(answer)["error"] is False
    assert suite.ctl("stop", "steady").returncode == 0
    lines = [re.sub(r"^\S+ \S+ |(?<=127.0.0.1:)\d+|(?<=pid )\d+", "", line) for line in suite.log_lines(" (api|xmlrpc|page): ")]
    me = "user me from 127.0.0.1: as admin"
    assert lines == [
        f"INFO xmlrpc: supervisor.stopProcess steady by {me}: done",
        f"INFO xmlrpc: supervisor.startProcess steady by {me}: done",
        f"INFO xmlrpc: supervisor.signalProcess steady CONT by {me}: done",
        f"INFO page: Restart steady by {me}: done",
        f"INFO api: StopProcesses steady by uid {os.getuid()}, pid  as admin: done, 1 well",
    ]


# ---- streams that are no gRPC, or not all of it ----

def test_a_call_that_is_cut_anywhere_changes_nothing(suite: Suite, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    suite.configure(STEADY)
    suite.start()
    suite.wait_state("steady", "RUNNING")
    pid, daemon = suite.pid("steady"), suite.daemon_pid()
    message = code["process"][0].StopProcessesRequest(selectors=["steady"]).SerializeToString()
    whole = request_bytes(b"/supervisor.v1.ProcessService/StopProcesses", message)
    with ExitStack() as stack:
        for end in range(3, len(whole)):  # fewer than three bytes do not say yet that it is gRPC
            connection = stack.enter_context(socket.socket(socket.AF_UNIX))
            connection.connect(str(suite.socket))
            connection.sendall(whole[:end])
            if end % 2:
                connection.shutdown(socket.SHUT_WR)
        assert suite.pid("steady") == pid  # asked and answered while they all wait
    for end in range(3, len(whole)):
        send_and_leave(suite.socket, whole[:end])
    assert suite.pid("steady") == pid and suite.daemon_pid() == daemon
    assert not audit(suite)
    with socket.socket(socket.AF_UNIX) as connection:  # the last byte makes it a call
        connection.connect(str(suite.socket))
        connection.sendall(whole)
        suite.wait_state("steady", "STOPPED")


def test_broken_streams_change_nothing(suite: Suite) -> None:
    suite.configure(STEADY)
    suite.start()
    suite.wait_state("steady", "RUNNING")
    pid, daemon = suite.pid("steady"), suite.daemon_pid()
    whole = request_bytes(b"/supervisor.v1.ProcessService/ListProcesses", b"\x0a\x06steady")
    for seed in range(300):
        dice = random.Random(seed)
        data = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            kind = dice.randint(0, 3)
            at = dice.randrange(3, len(data))
            if kind == 0:
                data[at] = dice.randrange(256)
            elif kind == 1:
                del data[at:at + dice.randint(1, 8)]
            elif kind == 2:
                data[at:at] = dice.randbytes(dice.randint(1, 16))
            else:
                data += frame(dice.randrange(12), dice.randrange(256), dice.randrange(8), dice.randbytes(dice.randint(0, 64)))
        send_and_leave(suite.socket, bytes(data))
    assert suite.pid("steady") == pid and suite.daemon_pid() == daemon and is_alive(daemon)
    assert not audit(suite)


# ---- what is refused at the start ----

@pytest.mark.parametrize(("section", "message"), [
    ("address=0.0.0.0:9002", "plain text is spoken on loopback only"),
    ("address=*:9002\ncertfile={dir}/server.pem\nkeyfile={dir}/server.key", "whoever can connect would be admin"),
    ("address=127.0.0.1:9002\ncertfile={dir}/server.pem\nkeyfile={dir}/ca.key", "the key in .* is not that of the certificate"),
    ("address=127.0.0.1:9002\ntokens_file={dir}/none", "cannot read tokens"),
    ("address=127.0.0.1:9002\ntokens_file={dir}/open", "others may read or write it"),
])
def test_what_is_not_safe_is_refused_at_the_start(suite: Suite, authority: Authority, section: str, message: str) -> None:
    for name in ("server.pem", "server.key", "ca.key"):
        (suite.directory / name).write_bytes(authority.bytes(name))
    (suite.directory / "open").write_text(token_lines("admin"))
    (suite.directory / "open").chmod(0o644)
    suite.configure(f"[grpc_server]\n{section.format(dir=suite.directory)}\n")
    suite.start(wait=False)
    assert suite.keeper is not None
    assert suite.keeper.wait(20) == 2
    assert re.search(message, suite.terminal()), suite.terminal()


def test_a_daemon_comes_up_without_its_files(remote: Remote, code: dict[str, tuple[ModuleType, ModuleType]]) -> None:
    remote.start()
    suite, method = remote.suite, get_daemon(all_methods(code))
    pid = suite.pid("steady")
    key = suite.directory / "server.key"
    key.rename(key.with_suffix(".away"))
    suite.kill_daemon()
    wait_until(lambda: suite.ctl("pid").returncode == 0, "ctl answers")
    assert suite.pid("steady") == pid
    assert suite.log_lines("cannot read .*server.key.*; connections are closed until that is put right")
    with remote.channel("read") as channel:
        assert code_of(channel, method) == "UNAVAILABLE"
    key.with_suffix(".away").rename(key)
    with remote.channel("read") as channel:
        assert code_of(channel, method) == "OK"


def test_ctl_speaks_tls(remote: Remote) -> None:
    remote.start()
    directory = remote.suite.directory
    for name in ("read.pem", "read.key"):
        (directory / name).write_bytes(remote.authority.bytes(name))
    (directory / "token").write_text(TOKENS["operate"] + "\n")

    def ctl(*words: str) -> tuple[int, str]:
        run = remote.suite.ctl("-s", f"grpcs://127.0.0.1:{remote.port}", *words)
        return run.returncode, run.stdout

    ca = ("--ca", f"{directory}/ca.pem")
    assert ctl(*ca, "--token-file", f"{directory}/token", "restart", "steady") == (0, "steady: stopped\nsteady: started\n")
    certificate = (*ca, "--cert", f"{directory}/read.pem", "--key", f"{directory}/read.key")
    assert ctl(*certificate, "pid") == (0, f"{remote.suite.ctl('pid').stdout}")
    status, output = ctl(*certificate, "stop", "steady")
    assert status != 0 and "this needs the role operate, and you have read" in output
    status, output = ctl("--token-file", f"{directory}/token", "pid")  # signed by nobody whom the system trusts
    assert status != 0 and "certificate verify failed" in output
    status, output = ctl(*ca, "--token-file", f"{directory}/none", "pid")
    assert status != 0 and f"{directory}/none: No such file or directory" in output
    remote.suite.conf.write_text(remote.suite.conf.read_text().replace(
        f"serverurl=unix://{remote.suite.socket}", f"serverurl=grpcs://127.0.0.1:{remote.port}\nca=%(here)s/ca.pem\ntoken_file=%(here)s/token"))
    assert remote.suite.ctl("status").stdout.startswith("steady ")
