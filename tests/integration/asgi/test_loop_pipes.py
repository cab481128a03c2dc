"""The loop's transports of pipes, and child processes on them: protocols see the same calls as on asyncio's own loop."""

from __future__ import annotations

import pytest

from loop_scripts import DATAGRAM, PIPES, both, same, script  # noqa: F401: fixtures


def test_a_pipe_that_is_read_to_its_end(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    transport, protocol = await reading(read)
    facts = [plain(transport), transport.get_extra_info("pipe") is read, os.get_blocking(read.fileno()), isinstance(transport, asyncio.ReadTransport),
             isinstance(transport, asyncio.WriteTransport), transport.get_protocol() is protocol]
    write.write(b"hello")
    await until(lambda: len(protocol.events) > 1)
    write.write(b"bye")
    write.close()
    await protocol.lost
    await turns()
    facts += [protocol.events, plain(transport), transport.is_closing(), read.closed]
    transport.close()
    return facts
""")
    assert got[6] == ["made", "hello", "bye", "eof", ["lost", "NoneType"]]
    assert got[1:6] == [True, False, True, False, True]


def test_a_paused_pipe_hands_nothing_over(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    transport, protocol = await reading(read)
    transport.pause_reading(), transport.pause_reading()
    write.write(b"one")
    await turns(5)
    facts = [list(protocol.events), plain(transport)]
    transport.resume_reading(), transport.resume_reading()
    await until(lambda: len(protocol.events) > 1)
    transport.pause_reading()
    write.close()
    await turns(5)
    facts += [list(protocol.events)]
    transport.resume_reading()
    await protocol.lost
    return facts, protocol.events
""")
    assert got == [[["made"], "fd=FD idle>", ["made", "one"]], ["made", "one", "eof", ["lost", "NoneType"]]]


def test_a_read_pipe_whose_protocol_raises_is_reported_and_goes_on(same) -> None:
    got = same(PIPES + """
class Broken(Protocol):
    def data_received(self, data):
        super().data_received(data)
        raise KeyError("broken")
async def main():
    reports = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append([context["message"].partition(".")[2], repr(context["exception"])]))
    read, write = pipe()
    transport, protocol = await reading(read, Broken)
    for data in (b"one", b"two"):
        write.write(data)
        await until(lambda: data.decode() in protocol.events)
    transport.close(), transport.close()
    await protocol.lost
    return protocol.events, [text for _, text in reports]
""")
    assert got == [["made", "one", "two", ["lost", "NoneType"]], ["KeyError('broken')"] * 2]


def test_what_a_full_pipe_does_not_take_waits(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    transport, protocol = await writing(write)
    facts = [plain(transport), transport.get_write_buffer_limits(), transport.can_write_eof(), isinstance(transport, asyncio.WriteTransport)]
    sent = [b"a" * 50_000, bytearray(b"b" * 100_000), memoryview(b"c" * 100_000), b"", b"end"]
    for data in sent:
        transport.write(data)
    facts += [list(protocol.events), transport.get_write_buffer_size() > 100_000, plain(transport).partition("bufsize")[0]]
    transport.writelines([b"1", b"2"])
    transport.close()
    transport.write(b"too late")
    facts.append(transport.is_closing())
    got = bytearray()
    while not protocol.lost.done():
        got += os.read(read.fileno(), 30_000)
        await turns(2)
    got += read.read()
    return facts, bytes(got) == b"".join(bytes(data) for data in sent) + b"12", protocol.events, plain(transport), write.closed
""")
    assert got[1:3] == [True, ["made", "pause", "resume", ["lost", "NoneType"]]]


@pytest.mark.parametrize("make", ["pipe()", "[open(end.detach(), mode, 0) for end, mode in zip(socket.socketpair(), ('rb', 'wb'))]"])
def test_a_reader_that_goes_away_ends_a_write_pipe(same, make: str) -> None:
    got = same(PIPES + f"""
async def main():
    seen = []
    for waits in (False, True):
        read, write = {make}
        transport, protocol = await writing(write)
        if waits:
            transport.write(bytes(1_000_000))
            await turns()
        read.close()
        await protocol.lost
        for _ in range(8):
            transport.write(b"late")
        seen.append(protocol.events)
    return seen
""")
    assert got == [["made", ["lost", "NoneType"]], ["made", "pause", ["lost", "BrokenPipeError"]]]


def test_late_writes_are_warned_of(same) -> None:
    got = same(PIPES + """
async def main():
    records = []
    class Handler(logging.Handler):
        def emit(self, record):
            records.append(record.getMessage())
    logging.getLogger("asyncio").addHandler(Handler())
    read, write = pipe()
    transport, protocol = await writing(write)
    transport.abort()
    for _ in range(10):
        transport.write(b"late")
    await protocol.lost
    return records
""")
    assert got == ["pipe closed by peer or os.write(pipe, data) raised exception."] * 5


def test_aborting_a_write_pipe_throws_away_what_waits(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    transport, protocol = await writing(write)
    transport.write(bytes(1_000_000))
    transport.abort()
    facts = [transport.get_write_buffer_size(), transport.is_closing()]
    await protocol.lost
    await turns()
    return facts, protocol.events, len(read.read()) < 1_000_000
""")
    assert got == [[0, True], ["made", "pause", ["lost", "NoneType"]], True]


def test_limits_of_what_waits(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    transport, protocol = await writing(write)
    seen = []
    for limits in ({}, {"high": 10}, {"low": 10}, {"high": 8, "low": 8}, {"high": 0}):
        transport.set_write_buffer_limits(**limits)
        seen.append(transport.get_write_buffer_limits())
    seen.append(error_of(transport.set_write_buffer_limits, high=1, low=2))
    while not transport.get_write_buffer_size():
        transport.write(bytes(1000))
    seen.append(list(protocol.events))
    transport.abort()
    await protocol.lost
    return seen
""")
    assert got == [[16384, 65536], [2, 10], [10, 40], [8, 8], [0, 0], ["ValueError", "high (1) must be >= low (2) must be >= 0"], ["made", "pause"]]


def test_files_are_no_pipes_and_terminals_are(same) -> None:
    got = same(PIPES + """
async def main():
    seen = []
    for connect in (reading, writing):
        with tempfile.TemporaryFile() as file:
            seen += [await outcome(connect(file)), file.closed]
    master, slave = os.openpty()
    terminal, mine = os.fdopen(slave, "wb", 0), os.fdopen(master, "rb", 0)
    transport, protocol = await writing(terminal)
    reader, received = await reading(mine)
    transport.write(b"hello")
    await until(lambda: len(received.events) > 1)
    transport.close()
    await protocol.lost
    await received.lost
    return seen, protocol.events, received.events
""")
    assert got[0] == [
        ["ValueError", "Pipe transport is for pipes/sockets only."], False,
        ["ValueError", "Pipe transport is only for pipes, sockets and character devices"], False,
    ]
    assert got[2] == ["made", "hello", ["lost", "OSError"]]


def test_one_descriptor_may_be_read_by_one_transport_and_written_by_another(same) -> None:
    got = same(PIPES + """
async def main():
    master, slave = os.openpty()
    import tty
    tty.setraw(slave)
    ends = [os.fdopen(slave, mode, 0, closefd=False) for mode in ("rb", "wb")]
    reader, received = await reading(ends[0])
    writer, written = await writing(ends[1])
    seen = []
    for number in range(3):
        os.write(master, b"in%d" % number)
        await until(lambda: len(received.events) > number + 1)
        writer.write(b"out%d" % number)
        seen.append(os.read(master, 10).decode())
        if number == 1:
            reader.pause_reading()
            writer.write(b"while paused")
            seen.append(os.read(master, 20).decode())
            reader.resume_reading()
    if sys.argv[1] == "ours":  # asyncio's writer takes the reader's watch along
        while not writer.get_write_buffer_size():
            writer.write(bytes(10_000))
        writer.abort()
        await written.lost
    os.write(master, b"in3")
    await until(lambda: "in3" in received.events)
    reader.close()
    await received.lost
    return seen, received.events
""")
    assert got == [["out0", "out1", "while paused", "out2"], ["made", "in0", "in1", "in2", "in3", ["lost", "NoneType"]]]


def test_forgotten_pipes_are_told_of_and_closed(same) -> None:
    got = same(PIPES + """
async def main():
    read, write = pipe()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loop = asyncio.get_running_loop()
        reader, first = await reading(read)
        writer, second = await writing(write)
        reader.pause_reading()
        if sys.argv[1] == "ours":
            writer._end()
        else:
            loop._remove_reader(write.fileno())
        del reader, writer, first, second
        await turns()
        gc.collect()
    return [one.category.__name__ for one in seen if "unclosed transport" in str(one.message)], read.closed, write.closed
""")
    assert got == [["ResourceWarning"] * 2, True, True]


def test_callbacks_that_were_there_come_before_what_is_received(same) -> None:
    got = same(DATAGRAM.replace("class Protocol", "class Datagrams").replace("kind=Protocol", "kind=Datagrams") + PIPES + """
async def main():
    loop = asyncio.get_running_loop()
    endpoint_, datagrams = await endpoint(local_addr=("127.0.0.1", 0))
    read, write = pipe()
    reader, piped = await reading(read)
    order = []
    datagrams.datagram_received = lambda data, address: order.append("datagram")
    piped.data_received = lambda data: order.append("pipe")
    udp().sendto(b"x", endpoint_.get_extra_info("sockname"))
    loop.call_soon(order.append, "callback")
    await until(lambda: len(order) == 2)
    write.write(b"x")
    loop.call_soon(order.append, "callback")
    await until(lambda: len(order) == 4)
    endpoint_.close(), reader.close()
    await turns()
    return order
""")
    assert got == ["callback", "datagram", "callback", "pipe"]


# --- child processes -----------------------------------------------------------------------------


def test_ten_megabytes_through_a_child_with_flow_control(same) -> None:
    got = same("""
        import hashlib
        async def main():
            data = os.urandom(10_000_000)
            child = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
            most = 0
            async def feed():
                nonlocal most
                for start in range(0, len(data), 40_000):
                    child.stdin.write(data[start:start + 40_000])
                    await child.stdin.drain()
                    most = max(most, child.stdin.transport.get_write_buffer_size())
                child.stdin.close()
            async def read():
                got = hashlib.sha256()
                while piece := await child.stdout.read(100_000):
                    got.update(piece)
                    await turns(1)
                return got.digest()
            _, digest = await asyncio.gather(feed(), read())
            return digest == hashlib.sha256(data).digest(), most <= 65536, await child.wait()
    """)
    assert got == [True, True, 0]


def test_communicating_with_children_at_the_same_time(same) -> None:
    got = same("""
        async def one(number):
            child = await asyncio.create_subprocess_shell(
                f"cat; echo error {number} >&2; exit {number}", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            out, err = await child.communicate(b"%d" % number * 100_000)
            return [out == b"%d" % number * 100_000, err.decode(), child.returncode]
        async def main():
            return await asyncio.gather(*(one(number) for number in range(10)))
    """)
    assert got == [[True, f"error {number}\n", number] for number in range(10)]


def test_a_child_that_does_not_read_and_one_that_is_killed(same) -> None:
    got = same("""
        async def main():
            deaf = await asyncio.create_subprocess_exec("true", stdin=asyncio.subprocess.PIPE)
            await deaf.wait()
            seen = [await outcome(deaf.communicate(bytes(1_000_000)))]
            endless = await asyncio.create_subprocess_exec("sleep", "100", stdout=asyncio.subprocess.PIPE)
            waiting = asyncio.get_running_loop().create_task(endless.stdout.read())
            await turns()
            endless.kill()
            return seen, (await waiting).decode(), await endless.wait()
    """)
    assert got == [[["fine", "(None, None)"]], "", -9]


def test_the_transport_of_a_child_tells_its_pipes_and_their_end_in_order(same) -> None:
    got = same("""
        class Protocol(asyncio.SubprocessProtocol):
            def __init__(self):
                self.events, self.over = [], asyncio.get_running_loop().create_future()
            def pipe_data_received(self, fd, data):
                self.events.append([fd, data.decode()])
            def pipe_connection_lost(self, fd, error):
                self.events.append([fd, type(error).__name__])
            def process_exited(self):
                self.events.append("exited")
            def connection_lost(self, error):
                self.events.append(["lost", type(error).__name__])
                self.over.set_result(None)
        async def main():
            transport, protocol = await asyncio.get_running_loop().subprocess_exec(Protocol, "cat")
            pipe = transport.get_pipe_transport(0)
            pipe.write(b"hello")
            await until(lambda: protocol.events)
            pipe.write_eof()
            await protocol.over
            kinds = [type(transport.get_pipe_transport(fd)).__name__.replace("_Unix", "") for fd in range(3)]
            return kinds, protocol.events[0], protocol.events[-1], sorted(map(str, protocol.events)), transport.get_returncode()
    """)
    assert got[0] == ["WritePipeTransport", "ReadPipeTransport", "ReadPipeTransport"]
    assert got[1:3] == [[1, "hello"], ["lost", "NoneType"]] and got[4] == 0
