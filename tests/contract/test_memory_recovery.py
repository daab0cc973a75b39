"""MemoryStore, recovery: the outbox, due analyses, abandoned memories, audio and tombstones."""

from datetime import timedelta

from rawk.domain.memory import AnalysisState, FailureReason, Status, Usage
from rawk.domain.messages import Job
from rawk.ports import AnalysisFailure, Claimed, ClaimRequest, MemoryStore
from rawk.trace_context import within
from tests.contract.builders import (
    NOON,
    USAGE,
    accepted,
    an_id,
    at,
    claimed,
    completed,
    new_memory,
    transcribed,
    waiting_for_analysis,
)

GAPS = [at(75), at(90)]
FAR = at(1_000_000)


def mark_sent(store: MemoryStore, memory_id: str) -> None:
    """The memory's entries in the outbox."""
    for entry in store.claim_outbox(FAR, FAR, 1000):
        if entry.job.memory_id == memory_id:
            store.mark_sent(entry.id)


def outbox_ids(store: MemoryStore, minute: float) -> list[str]:
    return [entry.job.memory_id for entry in store.claim_outbox(at(minute), at(minute), 100)]


def empty_outbox(store: MemoryStore, *memory_ids: str) -> None:
    for memory_id in memory_ids:
        mark_sent(store, memory_id)


# the outbox


def test_claimed_entries_are_due_again_unless_they_were_marked_sent(store: MemoryStore) -> None:
    sent, unsent = accepted(store), accepted(store)
    claimed_now = {entry.job.memory_id: entry.id for entry in store.claim_outbox(at(1), at(5), 10)}
    assert set(claimed_now) == {sent, unsent}
    store.mark_sent(claimed_now[sent])

    assert store.claim_outbox(at(4.99), at(9), 10) == []
    assert [entry.job.memory_id for entry in store.claim_outbox(at(5), at(9), 10)] == [unsent]


def test_an_entry_keeps_its_id_and_carries_the_correlation_id(store: MemoryStore) -> None:
    memory_id = accepted(store, correlation_id="from the header")
    [first] = store.claim_outbox(at(1), at(5), 10)
    [again] = store.claim_outbox(at(5), at(9), 10)
    assert first == again
    assert first.job == Job(memory_id, "from the header")


def test_an_entry_carries_the_trace_of_the_request_that_wrote_it(store: MemoryStore) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with within(traceparent):
        traced = accepted(store)
    plain = accepted(store)

    jobs = [entry.job for entry in store.claim_outbox(at(1), at(5), 10)]
    assert {job.memory_id: job.traceparent for job in jobs} == {traced: traceparent, plain: None}


def test_the_outbox_gives_the_longest_due_first_up_to_the_limit(store: MemoryStore) -> None:
    late, early, middle = (accepted(store, now=at(minute)) for minute in (3, 1, 2))
    assert {entry.job.memory_id for entry in store.claim_outbox(at(4), at(9), 2)} == {early, middle}
    assert [entry.job.memory_id for entry in store.claim_outbox(at(4), at(9), 2)] == [late]


def test_entries_due_at_the_same_moment_are_given_in_the_order_they_were_written(store: MemoryStore) -> None:
    early, late = ([accepted(store, now=at(minute)) for _ in range(2)] for minute in (2, 1))
    for minute in (1, 2):  # whichever was written last is not the last one in the table any more
        assert len(store.claim_outbox(at(minute), at(5), 10)) == 2

    given = [[entry.job.memory_id for entry in store.claim_outbox(at(5), at(9), 2)] for _ in range(2)]

    assert given == [early, late]


def test_marking_an_unknown_row_as_sent_does_nothing(store: MemoryStore) -> None:
    outbox_id = store.accept(new_memory(), NOON, NOON).outbox_id
    assert outbox_id is not None
    store.mark_sent(outbox_id)
    store.mark_sent(outbox_id)
    store.mark_sent(outbox_id + 1000)
    assert outbox_ids(store, 1) == []


# analyses that are due


def test_a_due_analysis_is_queued_again_with_a_growing_gap(store: MemoryStore) -> None:
    memory_id = waiting_for_analysis(store, due_minute=60)
    empty_outbox(store, memory_id)

    assert store.queue_due_analyses(at(59.99), GAPS, 10) == []
    assert store.queue_due_analyses(at(60), GAPS, 10) == [memory_id]

    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.status, memory.analysis_state) == (Status.TRANSCRIPT_ONLY, AnalysisState.PENDING)
    assert (memory.analysis_attempts, memory.analysis_due_at, memory.updated_at) == (1, at(75), at(60))
    assert outbox_ids(store, 60) == [memory_id]
    assert store.figures().oldest_outbox_row_at == at(60)
    assert store.queue_due_analyses(at(74.99), [at(80), at(95)], 10) == []
    assert store.queue_due_analyses(at(75), [at(80), at(95)], 10) == [memory_id]
    again = store.find(memory_id)
    assert again is not None
    assert (again.analysis_attempts, again.analysis_due_at) == (2, at(95))


def test_an_analysis_that_was_queued_to_the_limit_is_given_up_and_keeps_its_reason(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.postpone_analysis(
        transcribed(store, memory_id), AnalysisFailure(FailureReason.OPENAI_QUOTA, "no credit", USAGE, at(60)), at(3)
    )
    empty_outbox(store, memory_id)

    assert store.queue_due_analyses(at(60), [], 10) == []

    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.analysis_state, memory.analysis_due_at) == (AnalysisState.GAVE_UP, None)
    assert (memory.failure_reason, memory.failure_detail) == (FailureReason.OPENAI_QUOTA, "no credit")
    assert (memory.status, memory.transcript) == (Status.TRANSCRIPT_ONLY, "Take the dill.")
    assert outbox_ids(store, 61) == []


def test_one_sweep_gives_up_some_analyses_and_queues_others(store: MemoryStore) -> None:
    tired, fresh = waiting_for_analysis(store, due_minute=60), waiting_for_analysis(store, due_minute=75)
    assert store.queue_due_analyses(at(60), [at(75)], 10) == [tired]

    assert store.queue_due_analyses(at(75), [at(90)], 10) == [fresh]

    states = [memory.analysis_state for memory in map(store.find, [tired, fresh]) if memory]
    assert states == [AnalysisState.GAVE_UP, AnalysisState.PENDING]


def test_an_analysis_under_a_live_lease_is_not_queued(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = transcribed(store, memory_id, due_minute=5)

    assert store.queue_due_analyses(lease.expires_at - timedelta(seconds=1), GAPS, 10) == []
    assert store.queue_due_analyses(lease.expires_at, GAPS, 10) == [memory_id]


def test_the_sweep_takes_the_longest_due_first_up_to_the_limit(store: MemoryStore) -> None:
    late, early, middle = (waiting_for_analysis(store, due_minute=minute) for minute in (63, 61, 62))
    assert store.queue_due_analyses(at(70), GAPS, 2) == [early, middle]
    assert store.queue_due_analyses(at(70), GAPS, 2) == [late]


def test_analyses_due_at_the_same_moment_are_taken_by_their_ids(store: MemoryStore) -> None:
    first, second, third, last = sorted(an_id() for _ in range(4))
    for memory_id in (last, third, second, first):
        waiting_for_analysis(store, due_minute=60, id=memory_id)
    assert store.queue_due_analyses(at(70), GAPS, 2) == [first, second]
    assert store.queue_due_analyses(at(70), GAPS, 2) == [third, last]


def test_each_analysis_gets_the_gap_of_its_own_number_of_tries(store: MemoryStore) -> None:
    twice, never, once, again = sorted(an_id() for _ in range(4))
    waiting_for_analysis(store, due_minute=60, id=twice)
    assert store.queue_due_analyses(at(60), [at(61)], 10) == [twice]
    for memory_id in (once, again):
        waiting_for_analysis(store, due_minute=61, id=memory_id)
    assert store.queue_due_analyses(at(61), [at(62), at(62)], 10) == [twice, once, again]
    waiting_for_analysis(store, due_minute=62, id=never)

    assert store.queue_due_analyses(at(62), [at(100), at(200), at(300)], 10) == [twice, never, once, again]

    memories = [memory for memory in map(store.find, (twice, never, once, again)) if memory]
    assert [memory.analysis_attempts for memory in memories] == [3, 1, 2, 2]
    assert [memory.analysis_due_at for memory in memories] == [at(300), at(100), at(200), at(200)]


def test_a_job_that_is_still_in_the_outbox_is_there_once(store: MemoryStore) -> None:
    memory_id = waiting_for_analysis(store, due_minute=60)  # never marked sent
    assert store.queue_due_analyses(at(60), GAPS, 10) == [memory_id]
    assert outbox_ids(store, 61) == [memory_id]


def test_nothing_else_has_an_analysis_due(store: MemoryStore) -> None:
    accepted(store)
    completed(store)
    assert store.queue_due_analyses(at(1000), GAPS, 10) == []


# abandoned memories


def test_processing_without_a_live_lease_is_abandoned_after_a_while(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id, minute=1)

    assert store.fail_abandoned(at(100), at(-100), lease.expires_at - timedelta(seconds=1)) == []
    assert store.fail_abandoned(at(1), at(-100), at(100)) == []
    assert store.fail_abandoned(at(1.01), at(-100), at(100)) == [memory_id]

    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.status, memory.failure_reason) == (Status.FAILED, FailureReason.ABANDONED)
    assert memory.failure_detail
    assert (memory.failed_message_id, memory.lease_token, memory.updated_at) == (None, None, at(100))
    assert [change.status for change in store.history(memory_id)][-1] is Status.FAILED


def test_processing_is_abandoned_from_the_moment_at_which_its_lease_ends(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id, minute=1)
    assert store.fail_abandoned(at(100), at(-100), lease.expires_at - timedelta(microseconds=1)) == []
    assert store.fail_abandoned(at(100), at(-100), lease.expires_at) == [memory_id]


def test_queued_is_abandoned_after_a_while(store: MemoryStore) -> None:
    memory_id = accepted(store, now=NOON)
    assert store.fail_abandoned(at(100), NOON, at(100)) == []
    assert store.fail_abandoned(at(-100), at(0.01), at(100)) == [memory_id]


def test_a_memory_that_waits_is_found_while_it_is_queued(store: MemoryStore) -> None:
    assert not store.has_waiting_since(at(1000))
    memory_id = accepted(store, now=NOON)
    assert not store.has_waiting_since(NOON)
    assert store.has_waiting_since(at(0.01))

    lease = claimed(store, memory_id, minute=1)
    assert not store.has_waiting_since(at(1000))
    store.release(lease, Usage(), at(50))
    assert not store.has_waiting_since(at(50))
    assert store.has_waiting_since(at(50.01))


def test_finished_memories_do_not_wait(store: MemoryStore) -> None:
    completed(store)
    waiting_for_analysis(store)
    store.fail_abandoned(at(100), at(100), at(100))
    assert not store.has_waiting_since(at(1000))


def test_a_returned_job_waits_from_its_return(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.release(claimed(store, memory_id), Usage(), at(50))
    assert store.fail_abandoned(at(100), at(50), at(100)) == []
    assert store.fail_abandoned(at(-100), at(50.01), at(100)) == [memory_id]


def test_any_message_redrives_an_abandoned_memory(store: MemoryStore) -> None:
    memory_id = accepted(store)
    store.fail_abandoned(at(-100), at(1), at(100))
    assert isinstance(store.claim(ClaimRequest(memory_id, "m1", "t1", at(111)), at(101)), Claimed)


def test_the_worker_of_an_abandoned_memory_cannot_write(store: MemoryStore) -> None:
    memory_id = accepted(store)
    lost = claimed(store, memory_id)
    store.fail_abandoned(at(100), at(-100), at(100))
    before = store.find(memory_id)

    store.release(lost, USAGE, at(101))

    assert store.find(memory_id) == before


def test_nothing_else_is_ever_abandoned(store: MemoryStore) -> None:
    completed(store)
    waiting_for_analysis(store)
    store.fail_abandoned(at(-100), at(1000), at(1000))
    assert store.fail_abandoned(at(1000), at(1000), at(1000)) == []


def test_several_are_abandoned_at_once(store: MemoryStore) -> None:
    ids = {accepted(store) for _ in range(3)}
    assert set(store.fail_abandoned(at(100), at(100), at(100))) == ids
    assert all(len(store.history(memory_id)) == 2 for memory_id in ids)


# audio and tombstones


def test_known_audio_is_what_a_memory_points_to(store: MemoryStore) -> None:
    new = new_memory()
    store.accept(new, NOON, NOON)
    assert store.known_audio([new.audio_key, "audio/acme/orphan"]) == {new.audio_key}
    assert store.known_audio([]) == set()
    assert store.known_audio(iter([new.audio_key])) == {new.audio_key}


def claim_of(store: MemoryStore, memory_id: str) -> str:
    return type(store.claim(ClaimRequest(memory_id, "m", "t", at(13)), at(3))).__name__


def test_old_tombstones_are_deleted(store: MemoryStore) -> None:
    old, recent = accepted(store), accepted(store)
    store.delete("acme", old, at(1))
    store.delete("acme", recent, at(2))

    assert store.delete_tombstones(before=at(2), limit=10) == 1
    assert store.delete_tombstones(before=at(2), limit=10) == 0

    assert (claim_of(store, old), claim_of(store, recent)) == ("Unknown", "Deleted")


def test_tombstones_say_whose_memory_was_deleted(store: MemoryStore) -> None:
    mine, others, living = accepted(store), accepted(store, tenant="acme-2"), accepted(store)
    store.delete("acme", mine, at(1))
    store.delete("acme-2", others, at(1))

    asked = [mine, others, living, an_id(), "no id", "", mine.upper()]

    assert store.deleted_by("acme", asked) == {mine}
    assert store.deleted_by("acme-2", iter(asked)) == {others}
    assert store.deleted_by("acme", []) == set()

    store.delete_tombstones(before=at(2), limit=10)
    assert store.deleted_by("acme", asked) == set()


def test_tombstones_are_deleted_oldest_first_up_to_the_limit(store: MemoryStore) -> None:
    ids = [accepted(store) for _ in range(5)]
    for minute, memory_id in enumerate(reversed(ids)):
        store.delete("acme", memory_id, at(minute))

    assert store.delete_tombstones(before=at(10), limit=2) == 2
    assert [claim_of(store, each) for each in ids] == ["Deleted"] * 3 + ["Unknown"] * 2

    assert [store.delete_tombstones(before=at(10), limit=2) for _ in range(3)] == [2, 1, 0]
    assert {claim_of(store, each) for each in ids} == {"Unknown"}


def test_tombstones_of_the_same_moment_are_deleted_by_their_ids(store: MemoryStore) -> None:
    ids = sorted(an_id() for _ in range(4))
    for memory_id in reversed(ids):
        store.delete("acme", accepted(store, id=memory_id), at(1))

    assert store.delete_tombstones(before=at(10), limit=2) == 2
    assert [claim_of(store, each) for each in ids] == ["Unknown"] * 2 + ["Deleted"] * 2


def test_tombstones_of_all_tenants_are_deleted(store: MemoryStore) -> None:
    for tenant in ("acme", "acme-2"):
        store.delete(tenant, accepted(store, tenant=tenant), at(1))
    assert store.delete_tombstones(before=at(2), limit=10) == 2
