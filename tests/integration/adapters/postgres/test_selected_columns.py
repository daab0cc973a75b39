"""What shows no transcript reads none: a list of a hundred memories of 360 kB took 475 MB."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import event

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.store import PostgresMemoryStore
from tests.contract.builders import NOON, completed

READS: dict[str, Callable[[PostgresMemoryStore, str], object]] = {
    "page": lambda store, _: store.page("acme", None, None, 100),
    "summary": lambda store, memory_id: store.summary("acme", memory_id),
    "history": lambda store, memory_id: store.history(memory_id),
    "figures": lambda store, _: store.figures(),
    "delete": lambda store, memory_id: store.delete("acme", memory_id, NOON),
}
LONG_COLUMN = re.compile(r"\b(transcript|analysis)\b(?! =)")


@pytest.mark.parametrize("call", READS)
def test_it_selects_no_transcript_and_no_analysis(database_url: str, call: str) -> None:
    engine = make_engine(database_url)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    store = PostgresMemoryStore(engine)
    memory_id = completed(store)
    statements.clear()

    assert READS[call](store, memory_id)

    assert any("memor" in statement for statement in statements)
    assert [statement for statement in statements if LONG_COLUMN.search(statement)] == []
    store.close()
