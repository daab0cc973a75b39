"""SQS's own limits, which the SQS adapter and the in-memory queue enforce."""

from rawk.config import MAX_VISIBILITY_TIMEOUT_SECONDS

MAX_MOVES_PER_SECOND = 500
"""Of a message move task (Amazon SQS API Reference, StartMessageMoveTask)."""


def require_visibility(seconds: int) -> None:
    """Raises ValueError outside of SQS's range."""
    if not 0 <= seconds <= MAX_VISIBILITY_TIMEOUT_SECONDS:
        raise ValueError(f"a visibility timeout must be 0 to {MAX_VISIBILITY_TIMEOUT_SECONDS} seconds, not {seconds}")


def require_rate(max_per_second: int | None) -> None:
    """Raises ValueError outside of SQS's range; None means as fast as SQS likes."""
    if max_per_second is not None and not 1 <= max_per_second <= MAX_MOVES_PER_SECOND:
        raise ValueError(f"dead letters can be moved at 1 to {MAX_MOVES_PER_SECOND} a second, not {max_per_second}")
