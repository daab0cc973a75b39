"""Sending a job whose outbox row is committed: send it, then remove the row. The relay retries what fails."""

from dataclasses import dataclass

from rawk.domain.errors import RawkError, Unavailable
from rawk.domain.messages import Job
from rawk.log import log
from rawk.ports import Accepted, JobQueue, MemoryStore
from rawk.trace_context import current_traceparent


@dataclass(frozen=True, slots=True)
class Dispatch:
    memories: MemoryStore
    queue: JobQueue

    def send(self, accepted: Accepted) -> None:
        """Raises nothing: the outbox keeps the job until it is marked sent."""
        if accepted.outbox_id is None:
            return  # the job was sent already
        job = Job(accepted.memory.id, accepted.memory.correlation_id, current_traceparent())
        try:
            self.queue.send(job)
            self.memories.mark_sent(accepted.outbox_id)
        except Unavailable as error:
            log.warning("job_left_to_relay", memory_id=job.memory_id, part=error.part, error=str(error))
        except RawkError as error:
            log.error("job_left_to_relay", memory_id=job.memory_id, error=str(error))
