"""The fields that a client describes a recording with: the same rules for a form and for a JSON request.

Every function raises ValueError, whose text the client gets.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Any

MAX_TITLE_CHARACTERS = 200

# Embeddings and overrides of the text's direction (Unicode Standard Annex 9): they reach beyond the title and make a
# reader see other text than is there. Marks and isolates stay: phones write them into titles of right-to-left scripts.
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")

# Control characters, lone surrogates, and the two separators that are line breaks.
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})

_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_TEXT = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]"
TITLE: dict[str, Any] = {
    "pattern": f"^[{_SPACE}]*{_TEXT}{{0,{MAX_TITLE_CHARACTERS}}}[{_SPACE}]*$",
    "description": f"At most {MAX_TITLE_CHARACTERS} characters without the spaces around them; no control characters.",
    "examples": ["Standup, Friday"],
}
"""What `title_of` takes, in JSON Schema."""

_INVISIBLE = frozenset({"Cf", "Zs"})


def title_of(text: str) -> str | None:
    """The title without spaces around it; None if nothing of it is visible.

    Joiners, marks of direction and the spaces of all languages are part of a title.
    """
    title = text.strip()
    categories = [unicodedata.category(character) for character in title]
    if not _REFUSED.isdisjoint(categories):
        raise ValueError("The title contains control characters.")
    if not OVERRIDES.isdisjoint(title):
        raise ValueError("The title contains characters that override the direction of text.")
    if len(title) > MAX_TITLE_CHARACTERS:
        raise ValueError(f"The title has {len(title)} characters; the limit is {MAX_TITLE_CHARACTERS}.")
    return title if not _INVISIBLE.issuperset(categories) else None


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 time with its offset, in UTC; None for no text."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        raise ValueError("It must be an ISO 8601 time with its offset, such as 2026-11-20T18:30:00+01:00.") from None
    return in_utc(moment)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, if it has an offset and UTC's calendar of the years 1 to 9999 has it."""
    if moment.tzinfo is None:
        raise ValueError("The time has no offset; an example with one is 2026-11-20T18:30:00+01:00.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("The time is outside of the years 1 to 9999 in UTC.") from None
