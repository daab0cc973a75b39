"""Locks in Postgres, which need a second connection in an open transaction."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError

from rawk.adapters.postgres import sql_intake
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.adapters.postgres.values import key_digest
from rawk.domain.errors import DatabaseUnavailable, MemoryDeleted
from rawk.domain.memory import NewMemory
from rawk.ports import Claimed, ClaimRequest, Deleted, NewTranscript
from tests.contract.builders import NOON, USAGE, accepted, at, claimed, new_memory, waiting_for_analysis
from tests.integration.adapters.postgres.waiting import until

WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def while_it_waits[T](call: Callable[[], T], then: Callable[[], None], database: psycopg.Connection) -> T:
    """Start the call, wait until it waits for a lock, do the other thing; gives the call's answer."""
    with ThreadPoolExecutor(1) as pool:
        waiting: Future[T] = pool.submit(call)
        with psycopg.connect(database.info.dsn, password=database.info.password, autocommit=True) as watcher:
            until(lambda: waiting.done() or watcher.execute(WAITERS).fetchone() != (0,))
        then()
        return waiting.result(10)


def test_the_relay_does_not_wait_for_rows_that_another_relay_has_locked(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    held, free = accepted(store, now=NOON), accepted(store, now=at(1))
    other_client.execute("SELECT 1 FROM outbox WHERE memory_id = %s FOR UPDATE", [held])
    assert [entry.job.memory_id for entry in store.claim_outbox(at(2), at(9), 10)] == [free]


def test_the_sweep_does_not_wait_for_a_worker(store: PostgresMemoryStore, other_client: psycopg.Connection) -> None:
    held, free = waiting_for_analysis(store, due_minute=5), waiting_for_analysis(store, due_minute=6)
    other_client.execute("SELECT 1 FROM memories WHERE id = %s FOR UPDATE", [held])
    assert store.queue_due_analyses(at(60), [at(75)], 10) == [free]


def test_a_memory_that_is_being_processed_is_not_abandoned(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    held, free = accepted(store), accepted(store)
    other_client.execute("SELECT 1 FROM memories WHERE id = %s FOR UPDATE", [held])
    assert store.fail_abandoned(at(60), at(60), at(60)) == [free]


def test_the_removal_of_tombstones_does_not_wait_for_locked_ones(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    held, free = accepted(store), accepted(store)
    for memory_id in (held, free):
        store.delete("acme", memory_id, at(1))
    other_client.execute("SELECT 1 FROM deleted_memories WHERE memory_id = %s FOR UPDATE", [held])
    assert store.delete_tombstones(at(2), 10) == 1
    assert store.claim(ClaimRequest(held, "m1", "t1", at(11)), at(3)) == Deleted()


def test_a_claim_waits_for_a_concurrent_deletion(store: PostgresMemoryStore, other_client: psycopg.Connection) -> None:
    memory_id = accepted(store)
    other_client.execute("DELETE FROM memories WHERE id = %s", [memory_id])
    other_client.execute(
        "INSERT INTO deleted_memories (memory_id, tenant, deleted_at) VALUES (%s, 'acme', now())",
        [memory_id],
    )
    claim = while_it_waits(
        lambda: store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1)), other_client.commit, other_client
    )
    assert claim == Deleted()


def test_a_repeated_accept_waits_for_a_concurrent_deletion(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    memory_id = accepted(store, idempotency_key="k")
    other_client.execute("DELETE FROM memories WHERE id = %s", [memory_id])
    other_client.execute(
        "INSERT INTO deleted_memories (memory_id, tenant, key_digest, deleted_at) VALUES (%s, 'acme', %s, now())",
        [memory_id, key_digest("acme", "k")],
    )
    again = new_memory(idempotency_key="k")
    with pytest.raises(MemoryDeleted):
        while_it_waits(lambda: store.accept(again, at(1), at(1)), other_client.commit, other_client)
    assert store.find(again.id) is None


@pytest.mark.parametrize(("key", "again"), [("k", None), (None, "same id")])
def test_a_repeated_accept_between_whose_statements_the_memory_is_deleted_is_refused(
    store: PostgresMemoryStore, monkeypatch: pytest.MonkeyPatch, key: str | None, again: str | None
) -> None:
    new = new_memory(idempotency_key=key)
    store.accept(new, NOON, NOON)
    _before_the_memory_is_looked_up(monkeypatch, lambda: store.delete("acme", new.id, at(1)))
    with pytest.raises(MemoryDeleted):
        store.accept(new if again else new_memory(idempotency_key=key), at(2), at(2))


def test_a_repeated_accept_between_whose_statements_the_upload_is_withdrawn_may_be_tried_again(
    store: PostgresMemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_memory(idempotency_key="k")
    store.begin_upload(new, NOON)
    with monkeypatch.context() as patch:
        _before_the_memory_is_looked_up(patch, lambda: store.withdraw_upload("acme", new.id))
        with pytest.raises(DatabaseUnavailable):
            store.begin_upload(new, at(2))
    assert store.begin_upload(new, at(3)).created


def test_a_claim_that_waited_for_a_claim_sees_its_lease(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    memory_id = accepted(store)
    other_client.execute(
        "UPDATE memories SET lease_token = 'other', lease_expires_at = %s WHERE id = %s", [at(11), memory_id]
    )
    claim = while_it_waits(
        lambda: store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1)), other_client.commit, other_client
    )
    assert not isinstance(claim, Claimed)


def test_a_lock_held_for_too_long_is_a_database_unavailable(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    memory_id = accepted(store)
    other_client.execute("SELECT 1 FROM memories WHERE id = %s FOR UPDATE", [memory_id])
    with pytest.raises(DatabaseUnavailable, match="statement timeout"):
        store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1))


def test_a_transaction_that_fails_halfway_leaves_nothing(
    store: PostgresMemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory_id = accepted(store)
    monkeypatch.setattr("rawk.adapters.postgres.sql_processing.record_step", _fail)
    with pytest.raises(ZeroDivisionError):
        store.claim(ClaimRequest(memory_id, "m1", "t1", at(11)), at(1))
    memory = store.find(memory_id)
    assert memory is not None
    assert (memory.status.value, memory.lease_token, memory.attempts) == ("queued", None, 0)


@pytest.mark.parametrize(
    "change",
    [
        "status = 'lost'",
        "status = 'transcript_only'",
        "status = 'complete', transcript = 'x'",
        "analysis_state = 'perhaps'",
        "lease_token = 't1'",
    ],
)
def test_the_database_refuses_inconsistent_rows(store: PostgresMemoryStore, change: str) -> None:
    memory_id = accepted(store)
    with pytest.raises(IntegrityError), transaction(store._engine) as tx:
        tx.exec_driver_sql(f"UPDATE memories SET {change}")
    assert claimed(store, memory_id)


def _before_the_memory_is_looked_up(patch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """The request has found its id or key taken, and does not know yet by which memory."""
    same_request = sql_intake._same_request

    def after_it_happened(new: NewMemory) -> ColumnElement[bool]:
        happens()
        return same_request(new)

    patch.setattr(sql_intake, "_same_request", after_it_happened)


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_a_transcript_for_a_memory_whose_status_no_lease_can_have_is_refused_and_not_lost_in_silence(
    store: PostgresMemoryStore, other_client: psycopg.Connection
) -> None:
    memory_id = accepted(store)
    lease = claimed(store, memory_id)
    other_client.execute("UPDATE memories SET status = 'failed' WHERE id = %s", [memory_id])
    other_client.commit()
    with pytest.raises(ValueError, match="failed cannot become transcript_only"):
        store.save_transcript(lease, NewTranscript("Take the dill.", USAGE, at(60)), at(2))
