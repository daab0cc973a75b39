"""How many log lines clients without a key can cause: a few that say what they send, then one that counts the rest."""

import asyncio
from collections import Counter

from rawk.log import log

LINES = 20
"""About refused requests, in each window."""
WINDOW_SECONDS = 10.0


class RefusedLines:
    """Used by one event loop, in its thread."""

    def __init__(self) -> None:
        self._written = 0
        self._left_out: Counter[str] = Counter()
        self._window_is_open = False

    def admits(self, status: int) -> bool:
        """Whether the request that was refused with this status has a line of its own; it is counted otherwise."""
        if not self._window_is_open:
            self._window_is_open = True
            asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._close_window)
        if self._written < LINES:
            self._written += 1
            return True
        self._left_out[f"status_{status}"] += 1
        return False

    def _close_window(self) -> None:
        if self._left_out:
            log.warning("requests_refused", **self._left_out, seconds=WINDOW_SECONDS)
        self._written = 0
        self._left_out.clear()
        self._window_is_open = False
