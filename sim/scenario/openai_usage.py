"""`sim.openai`: every call that OpenAI received, from the simulator's own record."""

from typing import Any

from sim.openai_simulator.client import Space
from sim.scenario.memories import Memories

Call = dict[str, Any]


class OpenAIUsage:
    """The pipeline's calls to OpenAI, as OpenAI recorded them."""

    def __init__(self, space: Space) -> None:
        self._space = space

    def all_calls(self) -> list[Call]:
        """Every call, in the order of arrival. `sim/openai_simulator/journal.py` lists the fields."""
        return self._space.journal()

    def calls(self, memories: Memories, endpoint: str) -> list[Call]:
        """The calls for some memories at one endpoint (`transcription` or `chat`)."""
        wanted = set(memories.ids)
        return [call for call in self.all_calls() if call["memory_id"] in wanted and call["endpoint"] == endpoint]

    def peak_concurrency(self) -> int:
        """The highest number of calls at the same time."""
        calls = self.all_calls()
        begins = [(call["time"], 1) for call in calls]
        ends = [(call["time"] + (call["duration_seconds"] or 0.0), -1) for call in calls]
        peak = running = 0
        for _, change in sorted([*begins, *ends]):
            running += change
            peak = max(peak, running)
        return peak
