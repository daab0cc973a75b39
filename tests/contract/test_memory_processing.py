"""MemoryStore, processing: claims, leases, and what each write changes."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from rawk.domain.errors import LeaseLost
from rawk.domain.memory import ALLOWED_STEPS, RECORDING_FAULTS, AnalysisState, FailureReason, Memory, Status, Usage
from rawk.ports import (
    AnalysisFailure,
    AwaitingDeadLetter,
    Busy,
    Claimed,
    ClaimRequest,
    Deleted,
    Finished,
    Lease,
    MemoryFailure,
    MemoryStore,
    NewTranscript,
    Unknown,
)
from tests.contract.builders import (
    ANALYSIS,
    USAGE,
    accepted,
    an_id,
    at,
    claimed,
    completed,
    transcribed,
    waiting_for_analysis,
)

TWICE = Usage(openai_calls=2, billed_seconds=15.0)
OPENAI_DOWN = FailureReason.OPENAI_UNAVAILABLE


def found(store: MemoryStore, memory_id: str) -> Memory:
    memory = store.find(memory_id)
    assert memory is not None
    return memory


def usage(memory: Memory) -> Usage:
    return Usage(memory.openai_calls, memory.billed_seconds)


def statuses(store: MemoryStore, memory_id: str) -> list[str]:
    history = store.history(memory_id)
    assert [change.number for change in history] == list(range(1, len(history) + 1))
    assert {(before.status, after.status) for before, after in pairwise(history)} <= ALLOWED_STEPS
    return [change.status.value for change in history]


def failed(store: MemoryStore, message_id: str = "m1", reason: FailureReason = FailureReason.OPENAI_UNAVAILABLE) -> str:
    memory_id = accepted(store)
    lease = claimed(store, memory_id, message_id=message_id)
    store.fail(lease, MemoryFailure(message_id, reason, "503", USAGE), at(2))
    return memory_id


def gave_up(store: MemoryStore) -> str:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)
    store.postpone_analysis(lease, AnalysisFailure(FailureReason.ANALYSIS_REFUSED, "no", USAGE, None), at(3))
    return memory_id


# claim


def test_a_claim_leases_a_queued_memory_and_counts_the_attempt(store: MemoryStore) -> None:
    memory_id = accepted(store)

    claim = store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1))

    assert isinstance(claim, Claimed)
    assert claim.lease == Lease(memory_id, "t1", at(11))
    assert not claim.taken_over
    assert claim.memory == found(store, memory_id)
    assert (claim.memory.status, claim.memory.attempts) == (Status.PROCESSING, 1)
    assert (claim.memory.lease_token, claim.memory.lease_expires_at) == ("t1", at(11))
    assert claim.memory.updated_at == at(1)
    assert statuses(store, memory_id) == ["queued", "processing"]


def test_a_leased_memory_is_busy_until_its_lease_expires(store: MemoryStore) -> None:
    memory_id = accepted(store)
    claimed(store, memory_id, "t1", minute=1)

    assert store.claim(ClaimRequest(memory_id, "m2", "t2", at(30)), at(10.99)) == Busy(until=at(11))
    assert found(store, memory_id).attempts == 1


def test_an_expired_lease_is_taken_over(store: MemoryStore) -> None:
    memory_id = accepted(store)
    claimed(store, memory_id, "t1", minute=1)

    claim = store.claim(ClaimRequest(memory_id, "m1", "t2", at(21)), at(11))

    assert isinstance(claim, Claimed)
    assert claim.taken_over
    assert claim.lease.token == "t2"
    assert claim.memory.attempts == 2
    assert statuses(store, memory_id) == ["queued", "processing"]


def test_a_claim_repeated_after_a_lost_answer_gives_the_same_lease(store: MemoryStore) -> None:
    memory_id = accepted(store)
    first = store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1))
    assert store.claim(ClaimRequest(memory_id, "m1", "t1", at(12)), at(2)) == first


def test_a_released_memory_can_be_claimed_at_once(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.release(claimed(store, memory_id, "t1", minute=1), USAGE, at(2))

    claim = store.claim(ClaimRequest(memory_id, "m1", "t2", at(12)), at(2))

    assert isinstance(claim, Claimed)
    assert not claim.taken_over


def test_a_complete_memory_is_finished(store: MemoryStore) -> None:
    memory_id = completed(store)
    before = found(store, memory_id)
    assert store.claim(ClaimRequest(memory_id, "m2", "t2", at(19)), at(9)) == Finished(before)
    assert found(store, memory_id) == before


def test_a_memory_whose_analysis_was_given_up_is_finished(store: MemoryStore) -> None:
    memory_id = gave_up(store)
    assert store.claim(ClaimRequest(memory_id, "m2", "t2", at(19)), at(9)) == Finished(found(store, memory_id))


def test_a_memory_that_waits_for_its_analysis_stays_transcript_only_when_claimed(store: MemoryStore) -> None:
    memory_id = waiting_for_analysis(store)

    claim = store.claim(ClaimRequest(memory_id, "m2", "t2", at(70)), at(60))

    assert isinstance(claim, Claimed)
    assert claim.memory.status is Status.TRANSCRIPT_ONLY
    assert claim.memory.transcript == "Take the dill."
    assert statuses(store, memory_id) == ["queued", "processing", "transcript_only"]


def test_the_message_that_failed_a_memory_does_not_redrive_it(store: MemoryStore) -> None:
    memory_id = failed(store, message_id="m1")
    before = found(store, memory_id)
    assert store.claim(ClaimRequest(memory_id, "m1", "t2", at(13)), at(3)) == AwaitingDeadLetter(before)
    assert found(store, memory_id) == before


@pytest.mark.parametrize("message_id", ["m1", "m2"])
@pytest.mark.parametrize("reason", sorted(RECORDING_FAULTS))
def test_a_memory_whose_recording_is_at_fault_is_finished_for_every_message(
    store: MemoryStore, reason: FailureReason, message_id: str
) -> None:
    memory_id = failed(store, message_id="m1", reason=reason)
    before = found(store, memory_id)
    assert store.claim(ClaimRequest(memory_id, message_id, "t2", at(13)), at(3)) == Finished(before)
    assert found(store, memory_id) == before


def test_another_message_redrives_a_failed_memory(store: MemoryStore) -> None:
    memory_id = failed(store, message_id="m1")

    claim = store.claim(ClaimRequest(memory_id, "m2", "t2", at(13)), at(3))

    assert isinstance(claim, Claimed)
    assert claim.memory.status is Status.PROCESSING
    assert claim.memory.failure_reason is None
    assert claim.memory.failure_detail is None
    assert claim.memory.failed_message_id is None
    assert usage(claim.memory) == USAGE
    assert statuses(store, memory_id) == ["queued", "processing", "failed", "queued", "processing"]
    assert {change.at for change in store.history(memory_id)[3:]} == {at(3)}


def test_a_deleted_memory_is_deleted_and_an_unaccepted_one_unknown(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.delete("acme", memory_id, at(1))
    assert store.claim(ClaimRequest(memory_id, "m1", "t1", at(12)), at(2)) == Deleted()
    assert store.claim(ClaimRequest(an_id(), "m1", "t1", at(12)), at(2)) == Unknown()
    assert store.claim(ClaimRequest("no id at all", "m1", "t1", at(12)), at(2)) == Unknown()


# save_transcript


def test_a_saved_transcript_is_visible_at_once(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id)

    store.save_transcript(lease, NewTranscript("Take the dill.", USAGE, at(60)), at(2))

    memory = found(store, memory_id)
    assert (memory.status, memory.transcript) == (Status.TRANSCRIPT_ONLY, "Take the dill.")
    assert (memory.analysis_state, memory.analysis_due_at) == (AnalysisState.PENDING, at(60))
    assert memory.transcribed_at == memory.updated_at == at(2)
    assert memory.lease_token == lease.token
    assert usage(memory) == USAGE
    assert statuses(store, memory_id) == ["queued", "processing", "transcript_only"]


def test_saving_a_transcript_twice_under_one_lease_counts_once(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)
    before = found(store, memory_id)

    store.save_transcript(lease, NewTranscript("Take the dill.", USAGE, at(61)), at(3))

    assert found(store, memory_id) == before
    assert len(store.history(memory_id)) == 3


def test_an_empty_transcript_is_a_transcript(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.save_transcript(claimed(store, memory_id), NewTranscript("", USAGE, at(60)), at(2))
    assert found(store, memory_id).transcript == ""


def test_a_transcript_loses_only_characters_that_postgres_cannot_store(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.save_transcript(claimed(store, memory_id), NewTranscript("so\0up \ud83d \U0001f372\n", USAGE, at(60)), at(2))
    assert found(store, memory_id).transcript == "soup ? \U0001f372\n"


# save_analysis


def test_a_saved_analysis_completes_the_memory(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)

    store.save_analysis(lease, ANALYSIS, USAGE, at(3))

    memory = found(store, memory_id)
    assert (memory.status, memory.analysis, memory.analysis_state) == (Status.COMPLETE, ANALYSIS, AnalysisState.DONE)
    assert memory.transcript == "Take the dill."
    assert memory.completed_at == memory.updated_at == at(3)
    assert memory.analysis_due_at is None
    assert (memory.lease_token, memory.lease_expires_at) == (None, None)
    assert usage(memory) == TWICE
    assert statuses(store, memory_id) == ["queued", "processing", "transcript_only", "complete"]


def test_saving_an_analysis_twice_under_one_lease_counts_once(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)
    store.save_analysis(lease, ANALYSIS, USAGE, at(3))
    before = found(store, memory_id)

    store.save_analysis(lease, ANALYSIS, USAGE, at(4))

    assert found(store, memory_id) == before
    assert len(store.history(memory_id)) == 4


def test_an_analysis_after_a_postponed_one_clears_the_reason(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.postpone_analysis(transcribed(store, memory_id), AnalysisFailure(OPENAI_DOWN, "503", USAGE, at(60)), at(3))
    store.save_analysis(claimed(store, memory_id, "t2", minute=60), ANALYSIS, USAGE, at(61))
    memory = found(store, memory_id)
    assert (memory.failure_reason, memory.failure_detail) == (None, None)


def test_an_analysis_loses_characters_that_postgres_cannot_store(store: MemoryStore) -> None:
    memory_id = accepted(store)
    dirty = replace(ANALYSIS, title="So\0up", topics=("co\0oking", "\ud83d"), people=())
    store.save_analysis(transcribed(store, memory_id), dirty, USAGE, at(3))
    assert found(store, memory_id).analysis == replace(ANALYSIS, title="Soup", topics=("cooking", "?"), people=())


# postpone_analysis


def test_a_postponed_analysis_keeps_the_transcript_and_names_the_reason(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)

    store.postpone_analysis(lease, AnalysisFailure(OPENAI_DOWN, "503", USAGE, at(20)), at(3))

    memory = found(store, memory_id)
    assert (memory.status, memory.transcript) == (Status.TRANSCRIPT_ONLY, "Take the dill.")
    assert (memory.analysis_state, memory.analysis_due_at) == (AnalysisState.PENDING, at(20))
    assert (memory.failure_reason, memory.failure_detail) == (OPENAI_DOWN, "503")
    assert (memory.lease_token, memory.lease_expires_at, memory.updated_at) == (None, None, at(3))
    assert usage(memory) == TWICE
    assert len(store.history(memory_id)) == 3


def test_an_analysis_without_a_next_retry_is_given_up(store: MemoryStore) -> None:
    memory = found(store, gave_up(store))
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.GAVE_UP)
    assert memory.analysis_due_at is None
    assert memory.failure_reason is FailureReason.ANALYSIS_REFUSED


# fail, release


def test_a_failed_memory_has_its_reason_and_its_message(store: MemoryStore) -> None:
    memory_id = failed(store, message_id="m1")

    memory = found(store, memory_id)

    assert memory.status is Status.FAILED
    assert (memory.failure_reason, memory.failure_detail, memory.failed_message_id) == (OPENAI_DOWN, "503", "m1")
    assert (memory.lease_token, memory.lease_expires_at, memory.updated_at) == (None, None, at(2))
    assert usage(memory) == USAGE
    assert statuses(store, memory_id) == ["queued", "processing", "failed"]


def test_a_released_memory_keeps_everything_but_the_lease(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id)
    before = found(store, memory_id)

    store.release(lease, USAGE, at(2))

    unleased = replace(before, lease_token=None, lease_expires_at=None, updated_at=at(2))
    assert found(store, memory_id) == replace(unleased, openai_calls=1, billed_seconds=7.5)


def test_a_release_of_a_lost_lease_changes_nothing(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lost = claimed(store, memory_id, "t1", minute=1)
    claimed(store, memory_id, "t2", minute=11)
    before = found(store, memory_id)

    store.release(lost, USAGE, at(12))
    store.release(Lease(an_id(), "t1", at(11)), USAGE, at(12))

    assert found(store, memory_id) == before


def test_usage_adds_up_over_the_attempts(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.release(claimed(store, memory_id, "t1", minute=1), USAGE, at(2))
    store.release(claimed(store, memory_id, "t2", minute=3), USAGE, at(4))
    assert usage(found(store, memory_id)) == TWICE
    assert found(store, memory_id).attempts == 2


# the lease

type UnderALease = Callable[[MemoryStore, Lease], None]

WRITES: dict[str, UnderALease] = {
    "save_transcript": lambda store, lease: store.save_transcript(lease, NewTranscript("late", USAGE, at(60)), at(12)),
    "save_analysis": lambda store, lease: store.save_analysis(lease, ANALYSIS, USAGE, at(12)),
    "postpone_analysis": lambda store, lease: store.postpone_analysis(
        lease, AnalysisFailure(OPENAI_DOWN, "late", USAGE, at(60)), at(12)
    ),
    "give_up_analysis": lambda store, lease: store.postpone_analysis(
        lease, AnalysisFailure(OPENAI_DOWN, "late", USAGE, None), at(12)
    ),
    "fail": lambda store, lease: store.fail(lease, MemoryFailure("m1", OPENAI_DOWN, "late", USAGE), at(12)),
}
NEEDS_TRANSCRIPT = {"save_analysis", "postpone_analysis", "give_up_analysis"}

each_write = pytest.mark.parametrize("write", WRITES)


def leased_for(store: MemoryStore, memory_id: str, write: str) -> Lease:
    """A lease of a memory whose next write is this one."""
    return transcribed(store, memory_id) if write in NEEDS_TRANSCRIPT else claimed(store, memory_id)


@each_write
def test_a_worker_that_lost_its_lease_writes_nothing(store: MemoryStore, write: str) -> None:
    memory_id = accepted(store)
    lost = leased_for(store, memory_id, write)
    claimed(store, memory_id, "t2", minute=11)
    before, history = found(store, memory_id), store.history(memory_id)

    with pytest.raises(LeaseLost):
        WRITES[write](store, lost)

    assert found(store, memory_id) == before
    assert store.history(memory_id) == history


@each_write
def test_a_worker_that_released_its_lease_writes_nothing(store: MemoryStore, write: str) -> None:
    memory_id = accepted(store)
    lease = leased_for(store, memory_id, write)
    store.release(lease, Usage(), at(3))
    before = found(store, memory_id)

    with pytest.raises(LeaseLost):
        WRITES[write](store, lease)

    assert found(store, memory_id) == before


@each_write
def test_nothing_is_written_to_a_deleted_memory(store: MemoryStore, write: str) -> None:
    memory_id = accepted(store)
    lease = leased_for(store, memory_id, write)
    store.delete("acme", memory_id, at(3))

    with pytest.raises(LeaseLost):
        WRITES[write](store, lease)

    assert store.find(memory_id) is None
    assert store.history(memory_id) == []


@each_write
def test_a_worker_may_write_under_an_expired_lease_that_was_not_taken_over(store: MemoryStore, write: str) -> None:
    memory_id = accepted(store)
    lease = leased_for(store, memory_id, write)
    assert lease.expires_at < at(12)

    WRITES[write](store, lease)

    assert found(store, memory_id).updated_at == at(12)


OTHERS: dict[str, Callable[[MemoryStore, str], object]] = {
    "is being processed": claimed,
    "has its transcript": transcribed,
    "is complete": lambda store, memory_id: store.save_analysis(transcribed(store, memory_id), ANALYSIS, USAGE, at(3)),
}


@pytest.mark.parametrize("other", OTHERS)
@each_write
def test_a_lease_is_of_one_memory_whatever_other_one_has_the_same_token(
    store: MemoryStore, write: str, other: str
) -> None:
    memory_id, other_id = accepted(store), accepted(store)
    lost = leased_for(store, memory_id, write)
    claimed(store, memory_id, "t2", minute=11)
    OTHERS[other](store, other_id)
    before = found(store, memory_id), found(store, other_id)

    with pytest.raises(LeaseLost):
        WRITES[write](store, lost)
    store.release(lost, USAGE, at(12))

    assert (found(store, memory_id), found(store, other_id)) == before


def test_a_worker_that_lost_its_lease_does_not_complete_a_completed_memory(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lost = transcribed(store, memory_id)
    store.save_analysis(claimed(store, memory_id, "t2", minute=11), ANALYSIS, USAGE, at(12))
    with pytest.raises(LeaseLost):
        store.save_analysis(lost, replace(ANALYSIS, title="Other"), USAGE, at(13))
    assert found(store, memory_id).analysis == ANALYSIS


# changes of status that are not allowed


def test_a_memory_with_a_transcript_cannot_fail(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id)
    before = found(store, memory_id)

    with pytest.raises(ValueError, match="transcript_only cannot become failed"):
        store.fail(lease, MemoryFailure("m1", OPENAI_DOWN, "503", USAGE), at(3))

    assert found(store, memory_id) == before


@pytest.mark.parametrize("write", sorted(NEEDS_TRANSCRIPT))
def test_there_is_no_analysis_before_the_transcript(store: MemoryStore, write: str) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id)
    before = found(store, memory_id)
    to = "complete" if write == "save_analysis" else "transcript_only"

    with pytest.raises(ValueError, match=f"processing cannot become {to} "):
        WRITES[write](store, lease)

    assert found(store, memory_id) == before
