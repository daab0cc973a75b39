"""What OpenAI saw of us: its own record of every call, not what the product believes."""

from typing import Any

from sim.openai_simulator.client import Space
from sim.scenario.memories import Memories

Call = dict[str, Any]


class OpenAIUsage:
    def __init__(self, space: Space) -> None:
        self._space = space

    def all_calls(self) -> list[Call]:
        """In the order they came; see `openai_server/journal.py` for what stands in each."""
        return self._space.journal()

    def calls(self, memories: Memories, endpoint: str) -> list[Call]:
        """Those for some memories at one endpoint (`transcription`, `chat`)."""
        wanted = set(memories.ids)
        return [call for call in self.all_calls() if call["memory_id"] in wanted and call["endpoint"] == endpoint]

    def most_at_once(self) -> int:
        """How many calls were under way at the same time, at most."""
        calls = self.all_calls()
        begins = [(call["time"], 1) for call in calls]
        ends = [(call["time"] + (call["duration_seconds"] or 0.0), -1) for call in calls]
        most = now = 0
        for _, change in sorted([*begins, *ends]):
            now += change
            most = max(most, now)
        return most
