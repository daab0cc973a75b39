"""A list, page by page: each memory once, newest first, and an end."""

import pytest

from rawk.domain.memory import Status
from rawk.ports import Cursor
from rawk.use_cases.list_memories import page_of
from tests.unit.use_cases.pipeline import Pipeline


def pages(pipeline, limit, status=None):
    """The ids on each page, from the first to the last."""
    found, after = [], None
    while True:
        page = page_of(pipeline.memories, "acme", status, after, limit)
        found.append([memory.id for memory in page.memories])
        after = page.next
        if after is None:
            return found


@pytest.fixture
def pipeline():
    return Pipeline()


@pytest.mark.parametrize(
    ("memories", "limit", "sizes"),
    [(0, 2, [0]), (1, 2, [1]), (2, 2, [2]), (3, 2, [2, 1]), (4, 2, [2, 2]), (5, 1, [1, 1, 1, 1, 1]), (5, 100, [5])],
)
def test_pages_end_with_the_last_memory(pipeline, memories, limit, sizes):
    ids = []
    for _ in range(memories):
        ids.append(pipeline.record())
        pipeline.clock.sleep(1)

    found = pages(pipeline, limit)

    assert [len(page) for page in found] == sizes
    assert [each for page in found for each in page] == ids[::-1]


def test_memories_of_one_moment_are_on_one_page_each(pipeline):
    ids = {pipeline.record() for _ in range(5)}

    found = [each for page in pages(pipeline, 2) for each in page]

    assert len(found) == 5
    assert set(found) == ids


def test_the_next_page_begins_after_the_last_memory_shown(pipeline):
    pipeline.record()
    pipeline.clock.sleep(1)
    pipeline.record()

    page = page_of(pipeline.memories, "acme", None, None, 1)

    assert page.next == Cursor(page.memories[0].created_at, page.memories[0].id)


def test_a_list_of_one_status_has_pages_too(pipeline):
    for _ in range(3):
        pipeline.record()

    assert [len(page) for page in pages(pipeline, 2, Status.QUEUED)] == [2, 1]
    assert pages(pipeline, 2, Status.COMPLETE) == [[]]
