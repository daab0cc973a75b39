"""A handful of recordings that somebody made, and what has become of them, as their owner sees it through the API."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.clients import ApiClients


@dataclass(frozen=True)
class Submitted:
    """One recording that the API accepted, with the words that are really in it."""

    memory_id: str
    tenant: str
    sha256: str
    transcript: str | None
    """None for audio that is none of our recordings."""


class Memories:
    """Every property is what the API says now, and fit for a condition: `sim.run_until(memories.all_complete, …)`."""

    def __init__(self, people: "ApiClients", submitted: list[Submitted]) -> None:
        self._people = people
        self.submitted = submitted

    def __len__(self) -> int:
        return len(self.submitted)

    @property
    def ids(self) -> list[str]:
        return [each.memory_id for each in self.submitted]

    def now(self) -> list[dict[str, Any]]:
        """Each memory as the API tells it, in the order they were recorded."""
        return [self._people.memory(each.memory_id, each.tenant).json() for each in self.submitted]

    @property
    def one(self) -> dict[str, Any]:
        """The only one there is."""
        (memory,) = self.now()
        return memory

    def listed(self) -> list[dict[str, Any]]:
        """Each memory as a list tells it: everything but what was said. One call for all, and so cheap to ask often."""
        wanted = set(self.ids)
        tenants = sorted({each.tenant for each in self.submitted})
        return [memory for tenant in tenants for memory in self._people.listed(tenant) if memory["id"] in wanted]

    @property
    def statuses(self) -> dict[str, int]:
        """How many have each status, such as `{"complete": 3, "queued": 1}`."""
        return dict(Counter(memory["status"] for memory in self.listed()))

    @property
    def analysis_states(self) -> dict[str | None, int]:
        return dict(Counter(memory["analysis_state"] for memory in self.listed()))

    @property
    def failure_reasons(self) -> dict[str | None, int]:
        return dict(Counter((memory["failure"] or {}).get("reason") for memory in self.listed()))

    def all_complete(self) -> bool:
        return self.statuses == {"complete": len(self)}

    def all_failed(self) -> bool:
        return self.statuses == {"failed": len(self)}

    def all_transcript_only(self) -> bool:
        return self.statuses == {"transcript_only": len(self)}

    def all_are_waiting_for_analysis(self) -> bool:
        """Readable, their analysis tried in vain and still to come."""
        memories = self.listed()
        return len(memories) == len(self) and all(
            memory["status"] == "transcript_only" and memory["analysis_state"] == "pending" and memory["failure"]
            for memory in memories
        )

    def all_have_transcripts(self) -> bool:
        return all(memory["transcript"] is not None for memory in self.now())

    def all_have_the_right_transcripts(self) -> bool:
        """The words that come back are those that were spoken, each with its own recording."""
        spoken = [each.transcript for each in self.submitted]
        return spoken == [memory["transcript"] for memory in self.now()]
