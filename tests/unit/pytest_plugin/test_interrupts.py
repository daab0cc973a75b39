"""The first SIGINT or SIGTERM interrupts, later ones do not, and a block can put the first one off to its end."""

import os
import signal
from collections.abc import Iterator

import pytest

from sim.pytest_plugin.interrupts import Interrupts


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    interrupts = Interrupts()
    interrupts.install()
    yield interrupts
    interrupts.uninstall()
    for number, handler in before.items():
        assert signal.getsignal(number) is signal.default_int_handler
        signal.signal(number, handler)


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_interrupts_and_later_ones_do_not(interrupts: Interrupts, number: signal.Signals) -> None:
    assert not interrupts.came

    with pytest.raises(KeyboardInterrupt):
        send(number)
    send(signal.SIGINT)
    send(signal.SIGTERM)

    assert interrupts.came


def test_a_block_is_not_interrupted_but_its_end_is(interrupts: Interrupts) -> None:
    done = []

    def run() -> None:
        with interrupts.deferred():
            with interrupts.deferred():
                send(signal.SIGINT)
                done.append("inner")
            done.append("outer")

    with pytest.raises(KeyboardInterrupt):
        run()

    assert done == ["inner", "outer"]


def test_a_block_without_a_signal_ends_as_usual(interrupts: Interrupts) -> None:
    with interrupts.deferred():
        pass

    assert not interrupts.came


def test_at_the_end_of_a_process_a_signal_is_only_noted(interrupts: Interrupts) -> None:
    interrupts.defer_for_good()

    send(signal.SIGINT)

    assert interrupts.came


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        (ignoring := Interrupts()).install()
        send(signal.SIGINT)
        assert not ignoring.came
        ignoring.uninstall()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_between_hold_and_release_a_signal_is_only_noted(interrupts: Interrupts) -> None:
    interrupts.release()  # nothing to end

    interrupts.hold()
    send(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupts.release()
    interrupts.release()
