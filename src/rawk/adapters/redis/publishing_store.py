"""A memory store that publishes a notification after each commit, so that no use case can forget it."""

from datetime import datetime

from rawk.domain.memory import Analysis, Status, Usage
from rawk.ports import (
    Accepted,
    AnalysisFailure,
    Claim,
    Claimed,
    ClaimRequest,
    Lease,
    MemoryFailure,
    MemoryStore,
    NewTranscript,
    StatusNotifications,
    SubmittedUpload,
)


class PublishingMemoryStore:
    """`ports.MemoryStore` in front of another one. Each call is one transaction: when it returns, it is committed.

    Two changes are not published: a commit whose answer was lost, and an analysis that the sweep gives up. Subscribers
    see them when they poll. A memory that is only being accepted has no subscribers yet.
    """

    def __init__(self, memories: MemoryStore, notifications: StatusNotifications) -> None:
        self._memories = memories
        self._publish = notifications.publish

        # Calls that change nothing a subscriber can see.
        self.accept = memories.accept
        self.begin_upload = memories.begin_upload
        self.get = memories.get
        self.find = memories.find
        self.summary = memories.summary
        self.page = memories.page
        self.history = memories.history
        self.claim_outbox = memories.claim_outbox
        self.mark_sent = memories.mark_sent
        self.queue_due_analyses = memories.queue_due_analyses
        self.has_waiting_since = memories.has_waiting_since
        self.known_audio = memories.known_audio
        self.deleted_by = memories.deleted_by
        self.delete_tombstones = memories.delete_tombstones
        self.release = memories.release
        self.figures = memories.figures
        self.check = memories.check

    # intake and retries

    def submit_upload(self, upload: SubmittedUpload, now: datetime, relay_from: datetime) -> Accepted | None:
        return self._publish_accepted(self._memories.submit_upload(upload, now, relay_from))

    def retry(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        return self._publish_accepted(self._memories.retry(tenant, memory_id, now, relay_from))

    def retry_analysis(self, tenant: str, memory_id: str, now: datetime, relay_from: datetime) -> Accepted | None:
        return self._publish_accepted(self._memories.retry_analysis(tenant, memory_id, now, relay_from))

    def _publish_accepted(self, accepted: Accepted | None) -> Accepted | None:
        if accepted is not None and accepted.created:
            self._publish(accepted.memory.id)
        return accepted

    # deletion

    def withdraw_upload(self, tenant: str, memory_id: str) -> str | None:
        return self._publish_deleted(memory_id, self._memories.withdraw_upload(tenant, memory_id))

    def delete(self, tenant: str, memory_id: str, now: datetime) -> str | None:
        return self._publish_deleted(memory_id, self._memories.delete(tenant, memory_id, now))

    def _publish_deleted(self, memory_id: str, audio_key: str | None) -> str | None:
        if audio_key is not None:
            self._publish(memory_id)
        return audio_key

    # the sweep

    def fail_abandoned(self, processing_since: datetime, waiting_since: datetime, now: datetime) -> list[str]:
        return self._publish_all(self._memories.fail_abandoned(processing_since, waiting_since, now))

    def delete_unsubmitted_uploads(self, begun_before: datetime) -> list[str]:
        return self._publish_all(self._memories.delete_unsubmitted_uploads(begun_before))

    def _publish_all(self, memory_ids: list[str]) -> list[str]:
        for memory_id in memory_ids:
            self._publish(memory_id)
        return memory_ids

    # processing

    def claim(self, request: ClaimRequest, now: datetime) -> Claim:
        claim = self._memories.claim(request, now)
        if isinstance(claim, Claimed) and claim.memory.status is Status.PROCESSING:
            self._publish(request.memory_id)
        return claim

    def save_transcript(self, lease: Lease, transcript: NewTranscript, now: datetime) -> None:
        self._memories.save_transcript(lease, transcript, now)
        self._publish(lease.memory_id)

    def save_analysis(self, lease: Lease, analysis: Analysis, usage: Usage, now: datetime) -> None:
        self._memories.save_analysis(lease, analysis, usage, now)
        self._publish(lease.memory_id)

    def postpone_analysis(self, lease: Lease, failure: AnalysisFailure, now: datetime) -> None:
        self._memories.postpone_analysis(lease, failure, now)
        if failure.retry_at is None:
            self._publish(lease.memory_id)

    def fail(self, lease: Lease, failure: MemoryFailure, now: datetime) -> None:
        self._memories.fail(lease, failure, now)
        self._publish(lease.memory_id)
