"""RAWK's ledger: its tables in Postgres, read directly, so that invariants do not depend on what the product says."""

import base64
import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sim.app.protocol import StatusStep


class RawkLedger:
    """Reads one pipeline's database over a connection of its own, which it opens again after a failure."""

    def __init__(
        self, database_url: str, *, tenants: Sequence[str] | None = None, since: datetime | None = None
    ) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
        self._tenants = None if tenants is None else list(tenants)
        self._since = since
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def now(self) -> datetime:
        moment: datetime = self._rows("SELECT now() AS now")[0]["now"]
        return moment

    def memories(self) -> dict[str, dict[str, Any]]:
        return {str(row["id"]): row for row in self._rows(f"SELECT * FROM memories WHERE {OWN}", self._own)}

    def rows(self) -> dict[str, str]:
        names = self._rows(
            "SELECT table_name AS name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY table_name"
        )
        return {each["name"]: self._text_of(each["name"]) for each in names}

    def _text_of(self, table: str) -> str:
        quoted = table.replace('"', '""')
        return "\n".join(text for row in self._rows(f'SELECT * FROM "{quoted}"') for text in _texts(row))

    def secrets(self) -> dict[str, str]:
        """The keys that sign tokens."""
        found: dict[str, str] = {}
        for number, row in enumerate(self._rows("SELECT secret FROM signing_keys ORDER BY created_at, id"), 1):
            key = bytes(row["secret"])
            found[f"signing key {number} in hex"] = key.hex()
            found[f"signing key {number} in base64"] = base64.b64encode(key).decode().rstrip("=")
            found[f"signing key {number} in base64 for URLs"] = base64.urlsafe_b64encode(key).decode().rstrip("=")
        return found

    def steps(self) -> list[StatusStep]:
        query = (
            "SELECT memory_id, number, status, at FROM memory_events "
            f"WHERE memory_id IN (SELECT id FROM memories WHERE {OWN}) OR %(everything)s ORDER BY memory_id, number"
        )
        rows = self._rows(query, self._own)
        return [StatusStep(str(row["memory_id"]), row["number"], row["status"], row["at"]) for row in rows]

    def outbox_count(self) -> int:
        query = (
            "SELECT count(*) AS count FROM outbox "
            f"WHERE memory_id IN (SELECT id FROM memories WHERE {OWN}) OR %(everything)s"
        )
        return int(self._rows(query, self._own)[0]["count"])

    def leases(self) -> list[str]:
        return [memory_id for memory_id, row in self.memories().items() if row["lease_token"] is not None]

    def visible_state(self) -> str | None:
        """A snapshot names all transactions that have a number, and only those can change anything
        (https://www.postgresql.org/docs/16/functions-info.html#FUNCTIONS-PG-SNAPSHOT).
        """
        try:
            return str(self._rows("SELECT pg_current_snapshot()::text AS snapshot")[0]["snapshot"])
        except psycopg.OperationalError:
            return None

    @property
    def _own(self) -> dict[str, object]:
        everything = self._tenants is None and self._since is None
        return {"everything": everything, "tenants": self._tenants, "since": self._since}

    def _rows(self, query: str, parameters: dict[str, object] | None = None) -> list[dict[str, Any]]:
        if self._connection is not None:
            with contextlib.suppress(psycopg.OperationalError):  # it was cut, or the database restarted
                return self._connection.execute(query.encode(), parameters).fetchall()
            self.close()
        self._connection = psycopg.connect(self._url, connect_timeout=5, row_factory=dict_row, autocommit=True)
        return self._connection.execute(query.encode(), parameters).fetchall()


def _texts(value: object) -> Iterator[str]:
    """Every value in a row as text, also those inside JSON."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)


OWN = (
    "(%(tenants)s::text[] IS NULL OR tenant = ANY(%(tenants)s)) "
    "AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s)"
)
