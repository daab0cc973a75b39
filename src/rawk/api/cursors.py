"""Cursors: where the next page starts, as opaque text."""

import base64
import json
from datetime import datetime
from uuid import UUID

from rawk.api.fields import in_utc
from rawk.domain.errors import InvalidCursor
from rawk.ports import Cursor


def encode(cursor: Cursor) -> str:
    text = json.dumps([cursor.created_at.isoformat(), cursor.id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """Raises InvalidCursor."""
    try:
        padded = text + "=" * (-len(text) % 4)
        created_at, memory_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return Cursor(in_utc(datetime.fromisoformat(created_at)), str(UUID(memory_id)))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidCursor("Use next_cursor of an earlier page unchanged.") from error
