"""Which claims get no new lease, and what they are answered: the same for every memory store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rawk.adapters.postgres.claims import claim_without_lease
from rawk.domain.memory import AnalysisState, FailureReason, Memory, Status
from rawk.ports import AwaitingDeadLetter, Busy, Claimed, ClaimRequest, Finished, Lease, Unknown

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=330)
REQUEST = ClaimRequest("memory-1", "message-1", "my token", LATER)
MEMORY = Memory(
    id="memory-1",
    tenant="acme",
    status=Status.QUEUED,
    audio_key="audio/acme/memory-1",
    audio_content_type="audio/wav",
    audio_bytes=12,
    correlation_id="corr-1",
    created_at=NOW,
    updated_at=NOW,
)


def memory(status: Status, **columns: Any) -> Memory:
    return replace(MEMORY, status=status, **columns)


def leased(token: str, expires_at: datetime) -> Memory:
    return memory(Status.PROCESSING, lease_token=token, lease_expires_at=expires_at)


@pytest.mark.parametrize(
    "finished",
    [
        memory(Status.COMPLETE),
        memory(Status.TRANSCRIPT_ONLY, analysis_state=AnalysisState.GAVE_UP),
        memory(Status.FAILED, failure_reason=FailureReason.AUDIO_UNREADABLE, failed_message_id="another message"),
    ],
)
def test_a_finished_memory_is_given_back_as_it_is(finished: Memory) -> None:
    assert claim_without_lease(finished, REQUEST, NOW) == Finished(finished)


def test_a_failed_memory_waits_for_its_own_message_alone() -> None:
    failed = memory(Status.FAILED, failure_reason=FailureReason.CONFIGURATION, failed_message_id="message-1")

    assert claim_without_lease(failed, REQUEST, NOW) == AwaitingDeadLetter(failed)
    assert claim_without_lease(replace(failed, failed_message_id="another message"), REQUEST, NOW) is None


def test_an_upload_that_was_not_submitted_is_unknown() -> None:
    assert claim_without_lease(memory(Status.UPLOADING), REQUEST, NOW) == Unknown()


@pytest.mark.parametrize("status", [Status.QUEUED, Status.PROCESSING, Status.TRANSCRIPT_ONLY])
def test_a_memory_without_a_lease_may_be_leased(status: Status) -> None:
    assert claim_without_lease(memory(status), REQUEST, NOW) is None


def test_the_same_token_gets_its_own_lease_again() -> None:
    mine = leased("my token", LATER)

    assert claim_without_lease(mine, REQUEST, NOW) == Claimed(mine, Lease("memory-1", "my token", LATER), False)


def test_the_lease_of_another_holds_until_it_expires() -> None:
    other = leased("another token", LATER)

    assert claim_without_lease(other, REQUEST, LATER - timedelta(microseconds=1)) == Busy(LATER)
    assert claim_without_lease(other, REQUEST, LATER) is None
