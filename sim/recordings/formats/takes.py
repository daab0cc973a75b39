"""The take number as text, the one thing every format keeps alike."""

MOST_DIGITS = 9


def parse_take(text: bytes) -> int | None:
    """The number a piece of metadata holds; None when it holds something else."""
    return int(text) if text.isdigit() and len(text) <= MOST_DIGITS else None
