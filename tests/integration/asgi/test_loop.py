"""asgi_worker.Loop: under the server, and on its own in a script."""

from __future__ import annotations

import re

import pytest

from conftest import since_3_11
from loop_scripts import script  # noqa: F401: a fixture


@pytest.mark.parametrize("name, module", [("auto", "asgi_worker.loop"), ("asgi-worker", "asgi_worker.loop"), ("asyncio", "asyncio.unix_events")])
def test_an_application_has_what_it_needs_on_each_loop(serve, name: str, module: str) -> None:
    server = serve("loops:app", "--loop", name)
    answer = server.get("/").json()
    assert answer.pop("loop").rpartition(".")[0] == module
    assert answer == {"backend": "HELLO\n", "child": "hello\n", "thread": "from a thread", "timer": "first"}


def test_requests_of_many_connections_share_the_loop_with_their_backends(serve) -> None:
    server = serve("loops:app", "--loop", "asgi-worker")
    clients = [server.connect() for _ in range(8)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n")
    answers = [client.answer().json()["backend"] for client in clients]
    assert answers == ["HELLO\n"] * 8


def test_uvloop_that_is_not_there_is_told_and_ours_is_used(serve) -> None:
    server = serve("loops:app", "--loop", "uvloop")
    server.log.wait_for("uvloop is not installed; asgi-worker's own loop is used instead")
    assert server.get("/").json()["loop"].startswith("asgi_worker.loop.")


def test_several_loops_in_turn(script) -> None:
    out, err = script("""
        asyncio.set_event_loop_policy(asgi_worker.EventLoopPolicy())
        async def main(number):
            await asyncio.sleep(0)
            return [number, isinstance(asyncio.get_running_loop(), asgi_worker.Loop)]
        print(json.dumps([asyncio.run(main(number)) for number in range(3)]))
    """, "-X", "dev")
    assert out == [[0, True], [1, True], [2, True]]
    assert err == ""


def test_another_thread_wakes_it(script) -> None:
    out, _ = script("""
        loop = asgi_worker.new_event_loop()
        got = []
        def say(number):
            got.append(number)
            if number < 999:
                threading.Thread(target=loop.call_soon_threadsafe, args=(say, number + 1)).start()
            else:
                loop.stop()
        threading.Thread(target=loop.call_soon_threadsafe, args=(say, 0)).start()
        loop.run_forever()
        loop.close()
        print(json.dumps(got == list(range(1000))))
    """)
    assert out is True


def test_timers_fire_in_order_and_cancelled_ones_leave(script) -> None:
    out, _ = script("""
        import random
        loop, got = asgi_worker.new_event_loop(), []
        base = loop.time()
        delays = [index % 37 / 10000 for index in range(500)]
        random.Random(1).shuffle(delays)
        timers = [loop.call_at(base + delay, got.append, delay) for delay in delays]
        for timer in timers[::3]:
            timer.cancel()
        left = len(loop._scheduled)
        loop.call_at(base + 0.01, loop.stop)
        loop.run_forever()
        kept = [delay for index, delay in enumerate(delays) if index % 3]
        print(json.dumps([left == len(kept), got == sorted(kept), len(loop._scheduled)]))
    """)
    assert out == [True, True, 0]


def test_debug_mode_tells_slow_callbacks_wrong_threads_and_where_it_was_made(script) -> None:
    out, err = script("""
        import logging, time
        logging.basicConfig()
        loop = asgi_worker.new_event_loop()
        loop.set_debug(True)
        loop.slow_callback_duration = 0.001
        def slow():
            time.sleep(0.002)
        loop.call_soon(slow)
        complaints = []
        def elsewhere():
            try:
                loop.call_soon(print)
            except RuntimeError as error:
                complaints.append(str(error))
        loop.call_soon(lambda: (lambda thread: (thread.start(), thread.join()))(threading.Thread(target=elsewhere)))
        def broken():
            1 / 0
        loop.call_soon(broken)
        loop.call_soon(loop.stop)
        loop.run_forever()
        print(json.dumps(complaints))
    """)
    assert out == ["Non-thread-safe operation invoked on an event loop other than the current one"]
    assert "Executing <Handle slow() at <string>" in err
    assert "ZeroDivisionError" in err
    assert "created at <string>" in err


def test_a_forked_child_leaves_its_parents_loop_alone(script) -> None:
    out, _ = script("""
        loop = asgi_worker.new_event_loop()
        near, far = socket.socketpair()
        got = []
        loop.add_reader(near, lambda: (got.append(near.recv(10).decode()), loop.stop()))
        child = os.fork()
        if child == 0:
            loop.call_soon(loop.stop)
            loop.run_forever()
            loop.remove_reader(near)
            loop.close()
            os._exit(0)
        os.waitpid(child, 0)
        far.send(b"still here")
        loop.run_forever()
        print(json.dumps(got))
    """)
    assert out == ["still here"]


@since_3_11  # before, a signal raised from C waits for the next Python code
def test_a_keyboard_interrupt_ends_the_run_and_the_loop_goes_on_after_it(script) -> None:
    out, _ = script("""
        import signal
        loop, got = asgi_worker.new_event_loop(), []
        loop.call_soon(signal.raise_signal, signal.SIGINT)
        loop.call_soon(got.append, "after")
        try:
            loop.run_forever()
        except KeyboardInterrupt:
            got.append("interrupted")
        loop.call_soon(loop.stop)
        loop.run_forever()
        print(json.dumps(got))
    """)
    assert out == ["interrupted", "after"]


@since_3_11
def test_a_slow_reader_pauses_the_protocol_and_gets_every_byte(script) -> None:
    out, _ = script("""
        DATA = bytes(range(256)) * 20000
        events = []
        class Writer(asyncio.Protocol):
            def connection_made(self, transport):
                self.transport = transport
                transport.write(DATA)
                transport.write(bytearray(b"the end"))
                events.append(transport.get_write_buffer_size() > 0)
                transport.close()
            def pause_writing(self):
                events.append("pause")
            def resume_writing(self):
                events.append("resume")
            def connection_lost(self, exc):
                events.append(exc)
        async def main():
            loop = asyncio.get_running_loop()
            near, far = socket.socketpair()
            for end in (near, far):
                end.setblocking(False)
            await loop.connect_accepted_socket(Writer, near)
            got = bytearray()
            while piece := await loop.sock_recv(far, 1 << 20):
                got += piece
            far.close()
            return got == DATA + b"the end"
        with asyncio.Runner(loop_factory=asgi_worker.new_event_loop) as runner:
            print(json.dumps([runner.run(main()), events]))
    """)
    assert out == [True, ["pause", True, "resume", None]]


def test_handles_are_asyncios(script) -> None:
    out, _ = script("""
        loop = asgi_worker.new_event_loop()
        soon, later = loop.call_soon(print), loop.call_later(5, print, 1)
        facts = [isinstance(soon, asyncio.Handle), isinstance(later, asyncio.TimerHandle), later.when() > loop.time()]
        facts += [repr(soon), soon.cancelled()]
        soon.cancel(), later.cancel()
        print(json.dumps(facts + [soon.cancelled(), later.cancelled(), repr(soon)]))
    """)
    assert out == [True, True, True, "<Handle print()>", False, True, True, "<Handle cancelled>"]


def test_a_transport_that_is_forgotten_is_told_of(script) -> None:
    _, err = script("""
        import gc
        async def main():
            near, far = socket.socketpair()
            await asyncio.open_connection(sock=near)
            far.close()
        loop = asgi_worker.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
        del loop
        gc.collect()
    """, "-X", "dev")
    assert re.search("ResourceWarning: unclosed .*<StreamTransport", err)  # since 3.12 of the writer around it
