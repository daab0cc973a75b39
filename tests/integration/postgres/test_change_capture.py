"""The record of committed changes: what it keeps, what it leaves out, and when it says that a change happened."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from sim.app.protocol import ObservedTable, RowChange
from sim.postgres import change_capture
from sim.postgres.embedded_server import Postgres

TABLES = (
    ObservedTable("memories", columns=("id", "status", "missing_column"), digested=("transcript",)),
    ObservedTable("outbox", columns=("memory_id",)),
)
SCHEMA = """
CREATE TABLE memories (id int PRIMARY KEY, status text, transcript text, lease text);
CREATE TABLE outbox (memory_id int REFERENCES memories ON DELETE CASCADE);
"""
SHA256_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    with Postgres(folder / "state", folder / "postgres.log") as running:
        running.create_database("template")
        with connect(running, "template") as connection:
            connection.execute(SCHEMA)
        change_capture.install(running.url("template"), TABLES)
        yield running


@pytest.fixture
def database(server: Postgres, request: pytest.FixtureRequest) -> Iterator[str]:
    """A copy of the observed template, as each scenario has one."""
    name = f"copy_{abs(hash(request.node.name))}"
    server.create_database(name, template="template")
    yield name
    server.drop_database(name)


def connect(server: Postgres, database: str, autocommit: bool = True) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=autocommit)


def read(server: Postgres, database: str, since: int = 0) -> change_capture.Reading:
    reading = change_capture.read(server.url(database), since)
    assert reading is not None
    return reading


def changes(server: Postgres, database: str) -> list[list[tuple[str, str, dict[str, object]]]]:
    commits = read(server, database).commits
    return [[(each.table, each.change, dict(each.fields)) for each in commit.changes] for commit in commits]


def ids_in(reading: change_capture.Reading) -> list[object]:
    return [commit.changes[0].fields["id"] for commit in reading.commits]


def test_a_transaction_is_one_entry_with_its_changes_in_order(server: Postgres, database: str) -> None:
    with connect(server, database, autocommit=False) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        connection.execute("INSERT INTO outbox VALUES (1)")

    assert changes(server, database) == [
        [("memories", "inserted", {"id": 1, "status": "queued"}), ("outbox", "inserted", {"memory_id": 1})]
    ]


def test_text_is_a_digest_and_other_columns_are_left_out(server: Postgres, database: str) -> None:
    with connect(server, database) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', 'hello', 'a lease')")
        connection.execute("UPDATE memories SET lease = 'another'")
        connection.execute("UPDATE memories SET transcript = NULL")

    assert changes(server, database) == [
        [("memories", "inserted", {"id": 1, "status": "queued", "transcript_sha256": SHA256_OF_HELLO})],
        [("memories", "updated", {"id": 1, "status": "queued"})],
    ]


def test_a_deletion_and_what_it_cascades_to(server: Postgres, database: str) -> None:
    with connect(server, database) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        connection.execute("INSERT INTO outbox VALUES (1)")
        connection.execute("DELETE FROM memories")

    assert sorted(changes(server, database)[-1]) == [
        ("memories", "deleted", {"id": 1, "status": "queued"}),
        ("outbox", "deleted", {"memory_id": 1}),
    ]


def test_what_is_rolled_back_leaves_nothing(server: Postgres, database: str) -> None:
    with connect(server, database, autocommit=False) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        connection.rollback()

    assert changes(server, database) == []


def test_the_moment_is_that_of_the_commit_not_of_the_statement(server: Postgres, database: str) -> None:
    first, second = (connect(server, database, autocommit=False) for _ in range(2))
    with first, second:
        first.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        second.execute("INSERT INTO memories VALUES (2, 'queued', NULL, NULL)")
        second.commit()
        between = time.time()
        first.commit()

    commits = read(server, database).commits
    assert [dict(each.changes[0].fields)["id"] for each in commits] == [2, 1]
    assert commits[0].at < between < commits[1].at


def test_what_was_read_need_not_be_read_again(server: Postgres, database: str) -> None:
    with connect(server, database) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        first = read(server, database)
        connection.execute("INSERT INTO memories VALUES (2, 'queued', NULL, NULL)")

        assert ids_in(read(server, database, first.next)) == [2]


def test_a_transaction_that_began_earlier_and_ends_later_is_not_missed(server: Postgres, database: str) -> None:
    slow, quick = (connect(server, database, autocommit=False) for _ in range(2))
    with slow, quick:
        slow.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
        quick.execute("INSERT INTO memories VALUES (2, 'queued', NULL, NULL)")
        quick.commit()
        first = read(server, database)
        assert ids_in(first) == [2]
        slow.commit()

    second = read(server, database, first.next)

    assert 1 in ids_in(second)
    assert ids_in(read(server, database, second.next)) == []


def test_it_survives_a_crash_of_the_server_with_what_it_describes(server: Postgres, database: str) -> None:
    with connect(server, database) as connection:
        connection.execute("INSERT INTO memories VALUES (1, 'queued', NULL, NULL)")
    before = read(server, database).commits

    server.crash()
    server.restart()

    assert read(server, database).commits == before
    assert before[0].changes == (RowChange("memories", "inserted", {"id": 1, "status": "queued"}),)


def test_a_database_without_the_record_has_none(server: Postgres) -> None:
    assert change_capture.read(server.url("postgres")) is None
