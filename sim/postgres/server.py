"""A Postgres server of the harness, wherever it runs: databases made and dropped in it, and what may happen to it."""

from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"


class DatabaseServer:
    """Answers at 127.0.0.1:`port` and trusts everybody who gets there: it holds made-up data only."""

    port: int

    def crash(self) -> None:
        """Kill the server with no time to tidy up; every connection breaks."""
        raise NotImplementedError

    def restart(self) -> None:
        """Stop the server if it runs, and start it again on the same data and the same port."""
        raise NotImplementedError

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{SUPERUSER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, empty or as a copy of another that nobody is connected to."""
        # Copying files takes a fifth of what the default takes, which writes every page to the log first.
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, and cut its connections."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect(limit_seconds=10) as connection:
            connection.execute(statement)

    def _connect(self, limit_seconds: int) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=limit_seconds,
        )
