"""One bug of the product for each invariant of the explorer, put in by replacing a function of the running process.

A bug is seen by its invariant before any other. The patches in `tests/mutants/explorer` show more, in minutes: that no
other invariant sees theirs at all.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rawk.adapters.postgres import in_memory, in_memory_rows
from rawk.adapters.postgres.claims import claim_without_lease, steps_into_work
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.in_memory_rows import RequestKey, Tombstone
from rawk.adapters.s3.store import S3AudioStore
from rawk.adapters.sqs.queue import SqsDeadLetters
from rawk.config import QueueLimits
from rawk.domain.audio_keys import audio_key
from rawk.domain.memory import FailureReason, Memory, Status, Usage
from rawk.ports import AnalysisFailure, Busy, ClaimRequest, Lease
from rawk.use_cases import direct_uploads, list_memories, recovery
from rawk.use_cases.dead_letters import ClassifiedDeadLetter, DeadLetterOperations, Selection
from rawk.use_cases.dispatch import Dispatch
from rawk.use_cases.processing import handler
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.processing.transcription import transcribe
from rawk.use_cases.recovery import Recovery
from rawk.use_cases.retry_budget import RetryBudget
from sim.explorer.invariants import names
from sim.explorer.world import clients

type Bug = Callable[[pytest.MonkeyPatch], None]


def audio_removed_after_processing(patch: pytest.MonkeyPatch) -> None:
    right = handler._process

    def wrong(claimed: ClaimedJob) -> Any:
        outcome = right(claimed)
        claimed.services.audio.delete(claimed.memory.audio_key)
        return outcome

    patch.setattr(handler, "_process", wrong)


def transcribed_although_there_is_a_transcript(patch: pytest.MonkeyPatch) -> None:
    right = handler._transcribe_and_analyse

    def wrong(claimed: ClaimedJob) -> Any:
        if claimed.memory.transcript is not None:
            transcribe(claimed)
        return right(claimed)

    patch.setattr(handler, "_transcribe_and_analyse", wrong)


def transcript_cut_when_the_analysis_is_given_up(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.postpone_analysis

    def wrong(self: InMemoryMemoryStore, lease: Lease, failure: AnalysisFailure, now: datetime) -> None:
        right(self, lease, failure, now)
        row = self.rows[lease.memory_id]
        if failure.retry_at is None:
            row.change(now, transcript=(row.memory.transcript or "")[:5])

    patch.setattr(InMemoryMemoryStore, "postpone_analysis", wrong)


def redriven_memories_skip_queued(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(in_memory, "steps_into_work", lambda status: steps_into_work(status)[-1:])


def lists_without_tenant(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: InMemoryMemoryStore, *_: object) -> list[Memory]:
        return [row.memory for row in self.rows.values()]

    patch.setattr(InMemoryMemoryStore, "page", wrong)


def idempotency_keys_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RequestKey, "is_repeated_by", lambda self, other: self.memory_id == other.memory_id)


def complete_memories_stay_after_deletion(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.delete

    def wrong(self: InMemoryMemoryStore, tenant: str, memory_id: str, now: datetime) -> str | None:
        row = self.rows.get(memory_id)
        if row is None or row.memory.tenant != tenant or row.memory.status is not Status.COMPLETE:
            return right(self, tenant, memory_id, now)
        self._tombstones[memory_id] = Tombstone.of(row.request, now)
        return "audio/of-no-memory"

    patch.setattr(InMemoryMemoryStore, "delete", wrong)


def redrive_removes_dead_letters(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        self: DeadLetterOperations, selection: Selection, limit: int, max_per_second: int | None
    ) -> Iterator[ClassifiedDeadLetter]:
        del max_per_second
        for classified in self.classify(limit):
            if selection.takes(classified):
                self.letters.remove(classified.letter)
                yield classified

    patch.setattr(DeadLetterOperations, "redrive_only", wrong)


def leases_ignored(patch: pytest.MonkeyPatch) -> None:
    def wrong(memory: Memory, request: ClaimRequest, now: datetime) -> Any:
        claim = claim_without_lease(memory, request, now)
        return None if isinstance(claim, Busy) else claim

    patch.setattr(in_memory, "claim_without_lease", wrong)


def deadline_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RetryBudget, "remaining_seconds", lambda self: 1000.0)  # noqa: ARG005


def tries_not_counted(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: RetryBudget, tries_made: int, wait_seconds: float) -> bool:
        del tries_made
        return self.clock.now() + timedelta(seconds=wait_seconds + 1) < self.ends_at

    patch.setattr(RetryBudget, "_another_try_fits", wrong)


def release_counts_a_call_too_many(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.release

    def wrong(self: InMemoryMemoryStore, lease: Lease, usage: Usage, now: datetime) -> None:
        right(self, lease, usage + Usage(openai_calls=1), now)

    patch.setattr(InMemoryMemoryStore, "release", wrong)


def every_failure_is_missing_audio(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.fail
    patch.setattr(
        InMemoryMemoryStore,
        "fail",
        lambda self, lease, failure, now: right(self, lease, replace(failure, reason=FailureReason.AUDIO_MISSING), now),
    )


def summaries_are_empty(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.save_analysis
    patch.setattr(
        InMemoryMemoryStore,
        "save_analysis",
        lambda self, lease, analysis, usage, now: right(self, lease, replace(analysis, summary=""), usage, now),
    )


def due_analyses_never_queued(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recovery, "queue_due_analyses", lambda self: 0)  # noqa: ARG005


def dispatch_raises_an_undeclared_error(patch: pytest.MonkeyPatch) -> None:
    def wrong(self: Dispatch, accepted: object) -> None:
        raise RuntimeError(f"{self} cannot send {accepted}")

    patch.setattr(Dispatch, "send", wrong)


def outbox_sent_half_an_hour_late(patch: pytest.MonkeyPatch) -> None:
    right = InMemoryMemoryStore.claim_outbox

    def wrong(self: InMemoryMemoryStore, now: datetime, next_due_at: datetime, limit: int) -> Any:
        return right(self, now - timedelta(minutes=30), next_due_at, limit)

    patch.setattr(InMemoryMemoryStore, "claim_outbox", wrong)


def abandoned_after_one_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(QueueLimits, "longest_silence_seconds", lambda self, seconds: seconds)  # noqa: ARG005


def tombstones_kept_for_a_day(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recovery, "TOMBSTONES_KEPT_FOR", timedelta(days=1))


def tombstones_never_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Recovery, "delete_old_tombstones", lambda self: 0)  # noqa: ARG005


def forms_write_accepted_audio(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(direct_uploads, "incoming_key", audio_key)
    patch.setattr(direct_uploads, "accepted_copy_key", lambda tenant, memory_id, _: audio_key(tenant, memory_id))


def titles_cut(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(in_memory_rows, "storable", lambda text: text[:3])


def audio_fetched_twice(patch: pytest.MonkeyPatch) -> None:
    right = S3AudioStore.fetch

    def wrong(self: S3AudioStore, key: str) -> bytes:
        right(self, key)
        return right(self, key)

    patch.setattr(S3AudioStore, "fetch", wrong)


def lists_end_after_one_page(patch: pytest.MonkeyPatch) -> None:
    right = list_memories.page_of
    patch.setattr(clients, "page_of", lambda *arguments: replace(right(*arguments), next=None))


def redrives_take_one_receive(patch: pytest.MonkeyPatch) -> None:
    right = SqsDeadLetters.peek

    def wrong(self: SqsDeadLetters, limit: int) -> Any:
        del limit
        return right(self, 1)

    patch.setattr(SqsDeadLetters, "peek", wrong)


DOCTORED_PRODUCTS: dict[str, Bug] = {
    names.NOTHING_LOST: audio_removed_after_processing,
    names.PAID_ONCE: transcribed_although_there_is_a_transcript,
    names.NO_TRANSCRIPT_ERASED: transcript_cut_when_the_analysis_is_given_up,
    names.STATUS_FORWARD: redriven_memories_skip_queued,
    names.TENANT_ISOLATION: lists_without_tenant,
    names.IDEMPOTENCY: idempotency_keys_ignored,
    names.STAYS_DELETED: complete_memories_stay_after_deletion,
    names.RETRYABLE: redrive_removes_dead_letters,
    names.ONE_WORKER: leases_ignored,
    names.IN_TIME: deadline_ignored,
    names.BUDGET: tries_not_counted,
    names.COST_RECORDED: release_counts_a_call_too_many,
    names.TRUE_REASON: every_failure_is_missing_audio,
    names.COMPLETENESS: summaries_are_empty,
    names.DRAINS: due_analyses_never_queued,
    names.OUTBOX_SENT_IN_TIME: outbox_sent_half_an_hour_late,
    names.NOT_ABANDONED_EARLY: abandoned_after_one_lease,
    names.TOMBSTONES_KEPT: tombstones_kept_for_a_day,
    names.TOMBSTONES_FORGOTTEN: tombstones_never_forgotten,
    names.AUDIO_UNCHANGED: forms_write_accepted_audio,
    names.TITLE_KEPT: titles_cut,
    names.ECONOMY: audio_fetched_twice,
    names.LISTED: lists_end_after_one_page,
    names.REDRIVEN: redrives_take_one_receive,
    names.NO_UNDECLARED_ERROR: dispatch_raises_an_undeclared_error,
}
"""Invariant → a bug that it must see before any other invariant does."""
