"""The loop's sock_ methods, create_future() and create_task(): what asyncio's own loop does with the same calls, ours does too."""

from __future__ import annotations

import pytest

from conftest import VERSION, since_3_11
from loop_scripts import both, same, script  # noqa: F401: fixtures

# A sock_ method that has to wait: (what is made ready first, the call).
WAITING = {
    "recv": ("sock, far = sockets()", "loop.sock_recv(sock, 10)"),
    "recv_into": ("sock, far = sockets()", "loop.sock_recv_into(sock, bytearray(10))"),
    "recvfrom": ("sock = udp()", "loop.sock_recvfrom(sock, 10)"),
    "recvfrom IPv6": ("sock = udp(socket.AF_INET6)", "loop.sock_recvfrom(sock, 10)"),
    "recvfrom Unix": ("sock, far = sockets(socket.SOCK_DGRAM)", "loop.sock_recvfrom(sock, 10)"),
    "recvfrom_into": ("sock = udp()", "loop.sock_recvfrom_into(sock, bytearray(10))"),
    "sendall": ("sock, far = sockets()", "loop.sock_sendall(sock, bytes(10_000_000))"),
    "sendto": (
        """
        far = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        far.bind(tempfile.mkdtemp() + "/far")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            while True:
                sock.sendto(bytes(1000), far.getsockname())
        except BlockingIOError:
            pass
        """,
        "loop.sock_sendto(sock, bytes(1000), far.getsockname())",
    ),
    "connect": (
        """
        far = socket.create_server(("127.0.0.1", 0), backlog=0)
        waiting = []
        for _ in range(20):  # no room for more: the kernel answers no further ones
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(far.getsockname())
            waiting.append(one)
        sock = socket.socket()
        sock.setblocking(False)
        """,
        "loop.sock_connect(sock, far.getsockname())",
    ),
    "accept": ('sock = socket.create_server(("127.0.0.1", 0))\nsock.setblocking(False)', "loop.sock_accept(sock)"),
    "accept Unix": (
        'sock = socket.socket(socket.AF_UNIX)\nsock.bind(tempfile.mkdtemp() + "/s")\nsock.listen()\nsock.setblocking(False)',
        "loop.sock_accept(sock)",
    ),
    "sendfile": ("sock, far = sockets()\nfile = tempfile.TemporaryFile()\nfile.truncate(10_000_000)", "loop.sock_sendfile(sock, file)"),
}


# asyncio has those of datagrams since Python 3.11.
IN_ASYNCIO = [name for name in WAITING if VERSION >= (3, 11) or not name.startswith(("recvfrom", "sendto"))]


def waiting(name: str, body: str) -> str:
    """main() that has `sock`, `far` and `operation()` of a row of WAITING."""
    import textwrap

    setup, call = WAITING[name]
    inner = textwrap.dedent(setup).strip() + f"\noperation = lambda: {call}\n" + textwrap.dedent(body).strip()
    return "async def main():\n    loop = asyncio.get_running_loop()\n" + textwrap.indent(inner, "    ")


@pytest.mark.parametrize("name", IN_ASYNCIO)
def test_a_cancelled_operation_leaves_the_descriptor_alone(same, name: str) -> None:
    got = same(waiting(name, """
        seen = []
        for _ in range(2):  # and it can be waited for again
            task = loop.create_task(operation())
            await turns()
            seen += [is_watched(sock.fileno()), task.done()]
            task.cancel()
            seen.append((await outcome(task))[0])
            await turns()
            seen.append(is_watched(sock.fileno()))
        return seen
    """))
    assert got == [True, False, "CancelledError", False] * 2


@pytest.mark.parametrize("name", IN_ASYNCIO)
def test_a_descriptor_that_is_given_out_again_is_not_disturbed(same, name: str) -> None:
    got = same(waiting(name, """
        task = loop.create_task(operation())
        await turns()
        fd = sock.fileno()
        task.cancel()
        loop.remove_reader(fd), loop.remove_writer(fd)
        sock.close()
        first, second = sockets()
        os.dup2(first.fileno(), fd)
        reused = socket.socket(fileno=fd)
        reader = loop.create_task(loop.sock_recv(reused, 10))
        await turns(1)
        await outcome(task)
        await turns()
        second.send(b"hello")
        return (await reader).decode()
    """))
    assert got == "hello"


@pytest.mark.parametrize("name", IN_ASYNCIO)
def test_a_blocking_socket_is_refused_in_debug_mode(same, name: str) -> None:
    got = same(waiting(name, "sock.setblocking(True)\nloop.set_debug(True)\nreturn await outcome(operation())"))
    assert got == ["ValueError", "the socket must be non-blocking"]


@pytest.mark.parametrize("name", IN_ASYNCIO)
def test_a_socket_that_a_transport_has_is_refused(same, name: str) -> None:
    got = same(waiting(name, """
        class Transport:
            is_closing = lambda self: False
            __repr__ = lambda self: "<transport>"
        transport = loop._transports[sock.fileno()] = Transport()
        kind, text = await outcome(operation())
        return [kind, text.replace(repr(sock), "FD").replace(str(sock.fileno()), "FD"), is_watched(sock.fileno())]
    """))
    assert got == ["RuntimeError", "File descriptor FD is used by transport <transport>", False]


@pytest.mark.parametrize("name", IN_ASYNCIO)
def test_a_closed_socket_is_an_error(same, name: str) -> None:
    assert same(waiting(name, "sock.close()\nreturn (await outcome(operation()))[0]")) != "fine"


@since_3_11
def test_a_tls_socket_is_refused_by_all(same) -> None:
    got = same("""
        import ssl
        async def main():
            loop = asyncio.get_running_loop()
            plain, far = sockets()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            tls = context.wrap_socket(plain, do_handshake_on_connect=False)
            calls = [loop.sock_recv(tls, 1), loop.sock_recv_into(tls, bytearray(1)), loop.sock_recvfrom(tls, 1), loop.sock_accept(tls),
                     loop.sock_recvfrom_into(tls, bytearray(1)), loop.sock_sendall(tls, b"x"), loop.sock_sendto(tls, b"x", ("127.0.0.1", 1)),
                     loop.sock_connect(tls, ("127.0.0.1", 1)), loop.sock_sendfile(tls, tempfile.TemporaryFile())]
            return [await outcome(call) for call in calls]
    """)
    assert got == [["TypeError", "Socket cannot be of type SSLSocket"]] * 9


def test_a_refused_connection_is_told_in_asyncios_words(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            seen = []
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "localhost")):
                free = socket.socket(family)
                free.bind((host, 0))
                port = free.getsockname()[1]
                free.close()
                sock = socket.socket(family)
                sock.setblocking(False)
                kind, text = await outcome(loop.sock_connect(sock, (host, port)))
                seen.append([kind, text.replace(str(port), "PORT")])
            return seen
    """)
    assert got == [
        ["ConnectionRefusedError", "[Errno 111] Connect call failed ('127.0.0.1', PORT)"],
        ["ConnectionRefusedError", "[Errno 111] Connect call failed ('::1', PORT, 0, 0)"],
        ["ConnectionRefusedError", "[Errno 111] Connect call failed ('127.0.0.1', PORT)"],
    ]


@since_3_11
def test_odd_arguments_are_errors_of_the_same_kind(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            sock, far = sockets()
            datagram = udp()
            tcp = socket.socket()
            tcp.setblocking(False)
            calls = [
                lambda: loop.sock_recv(sock, -1), lambda: loop.sock_recv(sock, "1"), lambda: loop.sock_recv_into(sock, b"no room"),
                lambda: loop.sock_recvfrom(datagram, -1), lambda: loop.sock_recvfrom_into(datagram, bytearray(3), 4),
                lambda: loop.sock_recvfrom_into(datagram, bytearray(3), -1), lambda: loop.sock_sendall(sock, "text"),
                lambda: loop.sock_sendto(datagram, "text", datagram.getsockname()), lambda: loop.sock_sendto(datagram, b"x", None),
                lambda: loop.sock_sendto(datagram, b"x", ("127.0.0.1", 70000)), lambda: loop.sock_sendto(datagram, b"x", "127.0.0.1"),
                lambda: loop.sock_connect(tcp, ("127.0.0.1", 70000)), lambda: loop.sock_connect(tcp, ("127.0.0.1",)),
                lambda: loop.sock_connect(tcp, None), lambda: loop.sock_connect(sock, ("127.0.0.1", 1)), lambda: loop.sock_accept(far),
                lambda: loop.sock_sendfile(sock, open(__file__ if "__file__" in globals() else sys.executable)),
                lambda: loop.sock_sendfile(datagram, tempfile.TemporaryFile()),
            ]
            return [(await outcome(call()))[0] for call in calls]
    """)
    assert "fine" not in got


@since_3_11
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_datagrams_by_socket_methods(same, family: str) -> None:
    got = same(f"""
        async def main():
            loop = asyncio.get_running_loop()
            near, far = udp(socket.{family}), udp(socket.{family})
            name, port = {{far.getsockname(): "far", near.getsockname(): "near"}}, near.getsockname()[1]
            room = bytearray(b"........")
            waiting = loop.create_task(loop.sock_recvfrom(near, 100))
            await turns()
            sent = [await loop.sock_sendto(far, b"one", near.getsockname())]
            data, sender = await waiting
            sent.append(await loop.sock_sendto(far, bytearray(b"two"), (near.getsockname()[0], port)))
            sent.append(await loop.sock_sendto(far, memoryview(b""), ("localhost" if {family!r} == "AF_INET" else "::1", port)))
            size, other = await loop.sock_recvfrom_into(near, room)
            nothing, third = await loop.sock_recvfrom(near, 100)
            await loop.sock_sendto(far, b"four", near.getsockname())
            part, _ = await loop.sock_recvfrom_into(near, room, 2)
            return [sent, data.decode(), name[sender], size, room.decode(), name[other], nothing.decode(), name[third], part, type(sender).__name__]
    """)
    assert got == [[3, 3, 0], "one", "far", 3, "foo.....", "far", "", "far", 2, "tuple"]


@since_3_11
def test_a_stream_has_no_senders(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            listener = socket.create_server(("127.0.0.1", 0))
            client = socket.create_connection(listener.getsockname())
            near, _ = listener.accept()
            near.setblocking(False)
            client.sendall(b"hello")
            first = await loop.sock_recvfrom(near, 2)
            return [repr(first), await loop.sock_recvfrom_into(near, bytearray(3))]
    """)
    assert got == ["(b'he', None)", [3, None]]


def test_accepted_sockets_are_whole_and_do_not_block(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            seen = []
            for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0)), (socket.AF_UNIX, tempfile.mkdtemp() + "/s")):
                listener = socket.socket(family)
                listener.bind(address)
                listener.listen()
                listener.setblocking(False)
                client = socket.socket(family)
                client.setblocking(False)
                (near, peer), _ = await asyncio.gather(loop.sock_accept(listener), loop.sock_connect(client, listener.getsockname()))
                await loop.sock_sendall(client, b"hello")
                facts = [type(near).__name__, near.family.name, near.type.name, near.gettimeout(), os.get_blocking(near.fileno()),
                         os.get_inheritable(near.fileno()), peer == client.getsockname(), (await loop.sock_recv(near, 9)).decode()]
                client.close()  # and at once, when one is there
                other = socket.socket(family)
                other.connect(listener.getsockname())
                at_once, _ = await loop.sock_accept(listener)
                seen.append([*facts, at_once.family.name])
            return seen
    """)
    assert [row[1:] for row in got] == [[name, "SOCK_STREAM", 0.0, False, False, True, "hello", name] for name in ("AF_INET", "AF_INET6", "AF_UNIX")]


def test_a_class_with_an_accept_of_its_own_is_asked(same) -> None:
    got = same("""
        class Listener(socket.socket):
            def accept(self):
                connection, address = super().accept()
                return connection, ["its own", address]
        async def main():
            loop = asyncio.get_running_loop()
            listener = Listener()
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            client = socket.create_connection(listener.getsockname())
            return (await loop.sock_accept(listener))[1][0]
    """)
    assert got == "its own"


@since_3_11
def test_audit_hooks_see_connections_and_datagrams(same) -> None:
    got = same("""
        events = []
        sys.addaudithook(lambda name, arguments: events.append([name, arguments[-1][0]]) if name in ("socket.connect", "socket.sendto") else None)
        class Protocol(asyncio.DatagramProtocol):
            pass
        async def main():
            loop = asyncio.get_running_loop()
            listener = socket.create_server(("127.0.0.1", 0))
            client, datagram = socket.socket(), udp()
            client.setblocking(False)
            await loop.sock_connect(client, listener.getsockname())
            await loop.sock_sendto(datagram, b"x", datagram.getsockname())
            transport, _ = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
            transport.sendto(b"y", datagram.getsockname())
            transport.close()
            return events
    """)
    assert got == [["socket.connect", "127.0.0.1"], ["socket.sendto", "127.0.0.1"], ["socket.sendto", "127.0.0.1"]]


SENDFILE = """
async def send(file, offset=0, count=None, size=3_000_000, **more):
    loop = asyncio.get_running_loop()
    near, far = sockets()
    got = bytearray()
    async def receive():
        while piece := await loop.sock_recv(far, 1 << 16):
            got.extend(piece)
    receiver = loop.create_task(receive())
    sent = await outcome(loop.sock_sendfile(near, file, offset, count, **more))
    near.close()
    await receiver
    return sent, bytes(got)
DATA = bytes(range(256)) * 12_000
file = tempfile.TemporaryFile(buffering=0)
file.write(DATA)
"""


@pytest.mark.parametrize("offset, count", [(0, None), (1000, None), (0, 5), (7, 2_000_000), (len(range(256)) * 12_000, None), (3_071_999, 10)])
def test_sendfile_sends_the_part_that_is_asked_for(same, offset: int, count: int | None) -> None:
    got = same(SENDFILE + f"""
async def main():
    sent, got = await send(file, {offset}, {count})
    return [sent, got == DATA[{offset}:][:{count}], file.tell()]
""")
    size = min(count or 3_072_000, 3_072_000 - offset)
    assert got == [["fine", str(size)], True, offset + size if size else 3_072_000]


def test_sendfile_of_what_is_no_file(same) -> None:
    got = same(SENDFILE + """
import io
async def main():
    empty = tempfile.TemporaryFile()
    return [[sent, got == DATA] for sent, got in [await send(io.BytesIO(DATA)), await send(io.BytesIO(DATA), fallback=False), await send(empty)]]
""")
    assert got == [[["fine", "3072000"], True], [["SendfileNotAvailableError", "not a regular file"], False], [["fine", "0"], False]]


def test_a_file_whose_sending_is_given_up_tells_how_far_it_came(both) -> None:  # asyncio leaves its position where it was
    got, *_ = both(SENDFILE + """
async def main():
    loop = asyncio.get_running_loop()
    near, far = sockets()
    task = loop.create_task(loop.sock_sendfile(near, file))
    await turns()
    task.cancel()
    await outcome(task)
    near.close()
    got = bytearray()
    while piece := await loop.sock_recv(far, 1 << 20):
        got += piece
    return [0 < len(got) < len(DATA), file.tell() == len(got), got == DATA[:len(got)]]
""")
    assert got == [True, True, True]


def test_sendfile_to_a_peer_that_goes_away(same) -> None:
    got = same(SENDFILE + """
async def main():
    loop = asyncio.get_running_loop()
    near, far = sockets()
    task = loop.create_task(outcome(loop.sock_sendfile(near, file)))
    await turns()
    far.close()
    return (await task)[0]
""")
    assert got == "BrokenPipeError"


# --- futures and tasks ---------------------------------------------------------------------------


@since_3_11
def test_futures_and_tasks_are_asyncios_own(same) -> None:
    got = same("""
        import contextvars
        variable = contextvars.ContextVar("variable", default="none")
        async def work():
            return variable.get()
        async def main():
            loop = asyncio.get_running_loop()
            future = loop.create_future()
            context = contextvars.copy_context()
            context.run(variable.set, "of its context")
            plain, named, with_context = loop.create_task(work()), loop.create_task(work(), name=7), loop.create_task(work(), context=context)
            unnamed = loop.create_task(work(), name=None, context=None)
            facts = [type(future) is asyncio.Future, future.get_loop() is loop, repr(future), type(plain) is asyncio.Task, named.get_name()]
            facts += [unnamed.get_name().startswith("Task-"), plain in asyncio.all_tasks(), await asyncio.gather(plain, named, with_context, unnamed)]
            return facts
    """)
    assert got == [True, True, "<Future pending>", True, "7", True, True, ["none", "none", "of its context", "none"]]


def test_odd_calls_of_create_task_are_refused_in_the_same_way(same) -> None:
    got = same("""
        async def work():
            pass
        async def main():
            loop = asyncio.get_running_loop()
            coroutine = work()
            calls = [error_of(loop.create_task), error_of(loop.create_task, 5), error_of(loop.create_task, coroutine, "name"),
                     error_of(loop.create_task, coroutine, loop=loop), error_of(loop.create_task, coroutine, nonsense=1),
                     error_of(loop.create_future, 1)[:1], error_of(loop.create_task, coroutine, coro=1)]
            by_keyword = loop.create_task(coro=coroutine)
            await by_keyword
            return [call[0] for call in calls], calls[1]
    """)
    assert got == [["TypeError"] * 7, ["TypeError", "a coroutine was expected, got 5"]]


def test_a_task_factory_is_used_and_given_back(same) -> None:
    got = same("""
        made = []
        class Task(asyncio.Task):
            pass
        def factory(loop, coroutine, **keywords):
            made.append(sorted(key for key, value in keywords.items() if value is not None))
            return Task(coroutine, loop=loop, **keywords)
        async def work():
            pass
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_task_factory(factory)
            tasks = [loop.create_task(work()), asyncio.create_task(work(), name="named")]
            kept = loop.get_task_factory() is factory
            loop.set_task_factory(None)
            tasks.append(loop.create_task(work()))
            await asyncio.gather(*tasks)
            return [[type(task).__name__ for task in tasks], tasks[1].get_name(), len(made), kept, error_of(loop.set_task_factory, 5)]
    """)
    assert got == [["Task"] * 3, "named", 2, True, ["TypeError", "task factory must be a callable or None"]]


def test_a_closed_loop_makes_futures_but_no_tasks(same) -> None:
    got = same("""
        async def work():
            pass
        def closed():
            loop = make()
            loop.close()
            coroutine = work()
            facts = [loop.create_future().done(), error_of(loop.create_task, coroutine)]
            coroutine.close()
            return facts
    """, call="closed()")
    assert got == [False, ["RuntimeError", "Event loop is closed"]]


def test_debug_mode_tells_where_a_future_and_a_task_were_made(script) -> None:
    got, _ = script("""
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_debug(True)
            future, task = loop.create_future(), loop.create_task(asyncio.sleep(0))
            await task
            return [future._source_traceback[-1].name, task._source_traceback[-1].name]
        print(json.dumps(asgi_worker.new_event_loop().run_until_complete(main())))
    """)
    assert got == ["main", "main"]


@since_3_11
def test_a_closed_loop_is_freed_with_its_last_name_and_one_that_made_much_keeps_nothing(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            for number in range(1000):
                if number == 10:
                    gc.collect()
                    before = len(gc.get_objects())
                loop.create_future().cancel()
                await loop.create_task(asyncio.sleep(0))
                near, far = sockets()
                await loop.sock_sendall(far, b"x")
                await asyncio.gather(loop.sock_recv(near, 1), loop.sock_recvfrom(far, 1), loop.sock_sendall(near, b"y"))
                near.close(), far.close()
            gc.collect()
            return abs(len(gc.get_objects()) - before) < 100
        def whole():
            result = run(main())
            loop = make()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            seen = weakref.ref(loop)
            del loop
            gc.collect()
            return [result, seen() is None]
    """, call="whole()")
    assert got == [True, True]
