"""The use case: list the memories of a tenant, newest first, page by page."""

from dataclasses import dataclass

from rawk.domain.memory import MemorySummary, Status
from rawk.ports import Cursor, MemoryStore


@dataclass(frozen=True, slots=True)
class Page:
    memories: list[MemorySummary]
    next: Cursor | None
    """Where the next page begins; None on the last one."""


def page_of(memories: MemoryStore, tenant: str, status: Status | None, after: Cursor | None, limit: int) -> Page:
    """The `limit` memories after the cursor. Raises DatabaseUnavailable."""
    # One more than requested shows whether there is a next page.
    found = memories.page(tenant, status, after, limit + 1)
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    return Page(shown, None if last is None else Cursor(last.created_at, last.id))
