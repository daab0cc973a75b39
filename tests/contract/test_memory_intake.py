"""MemoryStore, intake: accept, read, delete."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rawk.domain.errors import IdempotencyConflict, MemoryDeleted
from rawk.domain.memory import Memory, Status, StatusChange
from rawk.domain.messages import Job
from rawk.ports import ClaimRequest, Cursor, Deleted, MemoryStore
from tests.contract.builders import (
    NOON,
    accepted,
    an_id,
    at,
    claimed,
    completed,
    new_memory,
    submitted_upload,
    waiting_for_analysis,
)

# accept


def test_an_accepted_memory_is_queued_with_all_its_fields(store: MemoryStore) -> None:
    recorded_at = datetime(2026, 5, 1, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    new = new_memory(title="Soup", recorded_at=recorded_at, idempotency_key="k", audio_sha256="5f0c")

    answer = store.accept(new, NOON, at(1))

    assert answer.created
    assert answer.memory == Memory(
        id=new.id,
        tenant="acme",
        status=Status.QUEUED,
        audio_key=new.audio_key,
        audio_content_type="audio/wav",
        audio_bytes=32_000,
        correlation_id=new.correlation_id,
        created_at=NOON,
        updated_at=NOON,
        title="Soup",
        recorded_at=recorded_at,
        audio_sha256="5f0c",
    )
    assert answer.memory.recorded_at is not None
    assert answer.memory.recorded_at.tzinfo is UTC
    assert answer.memory.created_at.tzinfo is UTC
    assert store.get("acme", new.id) == answer.memory
    assert store.history(new.id) == [StatusChange(1, Status.QUEUED, NOON)]


def test_the_relay_may_send_the_job_from_the_given_moment_on(store: MemoryStore) -> None:
    new = new_memory()
    store.accept(new, NOON, relay_from=at(1))

    assert store.figures().oldest_outbox_row_at == NOON
    assert store.claim_outbox(at(0.99), at(5), 10) == []
    assert [entry.job for entry in store.claim_outbox(at(1), at(5), 10)] == [Job(new.id, new.correlation_id)]


def test_a_known_key_gives_its_memory_and_writes_nothing(store: MemoryStore) -> None:
    first = store.accept(new_memory(idempotency_key="k"), NOON, NOON)
    second = new_memory(idempotency_key="k")

    answer = store.accept(second, at(1), at(1))

    assert not answer.created
    assert answer.memory == first.memory
    assert store.get("acme", second.id) is None
    assert len(store.claim_outbox(at(2), at(5), 10)) == 1


def test_a_known_key_gives_its_memory_among_others_of_the_tenant_and_of_the_key(store: MemoryStore) -> None:
    for tenant, key in (("acme", None), ("acme", "j"), ("zoo", "k")):
        accepted(store, tenant=tenant, idempotency_key=key)
    memory_id = accepted(store, idempotency_key="k")
    accepted(store, idempotency_key="l")

    answer = store.accept(new_memory(idempotency_key="k"), at(1), at(1))

    assert (answer.created, answer.memory.id) == (False, memory_id)


def test_a_known_key_gives_the_memory_as_it_is_now(store: MemoryStore) -> None:
    memory_id = completed(store, idempotency_key="k")
    assert store.accept(new_memory(idempotency_key="k"), at(9), at(9)).memory.status is Status.COMPLETE
    assert store.history(memory_id)[-1].status is Status.COMPLETE


def test_a_known_key_with_other_content_is_a_conflict(store: MemoryStore) -> None:
    accepted(store, idempotency_key="k", content_digest="one")
    with pytest.raises(IdempotencyConflict):
        store.accept(new_memory(idempotency_key="k", content_digest="other"), NOON, NOON)


def test_a_key_belongs_to_its_tenant(store: MemoryStore) -> None:
    accepted(store, tenant="acme", idempotency_key="k", content_digest="one")
    assert store.accept(new_memory(tenant="zoo", idempotency_key="k", content_digest="other"), NOON, NOON).created


def test_without_a_key_the_same_content_makes_another_memory(store: MemoryStore) -> None:
    accepted(store)
    assert store.accept(new_memory(), NOON, NOON).created


@pytest.mark.parametrize("key", [None, "k"])
def test_a_repeated_accept_after_a_lost_answer_changes_nothing(store: MemoryStore, key: str | None) -> None:
    new = new_memory(idempotency_key=key)
    first = store.accept(new, NOON, NOON)

    again = store.accept(new, at(1), at(1))

    assert not again.created
    assert again.memory == first.memory
    assert len(store.history(new.id)) == 1


@pytest.mark.parametrize("key", [None, "k"])
def test_a_repeated_accept_names_the_outbox_row_as_long_as_the_job_was_not_sent(
    store: MemoryStore, key: str | None
) -> None:
    accepted(store)
    new = new_memory(idempotency_key=key)
    first = store.accept(new, NOON, NOON)

    assert store.accept(new, at(1), at(1)).outbox_id == first.outbox_id is not None
    store.mark_sent(first.outbox_id)
    assert store.accept(new, at(2), at(2)).outbox_id is None


def test_a_known_id_gives_its_memory_under_another_key_too(store: MemoryStore) -> None:
    first = store.accept(new_memory(idempotency_key="k"), NOON, NOON)

    again = store.accept(new_memory(id=first.memory.id, idempotency_key="another"), at(1), at(1))

    assert (again.created, again.memory) == (False, first.memory)


def test_another_tenant_cannot_use_a_known_id(store: MemoryStore) -> None:
    memory_id = accepted(store)
    with pytest.raises(IdempotencyConflict):
        store.accept(new_memory(id=memory_id, tenant="zoo"), NOON, NOON)


def test_a_key_whose_memory_was_deleted_stays_used(store: MemoryStore) -> None:
    store.delete("acme", accepted(store, idempotency_key="k"), at(1))
    again = new_memory(idempotency_key="k")

    with pytest.raises(MemoryDeleted):
        store.accept(again, at(2), at(2))
    assert store.get("acme", again.id) is None
    assert store.claim_outbox(at(3), at(5), 10) == []


def test_a_deleted_memory_cannot_be_accepted_again_by_its_id(store: MemoryStore) -> None:
    new = new_memory()
    store.accept(new, NOON, NOON)
    store.delete("acme", new.id, at(1))
    with pytest.raises(MemoryDeleted):
        store.accept(new, at(2), at(2))


@pytest.mark.parametrize(("first", "again"), [("k", "another"), ("k", None), (None, "k")])
def test_a_deleted_memory_cannot_be_accepted_again_by_its_id_under_another_key(
    store: MemoryStore, first: str | None, again: str | None
) -> None:
    memory_id = accepted(store, idempotency_key=first)
    store.delete("acme", memory_id, at(1))
    with pytest.raises(MemoryDeleted):
        store.accept(new_memory(id=memory_id, idempotency_key=again), at(2), at(2))
    assert store.find(memory_id) is None


def test_a_deleted_key_is_refused_for_other_content_too(store: MemoryStore) -> None:
    """The tombstone has nothing that was made from the recording, so it cannot compare."""
    store.delete("acme", accepted(store, idempotency_key="k", content_digest="one"), at(1))
    with pytest.raises(MemoryDeleted):
        store.accept(new_memory(idempotency_key="k", content_digest="other"), at(2), at(2))


def test_a_deleted_key_is_refused_for_an_upload_too(store: MemoryStore) -> None:
    store.delete("acme", accepted(store, idempotency_key="k"), at(1))
    with pytest.raises(MemoryDeleted):
        store.begin_upload(new_memory(idempotency_key="k"), at(2))


@pytest.mark.parametrize(
    ("tenant", "key"), [("acme-2", "k"), ("acme", "K"), ("acme", "k "), ("acme", "None"), ("acme", None)]
)
def test_other_tenants_and_other_keys_are_free_after_a_deletion(
    store: MemoryStore, tenant: str, key: str | None
) -> None:
    store.delete("acme", accepted(store, idempotency_key="k"), at(1))
    store.delete("acme", accepted(store), at(1))
    assert store.accept(new_memory(tenant=tenant, idempotency_key=key), at(2), at(2)).created


def test_a_key_is_free_again_once_its_tombstone_is_deleted(store: MemoryStore) -> None:
    store.delete("acme", accepted(store, idempotency_key="k"), at(1))
    store.delete_tombstones(at(2), 10)
    assert store.accept(new_memory(idempotency_key="k"), at(3), at(3)).created


@pytest.mark.parametrize("memory_id", ["42", "", "0C9B6B0E-2F63-4A0C-9C7B-5F4C1B1A2D3E", "\0"])
def test_an_invalid_memory_id_is_refused_and_never_found(store: MemoryStore, memory_id: str) -> None:
    with pytest.raises(ValueError, match="must be a UUID"):
        store.accept(replace(new_memory(), id=memory_id), NOON, NOON)
    assert store.get("acme", memory_id) is None
    assert store.find(memory_id) is None
    assert store.history(memory_id) == []
    assert store.delete("acme", memory_id, NOON) is None
    assert store.submit_upload(submitted_upload(memory_id), NOON, NOON) is None
    assert store.withdraw_upload("acme", memory_id) is None


def test_a_recording_time_without_a_zone_is_refused(store: MemoryStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        store.accept(new_memory(recorded_at=datetime(2026, 5, 1)), NOON, NOON)  # noqa: DTZ001


def test_a_title_loses_characters_that_postgres_cannot_store(store: MemoryStore) -> None:
    answer = store.accept(new_memory(title="So\0up \ud83d"), NOON, NOON)
    assert answer.memory.title == "Soup ?"


# get, find, page


def test_a_tenant_sees_its_own_memories_only(store: MemoryStore) -> None:
    memory_id = accepted(store, tenant="acme")
    assert store.get("zoo", memory_id) is None
    assert store.page("zoo", None, None, 10) == []
    assert store.find(memory_id) == store.get("acme", memory_id) is not None
    assert store.find(an_id()) is None


def test_a_page_is_newest_first_and_the_next_begins_after_its_last(store: MemoryStore) -> None:
    oldest, middle, newest = (accepted(store, now=at(minute)) for minute in (1, 2, 3))

    first = store.page("acme", None, None, 2)
    rest = store.page("acme", None, Cursor(first[-1].created_at, first[-1].id), 2)

    assert [memory.id for memory in first] == [newest, middle]
    assert [memory.id for memory in rest] == [oldest]


def test_memories_of_the_same_moment_are_paged_once_each(store: MemoryStore) -> None:
    ids = {accepted(store) for _ in range(5)}
    seen: list[str] = []
    cursor = None
    while page := store.page("acme", None, cursor, 2):
        seen += [memory.id for memory in page]
        cursor = Cursor(page[-1].created_at, page[-1].id)
    assert seen == sorted(ids, reverse=True)


def test_a_page_can_be_of_one_status(store: MemoryStore) -> None:
    accepted(store)
    waiting = waiting_for_analysis(store)
    assert [memory.id for memory in store.page("acme", Status.TRANSCRIPT_ONLY, None, 10)] == [waiting]


def test_an_unknown_memory_has_no_history(store: MemoryStore) -> None:
    assert store.history(an_id()) == []


# delete


def test_a_deleted_memory_is_gone_with_all_its_rows(store: MemoryStore) -> None:
    new = new_memory()
    store.accept(new, NOON, NOON)

    assert store.delete("acme", new.id, at(1)) == new.audio_key

    assert store.get("acme", new.id) is None
    assert store.history(new.id) == []
    assert store.claim_outbox(at(2), at(5), 10) == []
    assert store.known_audio([new.audio_key]) == set()


def test_only_its_tenant_deletes_a_memory_and_only_once(store: MemoryStore) -> None:
    memory_id = accepted(store, tenant="acme")
    assert store.delete("zoo", memory_id, at(1)) is None
    assert store.find(memory_id) is not None
    assert store.delete("acme", memory_id, at(1)) is not None
    assert store.delete("acme", memory_id, at(2)) is None


def test_a_leased_memory_can_be_deleted(store: MemoryStore) -> None:
    memory_id = accepted(store)
    claimed(store, memory_id)
    assert store.delete("acme", memory_id, at(2)) is not None
    assert store.claim(ClaimRequest(memory_id, "m2", "t2", at(13)), at(3)) == Deleted()


def test_the_store_answers(store: MemoryStore) -> None:
    store.check()


def test_a_summary_is_the_memory_without_its_transcript(store: MemoryStore) -> None:
    memory_id = waiting_for_analysis(store)
    memory = store.get("acme", memory_id)
    assert memory is not None

    assert store.summary("acme", memory_id) == memory.summary
    assert store.page("acme", None, None, 10) == [memory.summary]
    assert not hasattr(memory.summary, "transcript")
    assert [store.summary("zoo", memory_id), store.summary("acme", an_id()), store.summary("acme", "no id")] == [
        None
    ] * 3
