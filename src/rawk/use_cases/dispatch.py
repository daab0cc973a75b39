"""Seeing a job off whose outbox row is committed: send it, then remove the row. The relay makes up for what fails."""

from dataclasses import dataclass

from rawk.domain.errors import RawkError, Unavailable
from rawk.domain.messages import Job
from rawk.log import log
from rawk.ports import Accepted, JobQueue, MemoryStore


@dataclass(frozen=True, slots=True)
class Dispatch:
    memories: MemoryStore
    queue: JobQueue

    def send(self, accepted: Accepted) -> None:
        """Whatever happens here, what was accepted stays so: the outbox holds the job until it was marked sent."""
        if accepted.outbox_id is None:
            return  # somebody has sent it already
        job = Job(accepted.memory.id, accepted.memory.correlation_id)
        try:
            self.queue.send(job)
            self.memories.mark_sent(accepted.outbox_id)
        except Unavailable as trouble:
            log.warning("job_left_to_relay", memory_id=job.memory_id, part=trouble.part, error=str(trouble))
        except RawkError as trouble:
            log.error("job_left_to_relay", memory_id=job.memory_id, error=str(trouble))
