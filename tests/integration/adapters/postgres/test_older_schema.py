"""This release at a database that is not migrated yet: each refusal is DatabaseOutdated, which the migration ends."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from rawk.adapters.postgres import migrate, tables
from rawk.adapters.postgres.callers import PostgresCallerStore
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.errors import DatabaseOutdated
from rawk.ports import ClaimRequest
from tests.contract.builders import NOON, accepted, an_id, at
from tests.integration.adapters.postgres.test_every_step import revisions

OLDER = ["base", *revisions()[:-1]]
CALLS: dict[str, Callable[[PostgresMemoryStore], object]] = {
    "accept": accepted,
    "claim": lambda store: store.claim(ClaimRequest(an_id(), "m1", "t1", at(60)), NOON),
    "outbox": lambda store: store.claim_outbox(NOON, at(1), 10),
    "page": lambda store: store.page("acme", None, None, 10),
    "figures": lambda store: store.figures(),
    "delete": lambda store: store.delete("acme", an_id(), NOON),
    "check": lambda store: store.check(),
}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """With one connection, as in a function: the question for the revision needs no other."""
    engine = make_engine(database_url, connect_timeout_seconds=2)
    yield engine
    engine.dispose()


def test_the_code_knows_the_newest_revision() -> None:
    assert revisions()[-1] == tables.REVISION


def test_revisions_are_numbers_in_the_order_of_the_migrations() -> None:
    """So that an older release knows a newer schema from an older one."""
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]


@pytest.mark.parametrize("revision", OLDER)
def test_readiness_says_that_an_older_schema_waits_for_its_migration(
    database_url: str, engine: Engine, revision: str
) -> None:
    store = PostgresMemoryStore(engine)
    migrate.downgrade(database_url, revision)

    with pytest.raises(DatabaseOutdated, match=f"needs revision {tables.REVISION}"):
        store.check()

    migrate.upgrade(database_url)
    store.check()


@pytest.mark.parametrize("call", CALLS)
def test_whatever_an_empty_database_refuses_waits_for_the_migration(
    database_url: str, engine: Engine, call: str
) -> None:
    store = PostgresMemoryStore(engine)
    migrate.downgrade(database_url, "base")

    with pytest.raises(DatabaseOutdated, match="has none"):
        CALLS[call](store)

    migrate.upgrade(database_url)
    CALLS[call](store)


@pytest.mark.parametrize("revision", OLDER)
def test_a_recording_that_an_older_schema_refuses_is_accepted_after_the_migration(
    database_url: str, engine: Engine, revision: str
) -> None:
    """Some of them refuse nothing that intake writes."""
    store = PostgresMemoryStore(engine)
    migrate.downgrade(database_url, revision)

    with suppress(DatabaseOutdated):  # any other error fails the test
        accepted(store)

    migrate.upgrade(database_url)
    assert store.find(accepted(store)) is not None


def test_callers_wait_for_their_tables(database_url: str, engine: Engine) -> None:
    migrate.downgrade(database_url, "0005")
    with pytest.raises(DatabaseOutdated, match="at 0005"):
        PostgresCallerStore(engine).user("ada")


@pytest.mark.parametrize("newer", ["0999", tables.REVISION])
def test_a_newer_schema_and_the_own_one_are_fine(engine: Engine, newer: str) -> None:
    with transaction(engine) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :newer"), {"newer": newer})

    PostgresMemoryStore(engine).check()


@pytest.mark.parametrize("revision", [tables.REVISION, "0999"])
@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SELECT misspelt FROM memories", ProgrammingError),
        ("SELECT * FROM misspelt", ProgrammingError),
        ("INSERT INTO outbox (memory_id, due_at) VALUES (gen_random_uuid(), now())", IntegrityError),
    ],
)
def test_a_bug_of_ours_stays_one(engine: Engine, statement: str, error: type[DBAPIError], revision: str) -> None:
    with transaction(engine) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    with pytest.raises(error), transaction(engine) as tx:
        tx.execute(text(statement))


def test_a_bug_stays_one_when_nobody_can_say_which_revision_it_is(engine: Engine) -> None:
    with transaction(engine) as tx:
        tx.execute(text("ALTER TABLE alembic_version RENAME version_num TO other"))

    with pytest.raises(ProgrammingError, match="misspelt"), transaction(engine) as tx:
        tx.execute(text("SELECT misspelt FROM memories"))


def test_what_the_older_schema_refuses_by_a_constraint_waits_too(database_url: str, engine: Engine) -> None:
    """A new value of a status, say, which only the newer constraint allows."""
    migrate.downgrade(database_url, "0004")

    columns, values = "memory_id, tenant, deleted_at", "gen_random_uuid(), 'acme', now()"
    with pytest.raises(DatabaseOutdated), transaction(engine) as tx:
        tx.execute(text(f"INSERT INTO deleted_memories ({columns}) VALUES ({values})"))


def test_a_database_that_alembic_has_never_seen_waits_too(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    with pytest.raises(DatabaseOutdated, match="has none"):
        PostgresMemoryStore(engine).check()
    engine.dispose()
