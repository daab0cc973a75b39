"""More than one page of everything: nothing is left out, and nothing is taken twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryDeadLetters, InMemoryJobQueue, InMemoryQueue
from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.memory import Memory, Status
from rawk.domain.messages import decode
from rawk.ports import AudioStore, Cursor, MemoryStore
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.recovery import TOMBSTONES_KEPT_FOR, Recovery, RecoveryPolicy
from tests.contract.builders import NOON, accepted, at, claimed, new_memory, waiting_for_analysis
from tests.contract.clock import SteppingClock

BATCH = 10
MANY = 2 * BATCH + 1
POLICY = RecoveryPolicy(
    QueueLimits(visibility_timeout_seconds=1800, max_receive_count=3, retention_seconds=345_600),
    lease_seconds=330,
    analysis_retry=AnalysisRetry(base_seconds=900, limit=3),
    outbox_grace=timedelta(minutes=1),
    orphan_audio_after=timedelta(days=1),
    batch=BATCH,  # pages of ten rows, so that more than two of them are soon written
)


class StandingClock:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        del seconds


class Relay:
    """The recovery at a moment, with a queue in memory."""

    def __init__(self, store: MemoryStore, now: datetime, audio: AudioStore | None = None) -> None:
        self.jobs = InMemoryQueue(StandingClock(now), 30)
        store_of_audio = audio or InMemoryAudioStore(SteppingClock())
        clock = StandingClock(now)
        letters = InMemoryDeadLetters(InMemoryQueue(clock, 30, name="dead"), self.jobs)
        operations = DeadLetterOperations(letters, store, clock)
        self.recovery = Recovery(store, store_of_audio, InMemoryJobQueue(self.jobs), operations, clock, POLICY)

    def sent(self) -> list[str]:
        return sorted(decode(message.body).memory_id for message in self.jobs.messages())


def test_the_relay_sends_every_job_of_the_outbox_once_in_one_run(store: MemoryStore) -> None:
    ids = [accepted(store) for _ in range(MANY)]
    relay = Relay(store, at(5))

    assert relay.recovery.relay() == MANY
    assert relay.sent() == sorted(ids)
    assert Relay(store, at(10)).recovery.relay() == 0


@pytest.mark.parametrize("number", [BATCH - 1, BATCH, BATCH + 1])
def test_a_page_more_or_less_is_no_matter(number: int, store: MemoryStore) -> None:
    ids = [accepted(store) for _ in range(number)]
    relay = Relay(store, at(5))
    assert relay.recovery.relay() == number
    assert relay.sent() == sorted(ids)


def test_due_analyses_beyond_one_page_are_queued_once_each_by_the_next_runs(store: MemoryStore) -> None:
    ids = [waiting_for_analysis(store, due_minute=60) for _ in range(MANY)]
    Relay(store, at(1)).recovery.relay()  # the jobs of intake
    relay = Relay(store, at(61))

    queued = [relay.recovery.queue_due_analyses() for _ in range(4)]
    relay.recovery.relay()

    assert queued == [BATCH, BATCH, 1, 0]
    assert relay.sent() == sorted(ids)


def test_every_abandoned_memory_fails_in_one_run(store: MemoryStore) -> None:
    ids = [accepted(store) for _ in range(MANY)]
    for memory_id in ids[:BATCH]:
        claimed(store, memory_id)
    late = NOON + timedelta(days=30)

    assert Relay(store, late).recovery.fail_abandoned() == MANY
    assert {memory.status for memory_id in ids if (memory := store.find(memory_id))} == {Status.FAILED}


def test_every_upload_that_was_not_submitted_is_forgotten_in_one_run(store: MemoryStore) -> None:
    for _ in range(MANY):
        store.begin_upload(new_memory(), NOON)
    assert Relay(store, NOON + timedelta(days=2)).recovery.delete_unsubmitted_uploads() == MANY


def test_every_old_tombstone_is_deleted_in_one_run(store: MemoryStore) -> None:
    for _ in range(MANY):
        store.delete("acme", accepted(store), at(1))
    assert Relay(store, at(2) + TOMBSTONES_KEPT_FOR).recovery.delete_old_tombstones() == MANY


@pytest.mark.parametrize("limit", [1, 7, 30])
def test_a_list_has_every_memory_of_one_moment_once(limit: int, store: MemoryStore) -> None:
    number = 36
    ids = [accepted(store) for _ in range(number)]
    for _ in range(3):
        accepted(store, tenant="acme-2")
    pages: list[list[Memory]] = []
    after = None
    while page := store.page("acme", None, after, limit):
        pages.append(page)
        after = Cursor(page[-1].created_at, page[-1].id)

    listed = [memory.id for page in pages for memory in page]
    assert len(pages) == -(-number // limit)
    assert sorted(listed) == sorted(ids)


@pytest.mark.parametrize("store", ["in_memory"], indirect=True)
def test_a_thousand_and_one_objects_are_all_listed_and_swept(store: MemoryStore, audio: AudioStore) -> None:
    """A list of S3 has 1,000 keys at most (Amazon S3 API Reference, ListObjectsV2)."""
    keys = [f"audio/acme/{number:04}" for number in range(1001)]
    keys += [f"incoming/acme/{number:04}" for number in range(5)]
    removed = {keys[0], keys[999], *keys[1000:]}
    kept = [key for key in keys if key not in removed]
    for key in kept:
        accepted(store, audio_key=key)

    def upload(key: str) -> None:
        running = audio.open_upload(key, "audio/wav")
        running.write(b"RIFF")
        running.complete()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(upload, keys))
    later = datetime.now(UTC) + timedelta(days=3)

    assert sorted(audio.older_than(later)) == sorted(keys)
    assert Relay(store, later, audio).recovery.sweep_audio() == len(removed)
    assert sorted(audio.older_than(later)) == sorted(kept)
