"""How every world starts and stops, whatever its parts are."""

import time
from abc import ABC, abstractmethod
from contextlib import ExitStack
from typing import Self

from sim.engines.base.engine import Say


class WorldLifecycle(ABC):
    """A context manager: entering starts the parts, leaving stops what is on `_running`."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Raises the error of the part that could not start, after stopping the others."""
        began = time.monotonic()
        try:
            self._start_parts()
        except BaseException:
            self.stop()
            raise
        self._say(f"world up in {time.monotonic() - began:.1f} s")

    def stop(self) -> None:
        self._running.close()

    @abstractmethod
    def _start_parts(self) -> None:
        """Start everything; each part puts its own end on `_running`."""
