"""What OpenAI billed, read from the OpenAI simulator and not from the product."""

from collections import Counter
from typing import TYPE_CHECKING

from sim.invariants.violation import InvariantViolated, Numbers
from sim.journal.reading import CUT_OFF

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation


def no_transcription_paid_twice(sim: "Simulation") -> Numbers:
    """OpenAI billed the transcription of each recording at most once.

    An answer that a fault cut off does not count: nothing can be kept of it.
    """
    paid = Counter(
        call["memory_id"]
        for call in sim.pipeline.openai.journal()
        if call["endpoint"] == "transcription" and call["billed_seconds"] and call["outcome"] != CUT_OFF
    )
    twice = {memory_id: times for memory_id, times in paid.items() if times > 1}
    if twice:
        raise InvariantViolated(f"no transcription is paid twice: OpenAI billed, by memory: {twice}")
    return {"transcriptions paid": paid.total(), "recordings": len(paid)}
