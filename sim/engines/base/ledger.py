"""What the database holds, read behind the product's back: the invariants trust nobody's word."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row


@dataclass(frozen=True)
class StatusStep:
    memory_id: str
    number: int
    status: str
    at: datetime


class Ledger:
    """Reads one pipeline's database, over a connection of its own. Raises psycopg.OperationalError while it is down."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def now(self) -> datetime:
        """The moment by the database's own clock."""
        moment: datetime = self._rows("SELECT now() AS now")[0]["now"]
        return moment

    def memories(self) -> dict[str, dict[str, Any]]:
        """Every memory by its id."""
        return {str(row["id"]): row for row in self._rows("SELECT * FROM memories")}

    def steps(self) -> list[StatusStep]:
        """Every status that any memory ever had, in order."""
        rows = self._rows("SELECT memory_id, number, status, at FROM memory_events ORDER BY memory_id, number")
        return [StatusStep(str(row["memory_id"]), row["number"], row["status"], row["at"]) for row in rows]

    def outbox_count(self) -> int:
        return int(self._rows("SELECT count(*) AS count FROM outbox")[0]["count"])

    def leases(self) -> list[str]:
        """Ids of memories that somebody holds a lease on, expired or not."""
        return [str(row["id"]) for row in self._rows("SELECT id FROM memories WHERE lease_token IS NOT NULL")]

    def visible_state(self) -> str | None:
        """Another text whenever what a reader sees may be another; None while the database is down.

        Nothing but transactions that were given a number can change it, and those a snapshot names
        (https://www.postgresql.org/docs/16/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
        """
        try:
            return str(self._rows("SELECT pg_current_snapshot()::text AS snapshot")[0]["snapshot"])
        except psycopg.OperationalError:
            return None

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        if self._connection is not None:
            with contextlib.suppress(psycopg.OperationalError):  # it was cut, or the database restarted
                return self._connection.execute(query, parameters).fetchall()
            self.close()
        self._connection = psycopg.connect(self._url, connect_timeout=5, row_factory=dict_row, autocommit=True)
        return self._connection.execute(query, parameters).fetchall()
