"""A memory store that announces what it has committed, so that no use case can forget to."""

from datetime import datetime

from rawk.domain.memory import Analysis, FailureReason, Status, Usage
from rawk.ports import Accepted, Claim, Claimed, Lease, MemoryStore, StatusNotifications


class PublishingMemoryStore:
    """`ports.MemoryStore` in front of another one. Each call is one transaction: when it is back, it is committed.

    A commit whose answer was lost is not announced, nor is an analysis that the sweep gives up: whoever follows the
    memory sees them when it looks by itself. Nobody follows yet what is only being accepted.
    """

    def __init__(self, memories: MemoryStore, news: StatusNotifications) -> None:
        self._memories = memories
        self._announce = news.announce

        # What changes nothing that a follower is told.
        self.accept = memories.accept
        self.begin_upload = memories.begin_upload
        self.get = memories.get
        self.find = memories.find
        self.page = memories.page
        self.history = memories.history
        self.claim_outbox = memories.claim_outbox
        self.mark_sent = memories.mark_sent
        self.queue_due_analyses = memories.queue_due_analyses
        self.known_audio = memories.known_audio
        self.forget_deleted = memories.forget_deleted
        self.release = memories.release
        self.figures = memories.figures
        self.check = memories.check

    # taking in, and once more

    def submit_upload(
        self, tenant: str, memory_id: str, content_type: str, size_bytes: int, now: datetime, send_again_at: datetime
    ) -> Accepted | None:
        accepted = self._memories.submit_upload(tenant, memory_id, content_type, size_bytes, now, send_again_at)
        return self._announce_accepted(accepted)

    def retry(self, tenant: str, memory_id: str, now: datetime, send_again_at: datetime) -> Accepted | None:
        return self._announce_accepted(self._memories.retry(tenant, memory_id, now, send_again_at))

    def ask_for_analysis(self, tenant: str, memory_id: str, now: datetime, send_again_at: datetime) -> Accepted | None:
        return self._announce_accepted(self._memories.ask_for_analysis(tenant, memory_id, now, send_again_at))

    def _announce_accepted(self, accepted: Accepted | None) -> Accepted | None:
        if accepted is not None and accepted.created:
            self._announce(accepted.memory.id)
        return accepted

    # removing

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        return self._announce_removed(memory_id, self._memories.withdraw_upload(tenant, memory_id))

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        return self._announce_removed(memory_id, self._memories.delete(tenant, memory_id, now))

    def _announce_removed(self, memory_id: str, audio_key: str | None) -> str | None:
        if audio_key is not None:
            self._announce(memory_id)
        return audio_key

    # the sweep

    def fail_abandoned(self, processing_since: datetime, queued_since: datetime, now: datetime) -> list[str]:
        return self._announce_all(self._memories.fail_abandoned(processing_since, queued_since, now))

    def forget_uploads(self, begun_before: datetime) -> list[str]:
        return self._announce_all(self._memories.forget_uploads(begun_before))

    def _announce_all(self, memory_ids: list[str]) -> list[str]:
        for memory_id in memory_ids:
            self._announce(memory_id)
        return memory_ids

    # working off

    def claim(self, memory_id: str, message_id: str, token: str, now: datetime, expires_at: datetime) -> Claim:
        claim = self._memories.claim(memory_id, message_id, token, now, expires_at)
        if isinstance(claim, Claimed) and claim.memory.status is Status.PROCESSING:
            self._announce(memory_id)
        return claim

    def save_transcript(
        self, lease: Lease, transcript: str, usage: Usage, now: datetime, analysis_due_at: datetime
    ) -> None:
        self._memories.save_transcript(lease, transcript, usage, now, analysis_due_at)
        self._announce(lease.memory_id)

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        self._memories.save_analysis(lease, analysis, usage, now)
        self._announce(lease.memory_id)

    def postpone_analysis(
        self,
        lease: Lease,
        reason: FailureReason,
        detail: str,
        usage: Usage,
        now: datetime,
        due_at: datetime | None,
    ) -> None:
        self._memories.postpone_analysis(lease, reason, detail, usage, now, due_at)
        if due_at is None:
            self._announce(lease.memory_id)

    def fail(
        self, lease: Lease, message_id: str, reason: FailureReason, detail: str, usage: Usage, now: datetime
    ) -> None:
        self._memories.fail(lease, message_id, reason, detail, usage, now)
        self._announce(lease.memory_id)
