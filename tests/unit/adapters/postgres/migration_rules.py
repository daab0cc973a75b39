"""What a migration may do while the release before still runs, read from the SQL of its upgrade.

Expand: what is new, the release before does not know, and does not need. Contract: what goes, no release that may still
run has used. A statement that is neither needs a reason in the migration, under the name that this module gives it:

    SAFE_BECAUSE = {"drop column memories.colour": "unused since 0009"}
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations

from rawk.adapters.postgres.migrations import versions

UNUSED_SINCE = re.compile(r"unused since (\d{4})\b")
"""The reason for a drop: the revision of the first release that no longer used it."""

_ADDED = re.compile(r"ADD (?:COLUMN )?(?:IF NOT EXISTS )?(\S+) (.+)")
_REWRITES = re.compile(
    r"\b(?:SERIAL|BIGSERIAL|GENERATED|RANDOM|GEN_RANDOM_UUID|UUID_GENERATE_\w+|CLOCK_TIMESTAMP|TIMEOFDAY|NEXTVAL)\b"
)
"""A default that is another one for each row: Postgres writes the whole table anew, behind a lock for all."""
_INNER = re.compile(r"'[^']*'|\([^()]*\)")
"""Literals and what is in parentheses: of nested ones the innermost."""
_CONSTRAINT = re.compile(r"\b(?:UNIQUE|PRIMARY KEY|REFERENCES|CHECK|EXCLUDE)\b")


def migrations() -> dict[str, ModuleType]:
    """By revision, oldest first."""
    found = (import_module(f"{versions.__name__}.{each.name}") for each in iter_modules(versions.__path__))
    return {module.revision: module for module in sorted(found, key=lambda module: str(module.revision))}


def reasons(module: ModuleType) -> Mapping[str, str]:
    return dict(getattr(module, "SAFE_BECAUSE", {}))


def findings(module: ModuleType) -> list[str]:
    """What a migration does beyond adding, and gives no valid reason for; and reasons for what it does not do."""
    named = list(dict.fromkeys(beyond_adding(module.upgrade)))
    given = reasons(module)
    without = [each for each in named if not _is_valid(each, given.get(each, ""), module.revision)]
    return without + [f"a reason for nothing: {each}" for each in given if each not in named]


def _is_valid(name: str, reason: str, revision: str) -> bool:
    if not name.startswith(("drop table", "drop column")):
        return bool(reason.strip())
    said = UNUSED_SINCE.match(reason)
    return said is not None and said[1] < revision


def beyond_adding(upgrade: Callable[[], None]) -> Iterator[str]:
    """The names of the statements that the release before may notice."""
    created: set[str] = set()
    for statement in statements(upgrade):
        yield from _judged(statement, created)


def statements(upgrade: Callable[[], None]) -> list[str]:
    """The SQL of an upgrade, each statement on one line; nothing is executed."""
    output = io.StringIO()
    options = {"as_sql": True, "output_buffer": output}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        upgrade()
    return [" ".join(each.split()) for each in output.getvalue().split(";\n") if each.strip()]


def _judged(statement: str, created: set[str]) -> Iterator[str]:
    if _is_several(statement):
        yield f"unknown: {statement}"
    elif table := re.match(r"CREATE TABLE (\S+)", statement):
        created.add(table[1])
    elif index := re.match(r"CREATE (UNIQUE )?INDEX (\S+) ON (\S+)", statement):
        if index[3] not in created:  # its writes wait, or some of them fail
            yield f"{'unique ' if index[1] else ''}index {index[2]} on {index[3]}"
    elif altered := re.match(r"ALTER TABLE (\S+) (.+)", statement):
        if altered[1] not in created:
            yield from _altered(altered[1], altered[2])
    elif dropped := re.match(r"DROP (\S+) (?:IF EXISTS )?(\S+)", statement):
        yield f"drop {dropped[1].lower()} {dropped[2]}"
    elif rows := re.match(r"(UPDATE|DELETE FROM|INSERT INTO|TRUNCATE) (\S+)", statement):
        if rows[2] not in created:
            yield f"rows of {rows[2]}"
    elif not statement.startswith("COMMENT ON "):
        yield f"unknown: {statement}"


def _is_several(statement: str) -> bool:
    """Whether it does several things, of which these rules would see the first."""
    outside, before = statement, ""
    while outside != before:
        before, outside = outside, _INNER.sub("", outside)
    return ";" in outside or (statement.startswith(("ALTER", "DROP")) and "," in outside)


def _altered(table: str, what: str) -> Iterator[str]:
    if constraint := re.match(r"(ADD|DROP) CONSTRAINT (\S+)", what):
        yield f"{constraint[1].lower()} constraint {constraint[2]} on {table}"
    elif dropped := re.match(r"DROP (?:COLUMN )?(?:IF EXISTS )?(\S+)", what):
        yield f"drop column {table}.{dropped[1]}"
    elif column := re.match(r"ALTER (?:COLUMN )?(\S+) (.+)", what):
        if not column[2].startswith("SET DEFAULT "):
            yield f"alter column {table}.{column[1]}: {column[2]}"
    elif added := _ADDED.match(what):
        yield from _added(table, added[1], added[2])
    else:
        yield f"unknown: ALTER TABLE {table} {what}"


def _added(table: str, column: str, definition: str) -> Iterator[str]:
    upper = definition.upper()
    if "NOT NULL" in upper and (" DEFAULT " not in upper or "DEFAULT NULL" in upper):
        yield f"required column {table}.{column}"
    if _REWRITES.search(upper):
        yield f"rewrite of {table} for {column}"
    if _CONSTRAINT.search(upper):
        yield f"constraint of {table}.{column}"


def contracted(revision: str) -> set[tuple[str, str]]:
    """The columns that the migration removes with a valid reason, as table and column."""
    module = migrations()[revision]
    valid = [name for name, reason in reasons(module).items() if _is_valid(name, reason, revision)]
    names = [name.removeprefix("drop column ") for name in valid if name.startswith("drop column ")]
    return {(table, column) for table, _, column in (name.partition(".") for name in names)}


def a_migration(revision: str, upgrade: Callable[[], None], safe_because: Mapping[str, str]) -> ModuleType:
    """One for a test of these rules."""
    module = ModuleType(f"v{revision}")
    vars(module).update(revision=revision, upgrade=upgrade, SAFE_BECAUSE=safe_because)
    return module
