"""MemoryStore, retries by the owner."""

from rawk.domain.memory import AnalysisState, FailureReason, Status, Usage
from rawk.domain.messages import Job
from rawk.ports import AnalysisFailure, Claimed, ClaimRequest, MemoryFailure, MemoryStore, StoreFigures
from tests.contract.builders import (
    NOON,
    USAGE,
    accepted,
    an_id,
    at,
    claimed,
    completed,
    transcribed,
    waiting_for_analysis,
)


def failed(store: MemoryStore) -> str:
    """A memory that failed at 12:02, its job sent; gives its id."""
    memory_id = accepted(store, correlation_id="c")
    for entry in store.claim_outbox(at(0), at(0), 1000):
        store.mark_sent(entry.id)
    store.fail(claimed(store, memory_id), MemoryFailure("m1", FailureReason.AUDIO_UNREADABLE, "noise", USAGE), at(2))
    return memory_id


def given_up(store: MemoryStore) -> str:
    memory_id = accepted(store)
    for entry in store.claim_outbox(at(0), at(0), 1000):
        store.mark_sent(entry.id)
    lease = transcribed(store, memory_id)
    store.postpone_analysis(lease, AnalysisFailure(FailureReason.ANALYSIS_REFUSED, "Refused.", USAGE, None), at(3))
    return memory_id


# processing


def test_a_failed_memory_is_queued_again_with_a_job(store: MemoryStore) -> None:
    memory_id = failed(store)

    answer = store.retry("acme", memory_id, at(5), at(6))

    assert answer is not None
    assert answer.created
    memory = answer.memory
    assert (memory.status, memory.failure_reason, memory.failure_detail) == (Status.QUEUED, None, None)
    assert (memory.failed_message_id, memory.updated_at, memory.openai_calls) == (None, at(5), 1)
    assert store.get("acme", memory_id) == memory
    statuses = [change.status for change in store.history(memory_id)]
    assert statuses == [Status.QUEUED, Status.PROCESSING, Status.FAILED, Status.QUEUED]
    assert store.claim_outbox(at(5.99), at(9), 10) == []
    [entry] = store.claim_outbox(at(6), at(9), 10)
    assert (entry.id, entry.job) == (answer.outbox_id, Job(memory_id, "c"))
    assert store.figures().oldest_outbox_row_at == at(5)


def test_after_a_retry_the_message_that_failed_it_may_claim_it(store: MemoryStore) -> None:
    memory_id = failed(store)
    store.retry("acme", memory_id, at(5), at(6))
    assert isinstance(store.claim(ClaimRequest(memory_id, "m1", "t9", at(16)), at(6)), Claimed)


def test_only_a_failed_memory_is_retried_and_only_once(store: MemoryStore) -> None:
    memory_id = failed(store)
    store.retry("acme", memory_id, at(5), at(6))
    for each in (memory_id, accepted(store), completed(store), waiting_for_analysis(store), given_up(store)):
        before = store.find(each)
        answer = store.retry("acme", each, at(70), at(71))
        assert answer is not None
        assert (answer.created, answer.memory) == (False, before)
        assert store.find(each) == before


def test_an_unknown_memory_and_one_of_another_tenant_cannot_be_retried(store: MemoryStore) -> None:
    memory_id = failed(store)
    for tenant, each in (("acme", an_id()), ("acme", "42"), ("zoo", memory_id)):
        assert store.retry(tenant, each, at(5), at(6)) is None
        assert store.retry_analysis(tenant, each, at(5), at(6)) is None
    memory = store.find(memory_id)
    assert memory is not None
    assert memory.status is Status.FAILED


# retry_analysis


def test_a_given_up_analysis_is_pending_again_with_a_job(store: MemoryStore) -> None:
    memory_id = given_up(store)

    answer = store.retry_analysis("acme", memory_id, at(5), at(6))

    assert answer is not None
    assert answer.created
    memory = answer.memory
    assert (memory.status, memory.transcript) == (Status.TRANSCRIPT_ONLY, "Take the dill.")
    assert (memory.analysis_state, memory.analysis_due_at) == (AnalysisState.PENDING, at(6))
    assert (memory.failure_reason, memory.updated_at) == (FailureReason.ANALYSIS_REFUSED, at(5))
    [entry] = store.claim_outbox(at(6), at(9), 10)
    assert (entry.id, entry.job.memory_id) == (answer.outbox_id, memory_id)
    assert isinstance(store.claim(ClaimRequest(memory_id, "m1", "t9", at(16)), at(6)), Claimed)


def test_a_retried_analysis_has_all_its_attempts_again(store: MemoryStore) -> None:
    memory_id = waiting_for_analysis(store, due_minute=60)
    assert store.queue_due_analyses(at(60), [at(75)], 10) == [memory_id]
    assert store.queue_due_analyses(at(75), [at(90)], 10) == []  # the limit is reached
    store.retry_analysis("acme", memory_id, at(80), at(81))

    assert store.queue_due_analyses(at(81), [at(95)], 10) == [memory_id]

    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.analysis_attempts, memory.analysis_due_at) == (1, at(95))


def test_only_an_analysis_that_was_given_up_is_retried(store: MemoryStore) -> None:
    memory_id = given_up(store)
    store.retry_analysis("acme", memory_id, at(5), at(6))
    for each in (memory_id, accepted(store), completed(store), waiting_for_analysis(store), failed(store)):
        before = store.find(each)
        answer = store.retry_analysis("acme", each, at(70), at(71))
        assert answer is not None
        assert (answer.created, answer.memory) == (False, before)
        assert store.find(each) == before


def test_a_new_outbox_row_replaces_an_old_one(store: MemoryStore) -> None:
    """The sender of the first job marks it late; since then the memory failed and was retried."""
    memory_id = accepted(store)
    [old] = store.claim_outbox(NOON, at(1), 10)
    store.fail(claimed(store, memory_id), MemoryFailure("m1", FailureReason.AUDIO_UNREADABLE, "noise", Usage()), at(2))
    answer = store.retry("acme", memory_id, at(5), at(6))
    assert answer is not None

    store.mark_sent(old.id)

    assert [entry.id for entry in store.claim_outbox(at(6), at(9), 10)] == [answer.outbox_id]


# state


def test_figures_count_all_tenants_and_the_outbox(store: MemoryStore) -> None:
    assert store.figures() == StoreFigures({}, 0, None)
    failed(store)
    accepted(store, now=at(8))
    late = accepted(store, tenant="zoo", now=at(9))

    assert store.figures() == StoreFigures({Status.FAILED: 1, Status.QUEUED: 2}, 2, at(8))

    store.claim_outbox(at(20), at(30), 10)  # the next due time does not change the age
    assert store.figures().oldest_outbox_row_at == at(8)
    store.delete("zoo", late, at(21))
    assert store.figures().outbox_rows == 1
