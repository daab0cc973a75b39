"""What OpenAI was paid, read from the bills of the simulator, not from what the product believes."""

from collections import Counter
from typing import TYPE_CHECKING

from sim.invariants.violation import InvariantViolated

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation


def no_transcription_paid_twice(sim: "Simulation") -> None:
    """Each recording's transcription was paid for at most once, and each memory knows what it cost."""
    paid = Counter(
        call["memory_id"]
        for call in sim.pipeline.openai.journal()
        if call["endpoint"] == "transcription" and call["billed_seconds"]
    )
    twice = {memory_id: times for memory_id, times in paid.items() if times > 1}
    if twice:
        raise InvariantViolated(f"no transcription is paid twice: {twice}")
