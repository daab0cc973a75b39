"""Records every committed change of the product's tables, in the same database, for the journal.

Triggers in a schema of the harness's own write one row for each change, in the product's own transaction: what is
rolled back leaves nothing, and what is committed survives a crash of the server as the change itself does. The moment
of a change is that of its commit (`track_commit_timestamp`); where the server does not track it, that of its statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from sim.app.protocol import ObservedTable, RowChange

SCHEMA = "sim_changes"

_OBJECTS: LiteralString = """
CREATE SCHEMA sim_changes;
CREATE TABLE sim_changes.changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction text NOT NULL DEFAULT pg_current_xact_id()::text,
    "table" text NOT NULL,
    change text NOT NULL,
    fields jsonb NOT NULL
);
CREATE FUNCTION sim_changes.fields_of(stored jsonb, kept text[], digested text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(
        CASE WHEN key = ANY(digested) THEN key || '_sha256' ELSE key END,
        CASE WHEN key = ANY(digested) THEN to_jsonb(encode(sha256(convert_to(value #>> '{}', 'UTF8')), 'hex'))
             ELSE value END
    ), '{}'::jsonb)
    FROM jsonb_each(stored) WHERE key = ANY(kept || digested) AND value <> 'null'::jsonb
$$;
CREATE FUNCTION sim_changes.record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    fields jsonb := sim_changes.fields_of(
        to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END), TG_ARGV[0]::text[], TG_ARGV[1]::text[]);
BEGIN
    IF TG_OP <> 'UPDATE'
       OR fields <> sim_changes.fields_of(to_jsonb(OLD), TG_ARGV[0]::text[], TG_ARGV[1]::text[]) THEN
        INSERT INTO sim_changes.changes ("table", change, fields)
        VALUES (TG_TABLE_NAME, CASE TG_OP WHEN 'INSERT' THEN 'inserted' WHEN 'UPDATE' THEN 'updated'
                ELSE 'deleted' END, fields);
    END IF;
    RETURN NULL;
END
$$;
"""

_TRIGGER: LiteralString = """
CREATE TRIGGER sim_changes AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION sim_changes.record({kept}, {digested})
"""

_CHANGES: LiteralString = """
SELECT number, extract(epoch FROM {at})::double precision, transaction, "table", change, fields
FROM sim_changes.changes WHERE transaction::bigint >= %s ORDER BY number
"""

_FIRST_UNFINISHED: LiteralString = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""Every transaction with a lower number has ended, so whatever it committed is visible."""


@dataclass(frozen=True)
class CommittedChanges:
    """One transaction: when it was committed (seconds since 1970, real time), and what it changed, in order."""

    transaction: str
    at: float
    changes: tuple[RowChange, ...]


def install(database_url: str, tables: Sequence[ObservedTable]) -> None:
    """Record the changes of the tables from now on; copies of the database record theirs. Raises psycopg.Error."""
    with _connect(database_url) as connection:
        connection.execute(_OBJECTS)
        for table in tables:
            kept, digested = (sql.Literal("{" + ",".join(names) + "}") for names in (table.columns, table.digested))
            statement = sql.SQL(_TRIGGER).format(table=sql.Identifier(table.name), kept=kept, digested=digested)
            connection.execute(statement)


@dataclass(frozen=True)
class Reading:
    """What was read, and the number for the next `read`, which then need not read all of it again."""

    commits: list[CommittedChanges]
    next: int


def read(database_url: str, since: int = 0) -> Reading | None:
    """The transactions so far, in the order of their commits; None where nothing is recorded. Raises psycopg.Error.

    `since` is `next` of an earlier reading: only what may be missing in that one is read, and a part of it again.
    """
    with _connect(database_url) as connection:
        if _value(connection, "SELECT to_regclass('sim_changes.changes')::text") is None:
            return None
        first_unfinished = int(_value(connection, _FIRST_UNFINISHED))
        tracked = _value(connection, "SHOW track_commit_timestamp") == "on"
        at = sql.SQL("coalesce(pg_xact_commit_timestamp(xmin), at)" if tracked else "at")
        rows = connection.execute(sql.SQL(_CHANGES).format(at=at), (since,)).fetchall()
    by_transaction: dict[str, list[Any]] = {}
    for row in rows:
        by_transaction.setdefault(row[2], []).append(row)
    commits = [
        CommittedChanges(transaction, max(row[1] for row in of), tuple(RowChange(*row[3:6]) for row in of))
        for transaction, of in by_transaction.items()
    ]
    commits.sort(key=lambda each: each.at)  # a stable sort: the first change decides among equal moments
    return Reading(commits, first_unfinished)


def _connect(database_url: str) -> "psycopg.Connection[Any]":
    url = database_url.replace("postgresql+psycopg://", "postgresql://")
    return psycopg.connect(url, connect_timeout=5, autocommit=True)


def _value(connection: "psycopg.Connection[Any]", query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
