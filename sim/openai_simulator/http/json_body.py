"""Reads a JSON body as strictly as RFC 8259 has it, which Python's parser does not."""

import json
from typing import Any


def read_object(body: bytes) -> dict[str, Any] | None:
    """The object in the body; None if there is none, or if it contains what no UTF-8 text can."""
    try:
        text = body.decode("utf-8")
        found = json.loads(text, parse_constant=_refuse)
        if "\\ud" in text.lower():
            # Half a surrogate pair is valid in JSON and in no text.
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    """Raises ValueError: NaN and Infinity are no JSON."""
    raise ValueError(constant)
