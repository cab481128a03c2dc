"""A daemon that lives but does not work is replaced. These wait for the keeper's patience: 10 to 25 s each."""

from __future__ import annotations

import signal

from conftest import Keeper


def test_a_daemon_that_does_not_turn_its_loop_is_replaced(keeper: Keeper) -> None:
    keeper.start()
    daemon = keeper.daemon()
    lives = daemon.spawn("lives", "exec sleep 1000")
    daemon.say("put main-log x", "ready", "sync")
    daemon.wait_for("synced")
    daemon.say("hang")
    successor = keeper.daemon(45)
    assert int(successor.hello["previous"]) & 0x7F == signal.SIGABRT
    assert successor.child("lives") == f"child lives pid={lives} adopted=0 lives"


def test_a_daemon_that_says_no_hello_is_replaced(keeper: Keeper) -> None:
    process = keeper.start("mute")
    successor = keeper.daemon(30)
    assert int(successor.hello["previous"]) & 0x7F == signal.SIGABRT
    assert process.poll() is None
