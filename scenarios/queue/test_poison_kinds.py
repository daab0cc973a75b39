"""Poison messages of every kind.

Claim: A poison message of any kind is in the dead-letter queue within minutes, byte for byte, without a call to
OpenAI.
"""

import pytest

from sim import Simulation, minutes, poison


@pytest.mark.parametrize("kind", poison.KINDS)
def test_poison_is_dead_lettered_unchanged(sim: Simulation, kind: str) -> None:
    # Given a message that the worker cannot process.
    sim.queue.send_poison(kind)

    # Then it is dead-lettered within minutes.
    sim.run_until(sim.queue.all_poison_dead_lettered, within=minutes(5))

    # And OpenAI was not called.
    assert sim.openai.all_calls() == []
