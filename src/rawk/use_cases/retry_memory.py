"""What a memory's owner may ask for once more: processing what failed, analysing what was given up.

Both keep what is there: a saved transcript is never paid for again, and its new job goes the way of every other, by the
outbox. The dead letter of a failed memory stays where it is; `rawk dlq` shows it as `done` once the memory is.
"""

from dataclasses import dataclass
from datetime import timedelta

from rawk.domain.errors import AnalysisNotGivenUp, MemoryNotFound, NotFailed
from rawk.domain.memory import Memory
from rawk.log import log
from rawk.ports import Accepted, Clock, JobQueue, MemoryStore
from rawk.use_cases.dispatch import Dispatch


@dataclass(frozen=True, slots=True)
class RetryMemory:
    """The use case. Both raise MemoryNotFound and DatabaseUnavailable, which may hide a commit that was made."""

    memories: MemoryStore
    queue: JobQueue
    clock: Clock
    outbox_grace: timedelta

    def process(self, tenant: str, memory_id: str) -> Memory:
        """Raises NotFailed."""
        now = self.clock.now()
        accepted = _found(self.memories.retry(tenant, memory_id, now, now + self.outbox_grace))
        if not accepted.created:
            raise NotFailed(f"The memory is {accepted.memory.status}, and has not failed.")
        return self._see_off(accepted, "retry_asked_for")

    def analyse(self, tenant: str, memory_id: str) -> Memory:
        """Raises AnalysisNotGivenUp."""
        now = self.clock.now()
        accepted = _found(self.memories.retry_analysis(tenant, memory_id, now, now + self.outbox_grace))
        if not accepted.created:
            raise AnalysisNotGivenUp(f"The memory is {accepted.memory.status}, and its analysis was not given up.")
        return self._see_off(accepted, "analysis_asked_for")

    def _see_off(self, accepted: Accepted, event: str) -> Memory:
        log.info(event, memory_id=accepted.memory.id)
        Dispatch(self.memories, self.queue).send(accepted)
        return accepted.memory


def _found(accepted: Accepted | None) -> Accepted:
    if accepted is None:
        raise MemoryNotFound("There is no such memory.")
    return accepted
