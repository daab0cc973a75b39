"""Which changes are published and which are not. The contract tests show that the store works as without it."""

import inspect

import pytest

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.redis.publishing_store import PublishingMemoryStore
from rawk.domain.errors import DatabaseUnavailable, LeaseLost
from rawk.domain.memory import FailureReason
from rawk.ports import AnalysisFailure, MemoryFailure, MemoryStore, NewTranscript
from tests.contract.builders import ANALYSIS, NOON, USAGE, accepted, at, claimed, new_memory, submitted_upload


class RecordedNotifications:
    """Records each notification with the status that the store held at that moment; `ids` has the memories."""

    def __init__(self, memories):
        self.memories = memories
        self.published = []
        self.ids = []

    def publish(self, memory_id):
        memory = self.memories.find(memory_id)
        self.published.append("deleted" if memory is None else str(memory.status))
        self.ids.append(memory_id)

    def take(self):
        published, self.published = self.published, []
        return published


@pytest.fixture
def memories():
    return InMemoryMemoryStore()


@pytest.fixture
def notifications(memories):
    return RecordedNotifications(memories)


@pytest.fixture
def store(memories, notifications):
    return PublishingMemoryStore(memories, notifications)


def transcript(store, lease):
    store.save_transcript(lease, NewTranscript("We ship.", USAGE, at(60)), at(2))


def fail(store, lease):
    store.fail(lease, MemoryFailure("m1", FailureReason.AUDIO_UNREADABLE, "Noise.", USAGE), at(2))


def give_up(store, lease, retry_at=None):
    store.postpone_analysis(lease, AnalysisFailure(FailureReason.ANALYSIS_REFUSED, "Refused.", USAGE, retry_at), at(3))


def test_each_status_is_published_when_it_is_committed(store, notifications):
    memory_id = accepted(store)
    assert notifications.take() == []  # it has no subscribers yet

    lease = claimed(store, memory_id)
    transcript(store, lease)
    store.save_analysis(lease, ANALYSIS, USAGE, at(3))

    assert notifications.take() == ["processing", "transcript_only", "complete"]


def test_a_failure_is_published_and_so_is_its_retry(store, notifications):
    memory_id = accepted(store)
    fail(store, claimed(store, memory_id))
    store.retry("acme", memory_id, at(3), at(4))
    store.retry("acme", memory_id, at(3), at(4))

    assert notifications.take() == ["processing", "failed", "queued"]


def test_an_analysis_that_is_given_up_is_published_and_one_that_is_postponed_is_not(store, notifications):
    memory_id = accepted(store)
    lease = claimed(store, memory_id)
    transcript(store, lease)
    give_up(store, lease, retry_at=at(10))
    assert notifications.take() == ["processing", "transcript_only"]

    lease = claimed(store, memory_id, token="t2", minute=20)
    assert notifications.take() == []  # it stays transcript-only
    give_up(store, lease)
    store.retry_analysis("acme", memory_id, at(30), at(31))
    store.retry_analysis("acme", memory_id, at(30), at(31))

    assert notifications.take() == ["transcript_only", "transcript_only"]


def test_an_upload_is_published_when_it_is_submitted_withdrawn_or_swept(store, notifications):
    submitted, withdrawn, unsubmitted = (new_memory() for _ in range(3))
    for new in (submitted, withdrawn, unsubmitted):
        store.begin_upload(new, NOON)
    assert notifications.take() == []

    for _ in range(2):
        store.submit_upload(submitted_upload(submitted.id), at(1), at(2))
        store.withdraw_upload("acme", withdrawn.id)
    assert notifications.take() == ["queued", "deleted"]

    assert store.delete_unsubmitted_uploads(at(60)) == [unsubmitted.id]
    assert notifications.take() == ["deleted"]
    assert notifications.ids == [submitted.id, withdrawn.id, unsubmitted.id]


def test_only_the_owners_deletion_is_published(store, notifications):
    memory_id = accepted(store)

    store.delete("globex", memory_id, at(1))
    assert notifications.take() == []
    store.delete("acme", memory_id, at(1))
    store.delete("acme", memory_id, at(1))
    assert notifications.take() == ["deleted"]
    assert notifications.ids == [memory_id]


def test_memories_that_the_sweep_fails_are_published(store, notifications):
    memory_ids = [accepted(store) for _ in range(2)]

    store.fail_abandoned(at(60), at(60), at(60))

    assert notifications.take() == ["failed", "failed"]
    assert sorted(notifications.ids) == sorted(memory_ids)


def test_a_change_that_is_not_committed_is_not_published(store, notifications, memories, monkeypatch):
    memory_id = accepted(store)
    lost = claimed(store, memory_id)
    lease = claimed(store, memory_id, token="t2", minute=20)
    notifications.take()

    with pytest.raises(LeaseLost):
        transcript(store, lost)

    def down(*_):
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(memories, "fail", down)
    with pytest.raises(DatabaseUnavailable):
        fail(store, lease)

    assert notifications.take() == []


CALLS = sorted(name for name in vars(MemoryStore) if not name.startswith("_"))

ANSWERS = {
    "submit_upload": None,
    "retry": None,
    "retry_analysis": None,
    "fail_abandoned": ["m1", "m2"],
    "delete_unsubmitted_uploads": ["m1", "m2"],
}
"""What the store below gives where any text does not do, because the store in front reads it."""


class Argument(str):
    """An argument of any call: a text by its name, or a lease, or a failure."""

    memory_id = "m1"
    retry_at = None


class RecordedStore:
    """Takes every call with any arguments, and records it."""

    def __init__(self, answer):
        self.calls = []
        self._answer = answer

    def __getattr__(self, method):
        def call(*arguments):
            self.calls.append((method, *arguments))
            return self._answer

        return call


@pytest.mark.parametrize("method", CALLS)
def test_every_call_reaches_the_store_below_with_its_arguments_in_order_and_gives_its_answer(method, notifications):
    signature = inspect.signature(getattr(MemoryStore, method))
    answer = None if signature.return_annotation is None else ANSWERS.get(method, "an answer")
    arguments = [Argument(name) for name in signature.parameters if name != "self"]
    below = RecordedStore(answer)

    given = getattr(PublishingMemoryStore(below, notifications), method)(*arguments)

    assert below.calls == [(method, *arguments)]
    assert given == answer
