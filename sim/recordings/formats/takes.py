"""The take number as text, the part that all formats share."""

MAX_DIGITS = 9


def parse_take(text: bytes) -> int | None:
    """The number in a piece of metadata; None when it holds something else."""
    return int(text) if text.isdigit() and len(text) <= MAX_DIGITS else None
