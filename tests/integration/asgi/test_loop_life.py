"""The loop through a process's life: debug mode, loops in turn, fork, signals, and other threads."""

from __future__ import annotations

from loop_scripts import DATAGRAM, PIPES, both, same, script  # noqa: F401: fixtures

LOGGED = """
class Handler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []
    def emit(self, record):
        self.lines.append([record.levelname, record.getMessage()])
handler = Handler()
logging.getLogger("asyncio").addHandler(handler)
logging.getLogger("asyncio").setLevel(logging.DEBUG)
def said(*words):
    return [level for level, line in handler.lines if all(word in line for word in words)]
"""


def test_debug_mode_tells_of_slow_protocols(same) -> None:
    got = same(DATAGRAM + LOGGED + PIPES.replace("class Protocol", "class PipeProtocol").replace("kind=Protocol", "kind=PipeProtocol") + """
class Slow(Protocol):
    def datagram_received(self, data, address):
        time.sleep(0.03)  # what is slow: longer than slow_callback_duration
        super().datagram_received(data, address)
class SlowPipe(PipeProtocol):
    def data_received(self, data):
        time.sleep(0.03)  # likewise
        super().data_received(data)
async def main():
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration = 0.02
    transport, protocol = await endpoint(Slow, local_addr=("127.0.0.1", 0))
    udp().sendto(b"x", transport.get_extra_info("sockname"))
    await until(lambda: len(protocol.events) > 1)
    near, far = sockets()
    stream, streamed = await loop.connect_accepted_socket(SlowPipe, near)
    far.send(b"x")
    await until(lambda: len(streamed.events) > 1)
    read, write = pipe()
    reader, piped = await reading(read, SlowPipe)
    write.write(b"x")
    await until(lambda: len(piped.events) > 1)
    await turns()
    transport.close(), stream.close(), reader.close()
    await turns()
    return said("Executing", "took 0.0")
""", call="run(main(), debug=True)")
    assert got == ["WARNING"] * 3


def test_debug_mode_tells_of_pausing_and_of_ends(same) -> None:
    got = same(LOGGED + PIPES + """
async def main():
    loop = asyncio.get_running_loop()
    read, write = pipe()
    reader, first = await reading(read)
    writer, second = await writing(write)
    near, far = sockets()
    stream, third = await loop.connect_accepted_socket(Protocol, near)
    for transport in (reader, stream):
        transport.pause_reading()
        transport.resume_reading()
    far.close()
    writer.close()
    await first.lost
    read, write = pipe()
    writer, fourth = await writing(write)
    read.close()
    await fourth.lost
    await third.lost
    return [said("Transport", word) for word in ("pauses reading", "resumes reading", "received EOF", "was closed by peer")]
""", call="run(main(), debug=True)")
    assert got == [["DEBUG"] * 2, ["DEBUG"] * 2, ["DEBUG"], ["INFO"] * 2]


def test_debug_mode_refuses_calls_from_other_threads(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            seen = []
            async def nothing():
                pass
            coroutine = nothing()
            def elsewhere():
                seen.append(error_of(loop.call_soon, print))
                seen.append(error_of(loop.call_later, 1, print))
                seen.append(error_of(loop.call_at, 1, print))
                seen.append(error_of(loop.create_task, coroutine))
                seen.append(error_of(loop.call_soon_threadsafe, lambda: None)[:1])
                seen.append(error_of(lambda: loop.create_future().done()))
            await loop.run_in_executor(None, elsewhere)
            coroutine.close()
            return seen
    """, call="run(main(), debug=True)")
    wrong = ["RuntimeError", "Non-thread-safe operation invoked on an event loop other than the current one"]
    assert got == [wrong, wrong, wrong, wrong, ["fine"], ["fine", "False"]]


def test_loops_in_turn_each_with_all_kinds_of_transports(same) -> None:
    got = same(DATAGRAM + """
async def main(number):
    loop = asyncio.get_running_loop()
    transport, protocol = await endpoint(local_addr=("127.0.0.1", 0))
    with udp() as end:
        end.sendto(b"%d" % number, transport.get_extra_info("sockname"))
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    left = await reader.read()
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    out, _ = await child.communicate(b"%d" % number)
    await until(lambda: len(protocol.events) > 1)
    transport.close(), writer.close(), server.close()
    await protocol.lost
    await turns()
    return [protocol.events[1], out.decode(), left.decode()]
def whole():
    before = len(os.listdir("/proc/self/fd"))
    seen = [run(main(number)) for number in range(5)]
    gc.collect()
    return seen, len(os.listdir("/proc/self/fd")) - before
""", "-X", "dev", call="whole()")
    assert got == [[[str(number), str(number), ""] for number in range(5)], 0]


def test_a_nested_and_a_second_loop_are_refused_and_loops_in_threads_are_not(same) -> None:
    got = same("""
        async def main():
            other = make()
            coroutine = asyncio.sleep(0)
            seen = [error_of(loop.run_until_complete, coroutine) for loop in (other, asyncio.get_running_loop())]
            coroutine.close()
            other.close()
            async def elsewhere():
                near, far = sockets()
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(near, b"hello")
                return (await loop.sock_recv(far, 10)).decode()
            seen.append(await asyncio.get_running_loop().run_in_executor(None, lambda: run_here(elsewhere())))
            return seen
        def run_here(coroutine):
            loop = make()
            try:
                return loop.run_until_complete(coroutine)
            finally:
                loop.close()
    """)
    assert got == [
        ["RuntimeError", "Cannot run the event loop while another loop is running"], ["RuntimeError", "This event loop is already running"], "hello",
    ]


def test_a_forked_child_may_go_on_with_its_parents_loop_and_the_parent_too(script) -> None:  # on asyncio's they share an epoll instance
    got, _ = script("""
        class Protocol(asyncio.DatagramProtocol):
            def __init__(self):
                self.got = []
            def datagram_received(self, data, address):
                self.got.append(data.decode())
        async def receive(protocol, count):
            while len(protocol.got) < count:
                await asyncio.sleep(0.001)
        loop = asgi_worker.new_event_loop()
        transport, protocol = loop.run_until_complete(loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0)))
        read, write = os.pipe()
        pipe, piped = loop.run_until_complete(loop.connect_read_pipe(asyncio.Protocol, os.fdopen(read, "rb", 0)))
        child = os.fork()
        if child == 0:
            async def work():
                near, far = socket.socketpair()
                near.setblocking(False), far.setblocking(False)
                await loop.sock_sendall(near, b"child")
                return await loop.sock_recv(far, 10)
            done = loop.run_until_complete(work()) == b"child"
            pipe.pause_reading()  # both are the child's to leave alone
            transport.abort()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
            os._exit(0 if done else 1)
        _, status = os.waitpid(child, 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.sendto(b"after", transport.get_extra_info("sockname"))
        loop.run_until_complete(receive(protocol, 1))
        os.close(write)
        async def over():
            while not pipe.is_closing():
                await asyncio.sleep(0.001)
        loop.run_until_complete(over())
        print(json.dumps([status, protocol.got]))
    """)
    assert got == [0, ["after"]]


def test_signals_reach_their_handlers_while_it_waits_and_while_it_works(same) -> None:
    got = same("""
        import signal
        async def main():
            loop = asyncio.get_running_loop()
            seen, done = [], loop.create_future()
            loop.add_signal_handler(signal.SIGUSR1, seen.append, "one")
            loop.add_signal_handler(signal.SIGUSR2, done.set_result, "two")
            os.kill(os.getpid(), signal.SIGUSR1)
            await until(lambda: seen)
            threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGUSR2)).start()
            seen.append(await done)
            seen += [loop.remove_signal_handler(signal.SIGUSR1), loop.remove_signal_handler(signal.SIGUSR1), loop.remove_signal_handler(signal.SIGUSR2)]
            seen += [error_of(loop.add_signal_handler, signal.SIGKILL, print), error_of(loop.add_signal_handler, 1000, print)]
            return seen
    """)
    assert got == ["one", "two", True, False, True, ["RuntimeError", "sig 9 cannot be caught"], ["ValueError", "invalid signal number 1000"]]


def test_many_threads_call_into_a_loop_that_is_busy_with_sockets(same) -> None:
    got = same("""
        async def main():
            loop = asyncio.get_running_loop()
            counts, over = [0] * 8, loop.create_future()
            def count(thread):
                counts[thread] += 1
                if sum(counts) == 8000:
                    over.set_result(None)
            def call(thread):
                for _ in range(1000):
                    loop.call_soon_threadsafe(count, thread)
            near, far = sockets()
            async def echo():
                while not over.done():
                    await loop.sock_sendall(near, b"x")
                    await loop.sock_recv(far, 1)
                    await asyncio.sleep(0)
            threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
            busy = loop.create_task(echo())
            for thread in threads:
                thread.start()
            await over
            await busy
            return counts
    """)
    assert got == [1000] * 8


def test_an_interrupt_in_a_protocol_ends_the_run_and_leaves_the_transport(same) -> None:
    got = same(DATAGRAM + PIPES.replace("class Protocol", "class PipeProtocol").replace("kind=Protocol", "kind=PipeProtocol") + """
class Interrupting(Protocol):
    def datagram_received(self, data, address):
        super().datagram_received(data, address)
        if data == b"stop":
            raise KeyboardInterrupt
class InterruptingPipe(PipeProtocol):
    def data_received(self, data):
        super().data_received(data)
        if data == b"stop":
            raise SystemExit(3)
def whole():
    loop = make()
    transport, protocol = loop.run_until_complete(loop.create_datagram_endpoint(Interrupting, local_addr=("127.0.0.1", 0)))
    read, write = pipe()
    reader, piped = loop.run_until_complete(loop.connect_read_pipe(InterruptingPipe, read))
    seen = []
    for send in (lambda data: udp().sendto(data, transport.get_extra_info("sockname")), write.write):
        send(b"stop")
        seen.append(error_of(loop.run_until_complete, until(lambda: False))[0])
        send(b"more")
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(until(lambda: len(protocol.events) == 3 and len(piped.events) == 3))
    transport.close(), reader.close()
    loop.run_until_complete(protocol.lost)
    loop.run_until_complete(piped.lost)
    loop.close()
    return seen, protocol.events, piped.events
""", call="whole()")
    assert got == [
        ["KeyboardInterrupt", "SystemExit"],
        ["made", "stop", "more", ["lost", "NoneType"]],
        ["made", "stop", "more", ["lost", "NoneType"]],
    ]
