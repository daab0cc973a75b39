"""MemoryStore, direct uploads: begun, submitted, withdrawn, deleted."""

from dataclasses import replace

import pytest

from rawk.domain.errors import IdempotencyConflict, MemoryDeleted
from rawk.domain.memory import Status, StatusChange
from rawk.domain.messages import Job
from rawk.ports import Accepted, ClaimRequest, MemoryStore, NewTranscript, Unknown
from tests.contract.builders import (
    NOON,
    USAGE,
    accepted,
    an_id,
    at,
    claimed,
    completed,
    new_memory,
    submitted_upload,
)


def begun(store: MemoryStore, **changes: object) -> str:
    """An upload begun at noon; gives its memory's id."""
    now = changes.pop("now", NOON)
    memory_id = an_id()
    new = new_memory(id=memory_id, audio_bytes=0, audio_key=incoming(memory_id), **changes)
    return store.begin_upload(new, now).memory.id  # type: ignore[arg-type]


def incoming(memory_id: str) -> str:
    """The key that the form writes to."""
    return f"incoming/acme/{memory_id}"


def submitted(
    store: MemoryStore, memory_id: str, minute: float = 1, tenant: str = "acme", attempt: str = "1"
) -> Accepted | None:
    return store.submit_upload(submitted_upload(memory_id, tenant, attempt), at(minute), at(minute + 1))


# begin_upload


def test_a_begun_upload_is_uploading_and_has_no_job(store: MemoryStore) -> None:
    new = new_memory(audio_bytes=0, title="Soup", idempotency_key="k")

    answer = store.begin_upload(new, NOON)

    assert (answer.created, answer.outbox_id) == (True, None)
    assert (answer.memory.status, answer.memory.title, answer.memory.audio_bytes) == (Status.UPLOADING, "Soup", 0)
    assert store.get("acme", new.id) == answer.memory
    assert store.history(new.id) == [StatusChange(1, Status.UPLOADING, NOON)]
    assert store.claim_outbox(at(1000), at(1000), 10) == []
    assert store.known_audio([new.audio_key]) == {new.audio_key}


def test_a_known_key_gives_the_upload_that_it_began(store: MemoryStore) -> None:
    memory_id = begun(store, idempotency_key="k")

    again = store.begin_upload(new_memory(idempotency_key="k"), at(1))

    assert (again.created, again.memory.id) == (False, memory_id)
    with pytest.raises(IdempotencyConflict):
        store.begin_upload(new_memory(idempotency_key="k", content_digest="other"), at(1))
    with pytest.raises(IdempotencyConflict):
        store.accept(new_memory(idempotency_key="k", content_digest="other"), at(1), at(1))


def test_the_key_of_a_deleted_upload_stays_used(store: MemoryStore) -> None:
    store.delete("acme", begun(store, idempotency_key="k"), at(1))
    with pytest.raises(MemoryDeleted):
        store.begin_upload(new_memory(idempotency_key="k"), at(2))


def test_a_claim_of_an_unsubmitted_upload_is_unknown(store: MemoryStore) -> None:
    memory_id = begun(store)
    assert store.claim(ClaimRequest(memory_id, "m1", "t1", at(6)), at(1)) == Unknown()
    assert store.history(memory_id) == [StatusChange(1, Status.UPLOADING, NOON)]


# submit_upload


def test_a_submitted_upload_is_queued_with_its_type_and_size(store: MemoryStore) -> None:
    memory_id = begun(store, correlation_id="c")

    answer = submitted(store, memory_id)

    assert answer is not None
    assert answer.created
    memory = answer.memory
    assert (memory.status, memory.audio_content_type, memory.audio_bytes) == (Status.QUEUED, "audio/mp4", 77)
    assert (memory.audio_key, memory.audio_sha256) == (f"audio/acme/{memory_id}.1", "sha256 of 1")
    assert (memory.created_at, memory.updated_at) == (NOON, at(1))
    assert store.get("acme", memory_id) == memory
    assert [change.status for change in store.history(memory_id)] == [Status.UPLOADING, Status.QUEUED]
    assert store.claim_outbox(at(1.99), at(9), 10) == []
    [entry] = store.claim_outbox(at(2), at(9), 10)
    assert (entry.id, entry.job) == (answer.outbox_id, Job(memory_id, "c"))
    claimed(store, memory_id, minute=3)


def test_a_repeated_submission_changes_nothing_and_shows_whether_the_job_was_sent(store: MemoryStore) -> None:
    memory_id = begun(store)
    first = submitted(store, memory_id)
    assert first is not None

    again = submitted(store, memory_id, minute=5)

    assert again is not None
    assert (again.created, again.memory, again.outbox_id) == (False, first.memory, first.outbox_id)
    assert again.outbox_id is not None
    store.mark_sent(again.outbox_id)
    last = submitted(store, memory_id, minute=6)
    assert last is not None
    assert last.outbox_id is None
    assert store.claim_outbox(at(1000), at(1000), 10) == []


def test_of_two_submissions_with_other_audio_the_first_stays(store: MemoryStore) -> None:
    memory_id = begun(store)
    first = submitted(store, memory_id, attempt="1")
    assert first is not None

    second = submitted(store, memory_id, attempt="2")

    assert second is not None
    assert (second.created, second.memory) == (False, first.memory)
    keys = [f"audio/acme/{memory_id}.1", f"audio/acme/{memory_id}.2", incoming(memory_id)]
    assert store.known_audio(keys) == {f"audio/acme/{memory_id}.1"}
    assert store.delete("acme", memory_id, at(2)) == f"audio/acme/{memory_id}.1"


def test_no_memory_is_accepted_with_audio_that_a_form_can_replace(store: MemoryStore) -> None:
    memory_id = begun(store)
    replaceable = replace(submitted_upload(memory_id), audio_key=incoming(memory_id))

    with pytest.raises(ValueError, match="not a key of accepted audio"):
        store.submit_upload(replaceable, at(1), at(2))
    with pytest.raises(ValueError, match="not a key of accepted audio"):
        store.accept(new_memory(audio_key="incoming/acme/other"), at(1), at(2))

    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.status, memory.audio_sha256) == (Status.UPLOADING, None)


def test_submitting_an_accepted_memory_returns_it_unchanged(store: MemoryStore) -> None:
    memory_id = completed(store)
    answer = submitted(store, memory_id, minute=9)
    assert answer is not None
    assert (answer.created, answer.memory.status, answer.memory.audio_bytes) == (False, Status.COMPLETE, 32_000)


def test_an_unknown_upload_and_one_of_another_tenant_cannot_be_submitted(store: MemoryStore) -> None:
    memory_id = begun(store)
    assert submitted(store, an_id()) is None
    assert submitted(store, memory_id, tenant="zoo") is None
    memory = store.find(memory_id)
    assert memory is not None
    assert memory.status is Status.UPLOADING


# withdraw_upload, delete_unsubmitted_uploads


def test_a_withdrawn_upload_leaves_no_trace(store: MemoryStore) -> None:
    new = new_memory(idempotency_key="k")
    store.begin_upload(new, NOON)
    assert store.withdraw_upload("zoo", new.id) is None

    assert store.withdraw_upload("acme", new.id) == new.audio_key

    assert store.find(new.id) is None
    assert store.history(new.id) == []
    assert submitted(store, new.id) is None
    assert store.withdraw_upload("acme", new.id) is None
    assert store.begin_upload(new_memory(idempotency_key="k", content_digest="other"), at(2)).created


def test_a_submitted_upload_cannot_be_withdrawn(store: MemoryStore) -> None:
    memory_id = begun(store)
    submitted(store, memory_id)
    assert store.withdraw_upload("acme", memory_id) is None
    assert store.find(memory_id) is not None


def test_only_old_unsubmitted_uploads_are_deleted(store: MemoryStore) -> None:
    old, old_but_submitted, young = begun(store), begun(store), begun(store, now=at(10))
    usual = accepted(store)
    submitted(store, old_but_submitted)

    assert store.delete_unsubmitted_uploads(at(10)) == [old]

    assert [store.find(each) is None for each in (old, old_but_submitted, young, usual)] == [True, False, False, False]
    assert store.delete_unsubmitted_uploads(at(10)) == []
    assert store.delete_unsubmitted_uploads(at(11)) == [young]


# the outbox row


def test_marking_an_old_row_as_sent_late_keeps_the_newer_row(store: MemoryStore) -> None:
    """A slow API sent the job; meanwhile the relay sent it as well, and the owner asked for an analysis."""
    new = new_memory()
    old = store.accept(new, NOON, NOON).outbox_id
    assert old is not None
    lease = claimed(store, new.id)
    store.save_transcript(lease, NewTranscript("Take the dill.", USAGE, at(5)), at(2))
    store.release(lease, USAGE, at(3))
    assert store.queue_due_analyses(at(6), [at(60)], 10) == [new.id]

    store.mark_sent(old)

    assert [entry.job.memory_id for entry in store.claim_outbox(at(7), at(9), 10)] == [new.id]
