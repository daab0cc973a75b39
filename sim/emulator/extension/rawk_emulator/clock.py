"""The one place the extension takes its time from.

Everything that compares a moment with a deadline (function timeouts, visibility timeouts) asks here, so that a
world with a clock of its own only has to set `offset_seconds`.
"""

import time

offset_seconds: float = 0.0
"""How far this world is ahead of the machine's clock."""


def now_seconds() -> float:
    """Seconds since 1970 in this world."""
    return time.time() + offset_seconds
