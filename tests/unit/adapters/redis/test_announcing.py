"""What is announced and what is not. That the store does the same as without it, the contract tests see to."""

import pytest

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.redis.publishing_store import PublishingMemoryStore
from rawk.domain.errors import DatabaseUnavailable, LeaseLost
from rawk.domain.memory import FailureReason
from tests.contract.builders import ANALYSIS, NOON, USAGE, accepted, at, claimed, new_memory


class Listed:
    """The news, and what the store held at each announcement."""

    def __init__(self, memories):
        self.memories = memories
        self.told = []

    def announce(self, memory_id):
        memory = self.memories.find(memory_id)
        self.told.append("deleted" if memory is None else str(memory.status))

    def take(self):
        told, self.told = self.told, []
        return told


@pytest.fixture
def memories():
    return InMemoryMemoryStore()


@pytest.fixture
def news(memories):
    return Listed(memories)


@pytest.fixture
def store(memories, news):
    return PublishingMemoryStore(memories, news)


def transcript(store, lease):
    store.save_transcript(lease, "We ship.", USAGE, at(2), at(60))


def fail(store, lease):
    store.fail(lease, "m1", FailureReason.AUDIO_UNREADABLE, "Noise.", USAGE, at(2))


def give_up(store, lease, due_at=None):
    store.postpone_analysis(lease, FailureReason.ANALYSIS_REFUSED, "Refused.", USAGE, at(3), due_at)


def test_each_status_is_announced_when_it_is_committed(store, news):
    memory_id = accepted(store)
    assert news.take() == []  # nobody knows its id yet

    lease = claimed(store, memory_id)
    transcript(store, lease)
    store.save_analysis(lease, ANALYSIS, USAGE, at(3))

    assert news.take() == ["processing", "transcript_only", "complete"]


def test_a_failure_is_announced_and_so_is_its_retry(store, news):
    memory_id = accepted(store)
    fail(store, claimed(store, memory_id))
    store.retry("acme", memory_id, at(3), at(4))
    store.retry("acme", memory_id, at(3), at(4))

    assert news.take() == ["processing", "failed", "queued"]


def test_an_analysis_that_is_given_up_is_announced_and_one_that_is_put_off_is_not(store, news):
    memory_id = accepted(store)
    lease = claimed(store, memory_id)
    transcript(store, lease)
    give_up(store, lease, due_at=at(10))
    assert news.take() == ["processing", "transcript_only"]

    lease = claimed(store, memory_id, token="t2", minute=20)
    assert news.take() == []  # it stays transcript-only
    give_up(store, lease)
    store.ask_for_analysis("acme", memory_id, at(30), at(31))
    store.ask_for_analysis("acme", memory_id, at(30), at(31))

    assert news.take() == ["transcript_only", "transcript_only"]


def test_an_upload_is_announced_when_it_is_submitted_or_withdrawn_or_forgotten(store, news):
    submitted, withdrawn, forgotten = (new_memory() for _ in range(3))
    for new in (submitted, withdrawn, forgotten):
        store.begin_upload(new, NOON)
    assert news.take() == []

    for _ in range(2):
        store.submit_upload("acme", submitted.id, "audio/wav", 100, at(1), at(2))
        store.withdraw_upload("acme", withdrawn.id)
    assert news.take() == ["queued", "deleted"]

    assert store.forget_uploads(at(60)) == [forgotten.id]
    assert news.take() == ["deleted"]


def test_a_deletion_is_announced_to_its_owners_followers_only(store, news):
    memory_id = accepted(store)

    store.delete("globex", memory_id, at(1))
    assert news.take() == []
    store.delete("acme", memory_id, at(1))
    store.delete("acme", memory_id, at(1))
    assert news.take() == ["deleted"]


def test_what_the_sweep_fails_is_announced(store, news):
    for _ in range(2):
        accepted(store)

    store.fail_abandoned(at(60), at(60), at(60))

    assert news.take() == ["failed", "failed"]


def test_what_is_not_committed_is_not_announced(store, news, memories, monkeypatch):
    memory_id = accepted(store)
    lost = claimed(store, memory_id)
    lease = claimed(store, memory_id, token="t2", minute=20)
    news.take()

    with pytest.raises(LeaseLost):
        transcript(store, lost)

    def down(*_):
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(memories, "fail", down)
    with pytest.raises(DatabaseUnavailable):
        fail(store, lease)

    assert news.take() == []
