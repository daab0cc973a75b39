"""A Postgres server of the harness: creates and drops databases, crashes and restarts."""

from secrets import token_urlsafe
from typing import Any

import psycopg
from psycopg import sql

SUPERUSER = "postgres"


class DatabaseServer:
    """Listens on 127.0.0.1:`port`. Every connection needs the password: any program of the machine, and any page in its
    browser that rebinds a name, reaches the port, and a superuser of Postgres may run commands."""

    port: int

    def __init__(self, password: str | None = None) -> None:
        """Without a password it generates one."""
        self.password = password or token_urlsafe(24)

    def crash(self) -> None:
        """Kill the server without a shutdown; every connection breaks."""
        raise NotImplementedError

    def restart(self) -> None:
        """Stop the server if it runs, and start it on the same data and the same port."""
        raise NotImplementedError

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, empty or as a copy of a template without connections."""
        # Copying files takes a fifth of the time of the default, which writes every page to the log first.
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template or "template0")
            )
        )

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, and end its connections."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect(limit_seconds=10) as connection:
            connection.execute(statement)

    def _connect(self, limit_seconds: int) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=limit_seconds,
        )
