"""What a trace reads of the database: in memory and in Postgres."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.traces.in_memory import InMemoryTracedMemories
from rawk.adapters.traces.postgres import PostgresTracedMemories
from rawk.domain.memory import FailureReason, Status, Usage
from rawk.ports import Claimed, ClaimRequest, MemoryFailure, MemoryStore, TracedMemories
from tests.contract.builders import NOON, new_memory
from tests.contract.servers import CONNECTIONS, a_database, the_postgres

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["in_memory", "postgres"])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[MemoryStore, TracedMemories]]:
    if request.param == "in_memory":
        store = InMemoryMemoryStore()
        yield store, InMemoryTracedMemories(store)
        return
    with a_database(the_postgres(request.config)) as url:
        engine = make_engine(url, pool_size=CONNECTIONS)
        yield PostgresMemoryStore(engine), PostgresTracedMemories(engine)
        engine.dispose()


def test_a_memory_is_found_with_its_history_and_its_outbox_row(both: tuple[MemoryStore, TracedMemories]) -> None:
    store, traced = both
    new = new_memory(title="very private")
    store.accept(new, NOON, NOON + MINUTE)

    [found] = traced.trace(new.id, 10)

    assert (found.id, found.correlation_id, found.status) == (new.id, new.correlation_id, Status.QUEUED)
    assert (found.created_at, found.updated_at, found.deleted_at) == (NOON, NOON, None)
    assert (found.outbox_written_at, found.outbox_due_at) == (NOON, NOON + MINUTE)
    assert [(step.number, step.status, step.at) for step in found.history] == [(1, Status.QUEUED, NOON)]
    assert "private" not in str(found)


def test_a_failed_memory_is_found_by_its_message_and_its_correlation_id(
    both: tuple[MemoryStore, TracedMemories],
) -> None:
    store, traced = both
    new = new_memory()
    accepted = store.accept(new, NOON, NOON)
    assert accepted.outbox_id is not None
    store.mark_sent(accepted.outbox_id)
    claim = store.claim(ClaimRequest(new.id, "message-1", "token", NOON + MINUTE), NOON)
    assert isinstance(claim, Claimed)
    failure = MemoryFailure("message-1", FailureReason.CONFIGURATION, "OpenAI answered 401", Usage(openai_calls=1))
    store.fail(claim.lease, failure, NOON + MINUTE)

    for an_id in (new.id, "message-1", new.correlation_id):
        [found] = traced.trace(an_id, 10)
        assert (found.id, found.failure_reason, found.failure_detail) == (
            new.id,
            "configuration",
            "OpenAI answered 401",
        )
        assert (found.failed_message_id, found.attempts, found.openai_calls) == ("message-1", 1, 1)
        assert (found.outbox_due_at, found.updated_at, len(found.history)) == (None, NOON + MINUTE, 3)


def test_several_memories_of_one_correlation_id_come_oldest_first_and_bounded(
    both: tuple[MemoryStore, TracedMemories],
) -> None:
    store, traced = both
    ids = []
    for number in range(4):
        new = new_memory(correlation_id="shared")
        store.accept(new, NOON - number * MINUTE, NOON)
        ids.append(new.id)

    assert [each.id for each in traced.trace("shared", 3)] == [ids[3], ids[2], ids[1]]


def test_of_a_deleted_memory_only_the_deletion_is_left(both: tuple[MemoryStore, TracedMemories]) -> None:
    store, traced = both
    new = new_memory()
    store.accept(new, NOON, NOON)
    store.delete(new.tenant, new.id, NOON + MINUTE)

    [found] = traced.trace(new.id, 10)

    assert (found.id, found.deleted_at, found.status, found.history) == (new.id, NOON + MINUTE, None, ())
    assert traced.trace(new.correlation_id, 10) == []


@pytest.mark.parametrize(
    "make", [lambda: str(uuid4()), lambda: "nonsense", lambda: "x' OR '1'='1"], ids=["uuid", "word", "sql"]
)
def test_an_unknown_id_finds_nothing(both: tuple[MemoryStore, TracedMemories], make: Callable[[], str]) -> None:
    store, traced = both
    store.accept(new_memory(), NOON, NOON)

    assert traced.trace(make(), 10) == []
