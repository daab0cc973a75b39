"""Ctrl-C and SIGTERM: the first signal ends the run in order, later ones do not disturb its end.

Ctrl-C sends SIGINT to the whole foreground process group, tox sends it to its command once more, and users press it
twice. A second KeyboardInterrupt would hit the code that stops the worlds and writes the report.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

EXIT_INTERRUPTED = 2
ORDERLY_SECONDS = 20.0
"""After this time a further signal ends the process at once. The supervisors then stop what it has started."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Handles SIGINT and SIGTERM in one process of a run, the controller's or an xdist worker's."""

    def __init__(self) -> None:
        self._first_at: float | None = None
        self._deferred = 0
        self._pending = False
        self._held = False
        self._earlier: dict[signal.Signals, object] = {}

    @property
    def came(self) -> bool:
        """Whether a signal came."""
        return self._first_at is not None

    def install(self) -> None:
        """Replace the handlers. Leaves an ignored SIGINT alone: a shell starts background jobs so."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._earlier[number] = signal.signal(number, self._on_signal)

    def uninstall(self) -> None:
        """Restore the earlier handlers."""
        while self._earlier:
            number, handler = self._earlier.popitem()
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """While the block runs, a first signal is only noted; the end of the outermost raises KeyboardInterrupt."""
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1
        self._raise_pending()

    def hold(self) -> None:
        """Defer until `release`, which another function calls."""
        self._deferred += 1
        self._held = True

    def release(self) -> None:
        """End what `hold` began, if it did. Raises KeyboardInterrupt if a signal came meanwhile."""
        if self._held:
            self._held = False
            self._deferred -= 1
            self._raise_pending()

    def defer_for_good(self) -> None:
        """From here on a signal is only noted: the process is about to end by itself."""
        self._deferred += 1

    def _raise_pending(self) -> None:
        if self._pending and not self._deferred:
            self._pending = False
            raise KeyboardInterrupt

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
            self._pending = self._deferred > 0
            if not self._pending:
                raise KeyboardInterrupt
        elif now - self._first_at > ORDERLY_SECONDS:
            os._exit(EXIT_INTERRUPTED)


INTERRUPTS = Interrupts()
"""Those of this process: a process has one handler for each signal, whatever runs in it."""
