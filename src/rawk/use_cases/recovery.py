"""Recovery, which runs every minute: the relay and the sweep.

The relay sends the jobs that intake could not send, and those that are dead letters although no worker gave them up.
The sweep queues analyses again, fails memories that no job will ever reach, deletes uploads that were not submitted,
removes audio that belongs to no memory, and forgets memories that were deleted long ago.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import NamedTuple

from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.errors import QueueUnavailable, Unavailable
from rawk.domain.messages import Job
from rawk.log import bound, log
from rawk.ports import AudioStore, Clock, JobQueue, MemoryStore
from rawk.use_cases.dead_letters import UNPROCESSED, DeadLetterOperations, Selection

BATCH = 100
TOMBSTONES_KEPT_FOR = timedelta(days=30)
"""Longer than a message and its redrive exist, whatever the queues' retention: SQS keeps a message for 14 days at most
since it was sent, in the jobs queue and the dead-letter queue together, and a redriven one for 14 days again."""

AUDIO_SWEPT_EVERY = timedelta(hours=1)
"""The sweep lists all audio, which costs money, and nothing waits for it."""

_OF_NO_WORKER = Selection(whys=frozenset({UNPROCESSED}))

DEAD_LETTERS_EACH_RUN = 1000
"""Most dead letters that one run reads."""

FRUITLESS_READ_REPEATED_AFTER = timedelta(minutes=10)
"""Reading dead letters hides them from operators for seconds. If all of them wait for an operator, the next runs leave
them alone."""


@dataclass(frozen=True, slots=True)
class RecoveryPolicy:
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    outbox_grace: timedelta
    orphan_audio_after: timedelta
    batch: int = BATCH
    """Rows of one query."""


class Recovered(NamedTuple):
    """What one run did. The log line and the relay function's response have the same fields."""

    sent: int
    redriven: int
    analyses_queued: int
    abandoned: int
    uploads_forgotten: int
    orphans_removed: int
    tombstones_removed: int


@dataclass(slots=True)
class Recovery:
    """The use case. Raises DatabaseUnavailable; an outage of queue or store is logged and does not stop the rest."""

    memories: MemoryStore
    audio: AudioStore
    queue: JobQueue
    dead_letters: DeadLetterOperations
    clock: Clock
    policy: RecoveryPolicy
    _audio_swept_at: datetime | None = field(default=None, init=False)
    _read_in_vain_at: datetime | None = field(default=None, init=False)
    """Both by this instance only: another one sweeps or reads again, which does no harm."""

    def run(self) -> Recovered:
        uploads_forgotten = self.delete_unsubmitted_uploads()
        # The sweep first, so that the relay sends in the same run what the sweep puts into the outbox.
        analyses_queued = self.queue_due_analyses()
        abandoned = self.fail_abandoned()
        sent = self.relay()
        try:
            orphans_removed = self._sweep_audio_if_due()
        except Unavailable as error:
            log.warning("audio_not_swept", part=error.part, error=str(error))
            orphans_removed = 0
        tombstones_removed = self.delete_old_tombstones()
        redriven = self.redrive_unprocessed()  # last: among very many dead letters it lasts until Lambda kills the run
        done = Recovered(
            sent, redriven, analyses_queued, abandoned, uploads_forgotten, orphans_removed, tombstones_removed
        )
        log.info("recovery_ran", **done._asdict())
        return done

    def relay(self) -> int:
        """Send the jobs in the outbox. Stops at the first failure: the others are due again after the grace time."""
        sent = 0
        while True:
            now = self.clock.now()
            entries = self.memories.claim_outbox(now, now + self.policy.outbox_grace, self.policy.batch)
            for entry in entries:
                try:
                    self._send(entry.job)
                except QueueUnavailable as error:
                    log.warning("relay_stopped", memory_id=entry.job.memory_id, error=str(error), sent=sent)
                    return sent
                self.memories.mark_sent(entry.id)
                sent += 1
            if len(entries) < self.policy.batch:
                return sent

    def _send(self, job: Job) -> None:
        """Raises QueueUnavailable."""
        with bound(memory_id=job.memory_id, correlation_id=job.correlation_id):
            self.queue.send(job)
            log.info("job_relayed")

    def redrive_unprocessed(self) -> int:
        """Send dead letters again whose memories still wait for a worker.

        Lambda receives a job, is throttled until the visibility timeout ends, and receives it again: after the last
        receive SQS dead-letters a job that no worker has seen. So it does with a job whose workers found no database.
        """
        longest = timedelta(seconds=self.policy.queue_limits.soonest_death_seconds())
        now, redriven = self.clock.now(), 0
        if self._read_in_vain_at is not None and now - self._read_in_vain_at < FRUITLESS_READ_REPEATED_AFTER:
            return redriven
        self._read_in_vain_at = None
        if not self.memories.has_waiting_since(now - longest):
            return redriven  # most dead letters wait for an operator: they are read only when one may be among them
        try:
            if self.dead_letters.count():
                for letter in self.dead_letters.redrive_only(_OF_NO_WORKER, DEAD_LETTERS_EACH_RUN, None):
                    memory_id = letter.job.memory_id if letter.job else None
                    log.warning("unprocessed_job_redriven", memory_id=memory_id, message_id=letter.letter.message_id)
                    redriven += 1
                self._read_in_vain_at = None if redriven else now
        except QueueUnavailable as error:
            log.warning("dead_letters_not_redriven", error=str(error), redriven=redriven)
        return redriven

    def queue_due_analyses(self) -> int:
        now = self.clock.now()
        next_due_at = [now + gap for gap in self.policy.analysis_retry.gaps()]
        queued = self.memories.queue_due_analyses(now, next_due_at, self.policy.batch)
        for memory_id in queued:
            log.info("analysis_queued", memory_id=memory_id)
        return len(queued)

    def fail_abandoned(self) -> int:
        """Fail memories whose worker died on the job's last receive: the job is dead-lettered without a failure
        reason."""
        now = self.clock.now()
        limits = self.policy.queue_limits
        # A lease lasts longer than an invocation.
        processing_since = now - timedelta(seconds=limits.longest_silence_seconds(self.policy.lease_seconds))
        waiting_since = now - timedelta(seconds=limits.retention_seconds)
        abandoned = self.memories.fail_abandoned(processing_since, waiting_since, now)
        for memory_id in abandoned:
            log.error("memory_abandoned", memory_id=memory_id)
        return len(abandoned)

    def delete_unsubmitted_uploads(self) -> int:
        """Delete memories that were begun and never submitted. `sweep_audio` then removes their audio, if there is
        any."""
        deleted = self.memories.delete_unsubmitted_uploads(self.clock.now() - self.policy.orphan_audio_after)
        for memory_id in deleted:
            log.info("upload_forgotten", memory_id=memory_id)
        return len(deleted)

    def delete_old_tombstones(self) -> int:
        """Forget deleted memories: their idempotency keys are free again."""
        before, removed = self.clock.now() - TOMBSTONES_KEPT_FOR, 0
        while True:
            batch = self.memories.delete_tombstones(before, self.policy.batch)
            removed += batch
            if batch < self.policy.batch:
                return removed

    def _sweep_audio_if_due(self) -> int:
        now = self.clock.now()
        gap = min(AUDIO_SWEPT_EVERY, self.policy.orphan_audio_after)
        if self._audio_swept_at is not None and now - self._audio_swept_at < gap:
            return 0
        removed = self.sweep_audio()
        self._audio_swept_at = now
        return removed

    def sweep_audio(self) -> int:
        """Remove audio that belongs to no memory: its row was never written, or its removal with the memory failed."""
        removed = 0
        before = self.clock.now() - self.policy.orphan_audio_after
        for keys in batched(self.audio.older_than(before), self.policy.batch, strict=False):
            known = self.memories.known_audio(keys)
            for key in keys:
                if key not in known:
                    self.audio.delete(key)
                    removed += 1
        return removed
