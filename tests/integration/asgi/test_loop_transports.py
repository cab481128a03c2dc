"""The loop's transports of datagrams and pipes, and child processes on them: protocols see the same calls as on asyncio's own loop."""

from __future__ import annotations

import pytest

from conftest import VERSION
from loop_scripts import both, same, script  # noqa: F401: fixtures

DATAGRAM = """
class Protocol(asyncio.DatagramProtocol):
    def __init__(self):
        self.events, self.lost = [], asyncio.get_running_loop().create_future()
    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")
    def datagram_received(self, data, address):
        self.events.append(data.decode())
        self.sender = address
    def error_received(self, error):
        self.events.append(type(error).__name__)
    def pause_writing(self):
        self.events.append("pause")
    def resume_writing(self):
        self.events.append("resume")
    def connection_lost(self, error):
        self.events.append(["lost", type(error).__name__])
        self.lost.set_result(None)

def unix_pair():
    # Connected, with names: asyncio takes a socket whose peer has none for one that is not connected.
    far = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    far.bind(tempfile.mkdtemp() + "/far")
    near = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.connect(far.getsockname())
    far.setblocking(False)
    return near, far

async def endpoint(kind=Protocol, **how):
    return await asyncio.get_running_loop().create_datagram_endpoint(kind, **how)
"""


def test_ten_thousand_datagrams_come_back_each(same) -> None:
    got = same(DATAGRAM + """
class Echo(Protocol):
    def datagram_received(self, data, address):
        self.transport.sendto(data, address)
class Client(Protocol):
    left = 10_000
    def connection_made(self, transport):
        self.transport, self.got = transport, set()
        self.send()
    def send(self):
        self.transport.sendto(b"%d" % len(self.got))
    def datagram_received(self, data, address):
        self.got.add(int(data))
        if len(self.got) == 10_000:
            self.lost.set_result(None)
        else:
            self.send()
    def connection_lost(self, error):
        pass
async def main():
    server, _ = await endpoint(Echo, local_addr=("127.0.0.1", 0))
    transport, client = await endpoint(Client, remote_addr=server.get_extra_info("sockname"))
    await client.lost
    transport.close(), server.close()
    await turns()
    return client.got == set(range(10_000))
""")
    assert got is True


@pytest.mark.parametrize("family, host", [("AF_INET", "127.0.0.1"), ("AF_INET6", "::1")])
def test_what_is_known_of_an_endpoint(same, family: str, host: str) -> None:
    got = same(DATAGRAM + f"""
async def main():
    free, protocol = await endpoint(local_addr=({host!r}, 0))
    tied, _ = await endpoint(remote_addr=free.get_extra_info("sockname")[:2])
    tied.sendto(b"hello")
    await until(lambda: len(protocol.events) > 1)
    facts = [free.get_extra_info("peername"), tied.get_extra_info("peername") == free.get_extra_info("sockname"),
             protocol.sender == tied.get_extra_info("sockname"), free.get_extra_info("socket").family.name, list(protocol.events),
             free.is_closing(), free.get_protocol() is protocol, free.get_write_buffer_size(), free.get_write_buffer_limits(),
             isinstance(free, asyncio.Transport), repr(free).partition(" ")[2].replace(str(free._sock_fd), "FD")]
    free.close()
    facts += [free.is_closing(), repr(free).partition(" ")[2].replace(str(free._sock_fd), "FD")]
    await protocol.lost
    await turns()
    facts.append(repr(free).partition(" ")[2].replace(str(free._sock_fd), "FD"))
    tied.close()
    await turns()
    return facts
""")
    assert got[:5] == [None, True, True, family, ["made", "hello"]]


def test_what_sendto_refuses(same) -> None:
    got = same(DATAGRAM + """
async def main():
    free, _ = await endpoint(local_addr=("127.0.0.1", 0))
    tied, protocol = await endpoint(remote_addr=free.get_extra_info("sockname"))
    port = free.get_extra_info("sockname")[1]
    seen = [error_of(free.sendto, "text", ("127.0.0.1", 1)), error_of(free.sendto, 5), error_of(tied.sendto, b"x", ("127.0.0.1", 1)),
            error_of(free.sendto)[:1], error_of(tied.sendto, b"x", ("127.0.0.1", port)), error_of(tied.sendto, data=b"x", addr=None),
            error_of(free.sendto, memoryview(b"x"), addr=("localhost", port))]
    seen = [[kind, *[text.replace(str(port), "PORT") for text in texts]] for kind, *texts in seen]
    free.close(), tied.close()
    await turns()
    return seen
""")
    assert [row[0] for row in got] == ["TypeError", "TypeError", "ValueError", "TypeError", "fine", "fine", "fine"]


def test_an_address_that_means_nothing_ends_the_endpoint_and_a_name_is_looked_up(same) -> None:
    got = same(DATAGRAM + """
async def main():
    reports = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append([context["message"], type(context["exception"]).__name__]))
    seen = []
    for address in (("localhost", 9), 5, None, ("no.such.host.invalid", 9), ("127.0.0.1", 70000)):
        transport, protocol = await endpoint(local_addr=("127.0.0.1", 0))
        transport.sendto(b"x", address)
        await turns()
        seen.append(list(protocol.events))
        transport.abort()
        await turns()
    return seen, reports
""")
    assert got[0][0] == ["made"] and len(got[1]) == 3


def test_errors_of_the_network_go_to_the_protocol_and_it_goes_on(same) -> None:
    got = same(DATAGRAM + """
async def main():
    gone = udp()
    address = gone.getsockname()
    gone.close()
    transport, protocol = await endpoint(remote_addr=address)
    for _ in range(3):
        transport.sendto(b"x")
        seen = len(protocol.events)
        await until(lambda: len(protocol.events) > seen)
    transport.sendto(bytes(100_000))  # more than a datagram holds
    is_closing = transport.is_closing()
    transport.close()
    await protocol.lost
    return is_closing, protocol.events
""")
    assert got == [False, ["made", *["ConnectionRefusedError"] * 3, "OSError", ["lost", "NoneType"]]]


def test_a_protocol_that_raises_is_reported_and_goes_on(same) -> None:
    got = same(DATAGRAM + """
class Broken(Protocol):
    def datagram_received(self, data, address):
        super().datagram_received(data, address)
        if data == b"bad":
            raise KeyError("broken")
    def error_received(self, error):
        raise LookupError("broken too")
async def main():
    reports = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append([context["message"].partition(".")[2], repr(context["exception"])]))
    transport, protocol = await endpoint(Broken, local_addr=("127.0.0.1", 0))
    sender = udp()
    for data in (b"bad", b"good", b"bad"):
        sender.sendto(data, transport.get_extra_info("sockname"))
    await until(lambda: len(protocol.events) == 4)
    tied, _ = await endpoint(Broken, remote_addr=sender.getsockname())
    sender.close()
    tied.sendto(b"x")
    await until(lambda: len(reports) == 3)
    tied.close(), transport.close()
    await protocol.lost
    return protocol.events, reports
""")
    assert got[0] == ["made", "bad", "good", "bad", ["lost", "NoneType"]]
    assert [text for _, text in got[1]] == ["KeyError('broken')"] * 2 + ["LookupError('broken too')"]


def test_what_the_kernel_does_not_take_waits_and_pauses_the_protocol(same) -> None:
    got = same(DATAGRAM + """
async def main():
    near, far = unix_pair()
    transport, protocol = await endpoint(sock=near)
    transport.set_write_buffer_limits(high=3000, low=1000)
    sent = 0
    while not protocol.events[1:]:
        transport.sendto(b"%04d" % sent + bytes(900))
        sent += 1
    waiting = transport.get_write_buffer_size()
    transport.close()
    got = [int(far.recv(2000)[:4])]
    while not protocol.lost.done():
        try:
            got.append(int(far.recv(2000)[:4]))
        except BlockingIOError:
            await turns(1)
    try:
        while True:
            got.append(int(far.recv(2000)[:4]))
    except (BlockingIOError, ConnectionResetError):
        pass
    return got == list(range(sent)), protocol.events, waiting >= 3000
""")
    assert got == [True, ["made", "pause", "resume", ["lost", "NoneType"]], True]


def test_aborting_throws_away_what_waits(both) -> None:  # asyncio still counts it
    got, *_ = both(DATAGRAM + """
async def main():
    near, far = unix_pair()
    transport, protocol = await endpoint(sock=near)
    while not transport.get_write_buffer_size():
        transport.sendto(bytes(900))
    transport.abort()
    facts = [transport.get_write_buffer_size(), transport.is_closing(), list(protocol.events)]
    transport.abort(), transport.close()
    await protocol.lost
    return facts, protocol.events, near.fileno()
""")
    assert got == [[0, True, ["made"]], ["made", ["lost", "NoneType"]], -1]


def test_unix_datagrams_have_senders_with_names(same) -> None:
    got = same(DATAGRAM + """
async def main():
    folder = tempfile.mkdtemp()
    one, first = await endpoint(local_addr=folder + "/one", family=socket.AF_UNIX)
    two, second = await endpoint(local_addr=folder + "/two", family=socket.AF_UNIX)
    one.sendto(b"hello", folder + "/two")
    await until(lambda: len(second.events) > 1)
    two.sendto(b"back", second.sender)
    await until(lambda: len(first.events) > 1)
    one.sendto(b"nobody", folder + "/three")
    await turns()
    facts = [list(first.events), list(second.events), os.path.basename(second.sender)]
    one.close(), two.close()
    await turns()
    return facts
""")
    assert got == [["made", "back", "FileNotFoundError"], ["made", "hello"], "one"]


def test_an_empty_datagram_is_received_and_sent_where_python_says_so(same) -> None:
    got = same(DATAGRAM + """
async def main():
    transport, protocol = await endpoint(local_addr=("127.0.0.1", 0))
    end = udp()
    end.sendto(b"", transport.get_extra_info("sockname"))
    await until(lambda: len(protocol.events) > 1)
    transport.sendto(b"", end.getsockname())
    transport.sendto(b"more", end.getsockname())
    data = await asyncio.get_running_loop().sock_recv(end, 10)
    transport.close()
    await protocol.lost
    return protocol.events, data.decode()
""")
    assert got == [["made", "", ["lost", "NoneType"]], "" if VERSION >= (3, 13) else "more"]


def test_a_paused_endpoint_hands_nothing_over(both) -> None:  # asyncio has it since 3.12
    got, *_ = both(DATAGRAM + """
class Pausing(Protocol):
    def datagram_received(self, data, address):
        super().datagram_received(data, address)
        self.transport.pause_reading()
async def main():
    transport, protocol = await endpoint(Pausing if sys.argv[1] == "ours" else Protocol, local_addr=("127.0.0.1", 0))
    end = udp()
    for data in (b"one", b"two"):
        end.sendto(data, transport.get_extra_info("sockname"))
    await until(lambda: len(protocol.events) > 1)
    await turns(5)
    facts = [list(protocol.events), is_watched(transport._sock_fd)]
    if sys.argv[1] == "ours":
        transport.resume_reading()
    await until(lambda: len(protocol.events) > 2)
    transport.close()
    await turns()
    return facts, protocol.events[:3]
""")
    assert got == [[["made", "one"], False], ["made", "one", "two"]]


def test_a_forgotten_endpoint_is_told_of_and_closed(same) -> None:
    got = same(DATAGRAM + """
async def main():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        transport, protocol = await endpoint(local_addr=("127.0.0.1", 0))
        fd = transport._sock_fd
        asyncio.get_running_loop()._remove_reader(fd)
        if sys.argv[1] == "ours":
            transport.pause_reading()
        del transport, protocol
        await turns()
        gc.collect()
    return [one.category.__name__ for one in seen if "unclosed transport" in str(one.message)], is_watched(fd)
""")
    assert got == [["ResourceWarning"], False]


# --- pipes ---------------------------------------------------------------------------------------

PIPES = """
class Protocol(asyncio.Protocol):
    def __init__(self):
        self.events, self.lost = [], asyncio.get_running_loop().create_future()
    def connection_made(self, transport):
        self.transport = transport
        self.events.append("made")
    def data_received(self, data):
        self.events.append(data.decode(errors="replace"))
    def eof_received(self):
        self.events.append("eof")
    def pause_writing(self):
        self.events.append("pause")
    def resume_writing(self):
        self.events.append("resume")
    def connection_lost(self, error):
        self.events.append(["lost", type(error).__name__])
        self.lost.set_result(None)

def pipe():
    read, write = os.pipe()
    return os.fdopen(read, "rb", 0), os.fdopen(write, "wb", 0)

def plain(transport):
    return repr(transport).partition(" ")[2].replace(str(transport._fileno), "FD")

async def reading(pipe, kind=Protocol):
    return await asyncio.get_running_loop().connect_read_pipe(kind, pipe)

async def writing(pipe, kind=Protocol):
    return await asyncio.get_running_loop().connect_write_pipe(kind, pipe)
"""


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
