"""What runs every minute to bring forward what was left behind: the relay and the sweep.

The relay sends what intake wrote down and could not send. The sweep queues analyses again, fails what no message
will ever reach, forgets uploads that nobody submitted, and removes audio that no memory knows.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.errors import QueueUnavailable, Unavailable
from rawk.log import log
from rawk.ports import AudioStore, Clock, JobQueue, MemoryStore

BATCH = 100
TOMBSTONES_KEPT_FOR = timedelta(days=30)
"""Longer than any message can live: 4 days in the jobs queue, 14 in the dead-letter queue, and a redrive."""

AUDIO_SWEPT_EVERY = timedelta(hours=1)
"""It reads the list of all audio there is, for what is in no hurry: more often would only cost."""


@dataclass(frozen=True, slots=True)
class RecoveryPolicy:
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    outbox_grace: timedelta
    orphan_audio_after: timedelta


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one run did; also its log line and the relay Lambda's answer."""

    sent: int
    analyses_queued: int
    abandoned: int
    uploads_forgotten: int
    orphans_removed: int


@dataclass(slots=True)
class Recovery:
    """The use case. Raises what is down, after having done what could be done without it."""

    memories: MemoryStore
    audio: AudioStore
    queue: JobQueue
    clock: Clock
    policy: RecoveryPolicy
    _audio_swept_at: datetime | None = field(default=None, init=False)
    """By this very instance: another one sweeps anew, which does no harm."""

    def run(self) -> Recovered:
        uploads_forgotten = self.delete_unsubmitted_uploads()
        # The sweep first: what it puts into the outbox goes out with the same run.
        analyses_queued = self.queue_due_analyses()
        abandoned = self.fail_abandoned()
        sent = self.relay()
        try:
            orphans_removed = self._sweep_audio_if_due()
        except Unavailable as trouble:
            log.warning("audio_not_swept", part=trouble.part, error=str(trouble))
            orphans_removed = 0
        done = Recovered(sent, analyses_queued, abandoned, uploads_forgotten, orphans_removed)
        log.info("recovery_ran", **asdict(done))
        return done

    def relay(self) -> int:
        """Send what the outbox holds. Stops at the first refusal: the rest is due again after the grace time."""
        sent = 0
        while True:
            now = self.clock.now()
            entries = self.memories.claim_outbox(now, now + self.policy.outbox_grace, BATCH)
            for entry in entries:
                try:
                    self.queue.send(entry.job)
                except QueueUnavailable as trouble:
                    log.warning("relay_stopped", error=str(trouble), sent=sent)
                    return sent
                self.memories.mark_sent(entry.id)
                sent += 1
            if len(entries) < BATCH:
                return sent

    def queue_due_analyses(self) -> int:
        now = self.clock.now()
        next_due_at = [now + gap for gap in self.policy.analysis_retry.gaps()]
        return len(self.memories.queue_due_analyses(now, next_due_at, BATCH))

    def fail_abandoned(self) -> int:
        """A job whose worker died on its last receive lies in the dead-letter queue and nobody told the memory."""
        now = self.clock.now()
        limits = self.policy.queue_limits
        longest_gap = limits.gap_seconds(limits.max_receive_count)
        processing_since = now - timedelta(seconds=longest_gap + self.policy.lease_seconds)
        queued_since = now - timedelta(seconds=limits.retention_seconds)
        abandoned = self.memories.fail_abandoned(processing_since, queued_since, now)
        for memory_id in abandoned:
            log.error("memory_abandoned", memory_id=memory_id)
        return len(abandoned)

    def delete_unsubmitted_uploads(self) -> int:
        """Uploads that were begun and never submitted. Their audio, if any came, is then nobody's and swept as such."""
        forgotten = self.memories.delete_unsubmitted_uploads(self.clock.now() - self.policy.orphan_audio_after)
        for memory_id in forgotten:
            log.info("upload_forgotten", memory_id=memory_id)
        return len(forgotten)

    def _sweep_audio_if_due(self) -> int:
        now = self.clock.now()
        gap = min(AUDIO_SWEPT_EVERY, self.policy.orphan_audio_after)
        if self._audio_swept_at is not None and now - self._audio_swept_at < gap:
            return 0
        removed = self.sweep_audio()
        self._audio_swept_at = now
        return removed

    def sweep_audio(self) -> int:
        """Remove audio whose row never came, or whose removal with its memory failed."""
        removed = 0
        before = self.clock.now() - self.policy.orphan_audio_after
        for keys in batched(self.audio.older_than(before), BATCH, strict=False):
            known = self.memories.known_audio(keys)
            for key in keys:
                if key not in known:
                    self.audio.delete(key)
                    removed += 1
        return removed
