"""Somebody else's messages, old versions, typing errors: whatever can end up in a queue.

Claim: each kind of poison is in the dead-letter queue within minutes, byte for byte, and wakes nobody at OpenAI.
"""

import pytest

from sim import Simulation, minutes, poison


@pytest.mark.parametrize("kind", poison.KINDS)
def test_poison_is_dead_lettered_as_it_came(sim: Simulation, kind: str) -> None:
    # Given a message that is not ours.
    sim.queue.send_poison(kind)

    # Then SQS dead-letters it as fast as it can.
    sim.run_until(sim.queue.all_poison_dead_lettered, within=minutes(5))

    # And nothing was asked of OpenAI.
    assert sim.openai.all_calls() == []
