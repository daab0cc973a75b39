"""The next release of the scenarios: this release can live with its schema, and it waits for its own migration."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import ProgrammingError

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from sim.app import APP
from tests.integration.adapters.postgres.test_older_schema import CALLS
from tests.unit.adapters.postgres.migration_rules import findings

CHECK = """
import sys
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
PostgresMemoryStore(make_engine(sys.argv[1])).check()
"""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return APP.next_release(tmp_path_factory.mktemp("next")).sources


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


def run(sources: Path, url: str, *argv: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(sources), "DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, *argv], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def migration_of(sources: Path) -> Path:
    (migration,) = sources.rglob("*_next_release.py")
    return migration


def loaded(migration: Path) -> ModuleType:
    spec = spec_from_file_location(migration.stem, migration)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_migration_only_adds(sources: Path) -> None:
    assert findings(loaded(migration_of(sources))) == []


@pytest.mark.parametrize("call", CALLS)
def test_this_release_works_on_its_schema(sources: Path, database_url: str, engine: Engine, call: str) -> None:
    migrated = run(sources, database_url, "-m", "rawk", "migrate")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr

    CALLS[call](PostgresMemoryStore(engine))


def test_it_waits_for_its_migration(sources: Path, database_url: str) -> None:
    before = run(sources, database_url, "-c", CHECK, database_url)
    assert "DatabaseOutdated" in before.stderr

    migrated = run(sources, database_url, "-m", "rawk", "migrate")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
    assert run(sources, database_url, "-c", CHECK, database_url).returncode == 0


@pytest.mark.parametrize(
    ("statement", "name", "call"),
    [
        ('op.drop_column("memories", "audio_sha256")', "drop column memories.audio_sha256", CALLS["accept"]),
        ('op.drop_table("outbox")', "drop table outbox", CALLS["outbox"]),
        ('op.alter_column("memories", "title", new_column_name="name")', "unknown: ALTER TABLE", CALLS["page"]),
    ],
)
def test_a_migration_that_takes_away_breaks_this_release(
    tmp_path: Path,
    database_url: str,
    engine: Engine,
    statement: str,
    name: str,
    call: Callable[[PostgresMemoryStore], object],
) -> None:
    """And the rules refuse it. The error is no DatabaseOutdated: waiting would not help."""
    sources = APP.next_release(tmp_path).sources
    migration = migration_of(sources)
    text = migration.read_text(encoding="utf-8")
    migration.write_text(
        text.replace("    op.create_table(", f"    {statement}\n    op.create_table("), encoding="utf-8"
    )
    migrated = run(sources, database_url, "-m", "rawk", "migrate")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr

    with pytest.raises(ProgrammingError):
        call(PostgresMemoryStore(engine))
    assert any(found.startswith(name) for found in findings(loaded(migration)))
