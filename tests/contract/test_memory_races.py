"""MemoryStore with concurrent callers: exactly one succeeds, and no caller sees an intermediate state."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from rawk.domain.errors import LeaseLost, MemoryDeleted
from rawk.ports import Accepted, Busy, Claimed, ClaimRequest, Deleted, MemoryStore, NewTranscript
from tests.contract.builders import ANALYSIS, NOON, USAGE, accepted, at, claimed, new_memory, transcribed
from tests.contract.servers import CONNECTIONS

ROUNDS = 10

WAIT_SECONDS = 20


def at_once[T](*calls: Callable[[], T]) -> list[T | Exception]:
    """Run the calls concurrently, each in its own thread; gives each answer or error."""
    start = Barrier(len(calls), timeout=WAIT_SECONDS)

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001 - it is the answer
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(WAIT_SECONDS) for future in [pool.submit(run, call) for call in calls]]


def test_one_of_many_claims_wins(store: MemoryStore) -> None:
    for _ in range(ROUNDS):
        memory_id = accepted(store)
        claims = at_once(
            *(
                partial(store.claim, ClaimRequest(memory_id, f"m{n}", f"t{n}", at(11)), at(1))
                for n in range(CONNECTIONS)
            )
        )
        assert Counter(type(claim) for claim in claims) == {Claimed: 1, Busy: CONNECTIONS - 1}
        memory = store.find(memory_id)
        assert memory is not None
        assert memory.attempts == 1


def test_one_of_many_takes_an_expired_lease_over(store: MemoryStore) -> None:
    memory_id = accepted(store)
    claimed(store, memory_id, "t0", minute=1)
    claims = at_once(
        *(partial(store.claim, ClaimRequest(memory_id, "m1", f"t{n}", at(21)), at(11)) for n in range(1, CONNECTIONS))
    )
    assert Counter(type(claim) for claim in claims) == {Claimed: 1, Busy: CONNECTIONS - 2}


def test_many_accepts_with_one_key_create_one_memory(store: MemoryStore) -> None:
    for round_number in range(ROUNDS):
        calls = [new_memory(idempotency_key=f"k{round_number}") for _ in range(CONNECTIONS)]

        answers = at_once(*(partial(store.accept, new, NOON, NOON) for new in calls))

        assert all(isinstance(answer, Accepted) for answer in answers), answers
        same = {answer.memory.id for answer in answers if isinstance(answer, Accepted)}
        assert len(same) == 1
        assert sum(answer.created for answer in answers if isinstance(answer, Accepted)) == 1
    assert len(store.page("acme", None, None, 1000)) == ROUNDS
    assert len(store.claim_outbox(at(1), at(5), 1000)) == ROUNDS


def test_many_accepts_with_one_id_create_one_memory(store: MemoryStore) -> None:
    new = new_memory()
    answers = at_once(*[partial(store.accept, new, NOON, NOON)] * CONNECTIONS)
    assert sum(answer.created for answer in answers if isinstance(answer, Accepted)) == 1
    assert len(store.history(new.id)) == 1


def test_each_outbox_entry_is_given_to_one_caller(store: MemoryStore) -> None:
    for round_number in range(ROUNDS):
        due = {accepted(store, now=at(round_number)) for _ in range(12)}

        batches = at_once(*[partial(store.claim_outbox, at(round_number), at(1000), 5)] * CONNECTIONS)
        rest = store.claim_outbox(at(round_number), at(1000), 100)

        given = [entry.job.memory_id for batch in [*batches, rest] if isinstance(batch, list) for entry in batch]
        assert Counter(given) == Counter(due)


def test_each_due_analysis_is_queued_by_one_sweep(store: MemoryStore) -> None:
    ids = []
    for _ in range(6):
        memory_id = accepted(store)
        store.release(transcribed(store, memory_id, due_minute=60), USAGE, at(3))
        ids.append(memory_id)

    batches = at_once(*[partial(store.queue_due_analyses, at(60), [at(75)], 4)] * 4)
    rest = store.queue_due_analyses(at(60), [at(75)], 100)

    queued = [memory_id for batch in [*batches, rest] if isinstance(batch, list) for memory_id in batch]
    assert sorted(queued) == sorted(ids)
    assert all(memory.analysis_attempts == 1 for memory in map(store.find, ids) if memory)


def test_each_abandoned_memory_fails_once(store: MemoryStore) -> None:
    ids = [accepted(store) for _ in range(6)]
    batches = at_once(*[partial(store.fail_abandoned, at(1), at(1), at(1))] * 4)
    failed = [memory_id for batch in batches if isinstance(batch, list) for memory_id in batch]
    assert sorted(failed) == sorted(ids)
    assert all(len(store.history(memory_id)) == 2 for memory_id in ids)


def test_a_claim_and_a_deletion_leave_a_deleted_memory(store: MemoryStore) -> None:
    for _ in range(ROUNDS):
        memory_id = accepted(store)

        claim, audio_key = at_once(
            partial(store.claim, ClaimRequest(memory_id, "m1", "t1", at(11)), at(1)),
            partial(store.delete, "acme", memory_id, at(1)),
        )

        assert audio_key == f"audio/acme/{memory_id}"
        assert isinstance(claim, Claimed | Deleted)
        assert store.find(memory_id) is None
        assert store.claim(ClaimRequest(memory_id, "m1", "t2", at(12)), at(2)) == Deleted()
        if isinstance(claim, Claimed):
            with pytest.raises(LeaseLost):
                store.save_transcript(claim.lease, NewTranscript("late", USAGE, at(60)), at(2))


def test_an_analysis_and_a_take_over_do_not_both_win(store: MemoryStore) -> None:
    for _ in range(ROUNDS):
        memory_id = accepted(store)
        late = transcribed(store, memory_id)

        saved, claim = at_once(
            partial(store.save_analysis, late, ANALYSIS, USAGE, at(12)),
            partial(store.claim, ClaimRequest(memory_id, "m2", "t2", at(22)), at(12)),
        )

        memory = store.find(memory_id)
        assert memory is not None
        if saved is None:
            assert memory.analysis == ANALYSIS
            assert type(claim).__name__ == "Finished"
        else:
            assert isinstance(saved, LeaseLost)
            assert memory.analysis is None
            assert isinstance(claim, Claimed)


def test_a_deletion_and_a_repeated_accept_leave_a_consistent_state(store: MemoryStore) -> None:
    for round_number in range(ROUNDS):
        memory_id = accepted(store, idempotency_key=f"k{round_number}")
        again = new_memory(idempotency_key=f"k{round_number}")

        answer, audio_key = at_once(
            partial(store.accept, again, at(1), at(1)),
            partial(store.delete, "acme", memory_id, at(1)),
        )

        assert audio_key is not None
        if isinstance(answer, Accepted):
            assert not answer.created
            assert answer.memory.id == memory_id
        else:
            assert isinstance(answer, MemoryDeleted)
        assert store.page("acme", None, None, 10) == []
