"""`rawk migrate`: direction and output. The migrations themselves are tested on a real Postgres."""

import pytest
from alembic.util import CommandError

from rawk.adapters.postgres import migrate
from rawk.cli import main
from rawk.domain.errors import DatabaseUnavailable

URL = "postgresql://u:hunter2@h/db"


class Schema:
    """Records the calls."""

    def __init__(self):
        self.at, self.went, self.fails = None, [], None

    def current(self, url, wakes_within_seconds):
        assert (url, wakes_within_seconds) == (URL, 0)
        return self.at

    def upgrade(self, url, revision, wakes_within_seconds):
        self._go(url, "up", revision, wakes_within_seconds)

    def downgrade(self, url, revision, wakes_within_seconds):
        self._go(url, "down", revision, wakes_within_seconds)

    def _go(self, url, way, revision, wakes_within_seconds):
        assert (url, wakes_within_seconds) == (URL, 0)
        if self.fails is not None:
            raise self.fails
        self.went.append((way, revision))
        self.at = None if revision == "base" else "0002"


@pytest.fixture
def schema(monkeypatch):
    schema = Schema()
    monkeypatch.setenv("DATABASE_URL", URL)
    for name in ("current", "upgrade", "downgrade"):
        monkeypatch.setattr(migrate, name, getattr(schema, name))
    return schema


def test_it_upgrades_to_the_newest_revision(schema, capsys):
    assert main(["migrate"]) == 0
    assert schema.went == [("up", "head")]
    assert capsys.readouterr().out == "database was at nothing, is at 0002\n"


def test_it_upgrades_to_a_named_revision(schema):
    assert main(["migrate", "--to", "0001"]) == 0
    assert schema.went == [("up", "0001")]


def test_to_base_it_downgrades(schema, capsys):
    schema.at = "0002"

    assert main(["migrate", "--to", "base"]) == 0
    assert schema.went == [("down", "base")]
    assert capsys.readouterr().out == "database was at 0002, is at nothing\n"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            CommandError("Can't locate revision identified by 'x'"),
            "rawk: RawkError: the database cannot be migrated to 'x'",
        ),
        (DatabaseUnavailable("Postgres does not answer"), "rawk: DatabaseUnavailable: Postgres does not answer"),
    ],
)
def test_a_failure_is_reported_in_one_sentence(schema, capsys, error, says):
    schema.fails = error

    assert main(["migrate", "--to", "x"]) == 1
    output = capsys.readouterr()
    assert output.err.startswith(says)
    assert "hunter2" not in output.out + output.err
