"""Retries that a memory's owner asks for: process a failed memory, analyse a transcript whose analysis was given up.

Both keep what is committed: a saved transcript is never paid for again. The new job is sent through the outbox like any
other. The dead letter of a failed memory, if it has one, stays in its queue; `rawk dlq` shows it as `done` once the
memory is complete. A memory that failed for its own recording may be retried, too: another model or another limit may
accept it. Each such retry costs one call to OpenAI.
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
    """The use case. Both methods raise MemoryNotFound and DatabaseUnavailable, which may hide a commit."""

    memories: MemoryStore
    queue: JobQueue
    clock: Clock
    outbox_grace: timedelta

    def process(self, tenant: str, memory_id: str) -> Memory:
        """Queue a failed memory again. Raises NotFailed."""
        now = self.clock.now()
        accepted = _found(self.memories.retry(tenant, memory_id, now, now + self.outbox_grace))
        if not accepted.created:
            raise NotFailed(f"The memory is {accepted.memory.status}, and has not failed.")
        return self._dispatch(accepted, "retry_asked_for")

    def analyse(self, tenant: str, memory_id: str) -> Memory:
        """Queue an analysis again that was given up. Raises AnalysisNotGivenUp."""
        now = self.clock.now()
        accepted = _found(self.memories.retry_analysis(tenant, memory_id, now, now + self.outbox_grace))
        if not accepted.created:
            raise AnalysisNotGivenUp(f"The memory is {accepted.memory.status}, and its analysis was not given up.")
        return self._dispatch(accepted, "analysis_asked_for")

    def _dispatch(self, accepted: Accepted, event: str) -> Memory:
        log.info(event, memory_id=accepted.memory.id)
        Dispatch(self.memories, self.queue).send(accepted)
        return accepted.memory


def _found(accepted: Accepted | None) -> Accepted:
    if accepted is None:
        raise MemoryNotFound("There is no such memory.")
    return accepted
