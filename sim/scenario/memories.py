"""Recordings that a client uploaded, and their memories as the API returns them."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.clients import ApiClients


@dataclass(frozen=True)
class AcceptedRecording:
    """One recording that the API accepted, with its true transcript."""

    memory_id: str
    tenant: str
    sha256: str
    transcript: str | None
    """None for audio that is not one of `sim.recordings`."""
    title: str | None = None
    idempotency_key: str | None = None
    summary: str | None = None
    """The true summary of its transcript."""


class Memories:
    """Some accepted recordings. Every property is read from the API anew.

    The methods without arguments are conditions: `sim.run_until(memories.all_complete, within=minutes(5))`.
    """

    recordings: list[AcceptedRecording]
    """The recordings, in the order of the uploads."""

    def __init__(self, clients: "ApiClients", recordings: list[AcceptedRecording]) -> None:
        self._clients = clients
        self.recordings = recordings

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def ids(self) -> list[str]:
        """The ids of the memories, in the order of the uploads."""
        return [each.memory_id for each in self.recordings]

    def fetch(self) -> list[dict[str, Any]]:
        """Each memory with its transcript, in the order of the uploads: one request for each."""
        return [self._clients.get_memory(each.memory_id, each.tenant).json() for each in self.recordings]

    @property
    def one(self) -> dict[str, Any]:
        """The only memory. Raises ValueError if there are more."""
        (memory,) = self.fetch()
        return memory

    def listed(self) -> list[dict[str, Any]]:
        """Each memory without its transcript: one request for each tenant."""
        wanted = set(self.ids)
        tenants = sorted({each.tenant for each in self.recordings})
        return [
            memory for tenant in tenants for memory in self._clients.list_memories(tenant) if memory["id"] in wanted
        ]

    @property
    def statuses(self) -> dict[str, int]:
        """Number of memories by status, such as `{"complete": 3, "queued": 1}`."""
        return dict(Counter(memory["status"] for memory in self.listed()))

    @property
    def analysis_states(self) -> dict[str | None, int]:
        """Number of memories by state of the analysis."""
        return dict(Counter(memory["analysis_state"] for memory in self.listed()))

    @property
    def failure_reasons(self) -> dict[str | None, int]:
        """Number of memories by failure reason; None for those without a failure."""
        return dict(Counter((memory["failure"] or {}).get("reason") for memory in self.listed()))

    def all_complete(self) -> bool:
        """Every memory has its transcript and its analysis."""
        return self.statuses == {"complete": len(self)}

    def all_failed(self) -> bool:
        """Every memory has the status `failed`."""
        return self.statuses == {"failed": len(self)}

    def all_transcript_only(self) -> bool:
        """Every memory has a transcript and no analysis."""
        return self.statuses == {"transcript_only": len(self)}

    def all_waiting_for_analysis(self) -> bool:
        """Every memory has its transcript, a failed analysis, and another analysis scheduled."""
        memories = self.listed()
        return len(memories) == len(self) and all(
            memory["status"] == "transcript_only" and memory["analysis_state"] == "pending" and memory["failure"]
            for memory in memories
        )

    def all_have_transcripts(self) -> bool:
        """Every memory has a transcript."""
        return all(memory["transcript"] is not None for memory in self.fetch())

    def all_have_correct_transcripts(self) -> bool:
        """Every memory has the transcript of its own recording, word for word."""
        expected = [each.transcript for each in self.recordings]
        return expected == [memory["transcript"] for memory in self.fetch()]

    def all_have_their_titles(self) -> bool:
        """Every memory has the title that its client gave, or none."""
        return [each.title for each in self.recordings] == [memory["title"] for memory in self.fetch()]

    def all_have_analyses_of_the_whole(self) -> bool:
        """Every memory that has an analysis has the one of its whole transcript."""
        pairs = zip(self.recordings, self.fetch(), strict=True)
        return all(
            memory["analysis"] is None or memory["analysis"]["summary"] == each.summary for each, memory in pairs
        )
