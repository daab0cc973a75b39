"""Right before a crash of Postgres everything that it has committed is copied, and nothing is committed afterwards."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sim.demo.feed.database import CopiedServer
from sim.postgres.database import PipelineDatabase
from sim.postgres.embedded_server import Postgres


@pytest.fixture
def database(tmp_path: Path) -> Iterator[PipelineDatabase]:
    with Postgres(tmp_path / "state", tmp_path / "postgres.log") as server:
        server.create_database("copied")
        made = PipelineDatabase(server, "copied")
        yield made
        made.close()


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True, connect_timeout=5)


def count(database: PipelineDatabase) -> int:
    with connect(database.direct_url) as connection:
        row = connection.execute("SELECT count(*) FROM written").fetchone()
    return int(str(row[0])) if row else 0


def test_a_crash_loses_no_commit_of_the_copy(database: PipelineDatabase) -> None:
    """A client commits as fast as it can while the server crashes."""
    with connect(database.direct_url) as connection:
        connection.execute("CREATE TABLE written (number int)")
    copied: list[int] = []
    database.server = CopiedServer(database, lambda: copied.append(count(database)))
    begun = threading.Event()

    def write() -> None:
        with connect(database.url) as client:
            while True:
                client.execute("INSERT INTO written VALUES (1)")
                begun.set()

    def write_until_the_end() -> None:
        with pytest.raises(psycopg.Error):
            write()

    writer = threading.Thread(target=write_until_the_end)
    writer.start()
    assert begun.wait(10)

    database.server.crash()
    writer.join(10)
    database.server.restart()

    assert copied == [count(database)]
    assert copied[0] > 0
    with connect(database.url) as client:
        client.execute("INSERT INTO written VALUES (2)")


def test_a_server_that_is_down_already_can_crash(database: PipelineDatabase) -> None:
    database.server.crash()
    copied: list[str] = []
    database.server = CopiedServer(database, lambda: copied.append("tried"))

    database.server.crash()

    assert copied == ["tried"]
    database.server.restart()
