"""What the database does for a request and for a run of the relay, by how many recordings there are.

Each transcript is a megabyte that does not compress. A list of them must not read one.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg

from benchmarks.figures import Figure
from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from sim.postgres.embedded_server import Postgres

SIZES, FEW_SIZES = (10, 100, 1_000, 10_000), (10, 1_000)
REPEATS = 20
TENANT = "acme"
TRANSCRIPT_BYTES = 1_000_000
LONG = 100
"""How many memories, the newest, have a transcript of that size: a page of a list."""
NOW = datetime(2026, 11, 20, tzinfo=UTC)

ROWS = """
INSERT INTO memories (id, tenant, status, audio_key, audio_content_type, audio_bytes, content_digest, correlation_id,
    created_at, updated_at, transcript, transcribed_at, completed_at, analysis, analysis_state)
SELECT gen_random_uuid(), %(tenant)s, 'complete', 'audio/' || number, 'audio/wav', 1000, repeat('0', 64), 'bench',
    at, at, transcript, at, at, %(analysis)s, 'done'
FROM generate_series(%(first)s::int, %(last)s::int) AS number,
    LATERAL (SELECT %(now)s::timestamptz + number * interval '1 second' AS at) AS moment,
    LATERAL (SELECT CASE WHEN number > %(last)s::int - %(long)s::int THEN (
        SELECT string_agg(md5(number || ' ' || part), '') FROM generate_series(1, %(bytes)s::int / 32) AS part
    ) ELSE 'short' END AS transcript) AS words
"""


def measure(folder: Path, quick: bool) -> list[Figure]:
    folder.chmod(0o711)  # Postgres may run as another user
    sizes = FEW_SIZES if quick else SIZES
    with Postgres(folder / "postgres", folder / "postgres.log") as postgres:
        taken = {size: _of_size(postgres, size) for size in sizes}
    smallest = f"{sizes[0]} recordings"
    return [
        Figure.of(f"{what}, {size} recordings", "ms", limit, samples, taken[sizes[0]][what], smallest)
        for size in sizes[1:]
        for what, samples in taken[size].items()
        for limit in [LIMITS_MS[what]]
    ]


LIMITS_MS = {"list of 50": 20.0, "one memory": 5.0, "run of the relay's statements": 20.0}


def _of_size(postgres: Postgres, size: int) -> dict[str, list[float]]:
    with database(postgres, size) as url:
        store = PostgresMemoryStore(make_engine(url))
        newest = store.page(TENANT, None, None, 50)

        def relay() -> None:
            store.delete_unsubmitted_uploads(NOW)
            store.queue_due_analyses(NOW, [NOW], 100)
            store.fail_abandoned(NOW, NOW, NOW)
            store.claim_outbox(NOW, NOW, 100)
            store.has_waiting_since(NOW)

        actions: dict[str, Callable[[], object]] = {
            "list of 50": lambda: store.page(TENANT, None, None, 50),
            "one memory": lambda: store.summary(TENANT, newest[-1].id),
            "run of the relay's statements": relay,
        }
        taken = {what: [_milliseconds(act) for _ in range(REPEATS)] for what, act in actions.items()}
        store.engine.dispose()
        return taken


@contextmanager
def database(postgres: Postgres, size: int) -> Iterator[str]:
    """A migrated database with so many memories; its URL."""
    name = f"of_{size}_{uuid4().hex[:8]}"
    postgres.create_database(name)
    url = postgres.url(name)
    migrate.upgrade(url)
    analysis = json.dumps({"title": "", "summary": "", "topics": [], "people": [], "mood": ""})
    numbers = {
        "analysis": analysis,
        "tenant": TENANT,
        "first": 1,
        "last": size,
        "now": NOW,
        "long": LONG,
        "bytes": TRANSCRIPT_BYTES,
    }
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(ROWS, {**numbers, "now": NOW, "analysis": analysis})
        connection.execute("ANALYZE")
    try:
        yield url
    finally:
        postgres.drop_database(name)


def _milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000
