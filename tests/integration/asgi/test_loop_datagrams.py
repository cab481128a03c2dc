"""The loop's transports of datagrams: protocols see the same calls as on asyncio's own loop."""

from __future__ import annotations

import pytest

from conftest import VERSION
from loop_scripts import DATAGRAM, both, same, script  # noqa: F401: fixtures


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
