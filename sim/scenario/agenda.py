"""What happens in a long scenario, ordered by time: faults that begin and end, clients that upload and try again."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from sim.faults import Fault

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

type Action = Callable[[], object]


class Agenda:
    """Actions ordered by time; those of the same time in the order in which they were added."""

    def __init__(self, sim: "Simulation") -> None:
        self.now = timedelta()
        """Virtual time since the beginning."""
        self._sim = sim
        self._entries: list[tuple[timedelta, int, Action]] = []
        self._numbers = count()

    def at(self, time: timedelta, act: Action) -> None:
        heappush(self._entries, (time, next(self._numbers), act))

    def work_through(self) -> None:
        """Let time pass from action to action until none is left. Faults that are active then end."""
        with ExitStack() as self._active_faults:
            while self._entries:
                time, _, act = heappop(self._entries)
                if time > self.now:
                    self._sim.run_for(time - self.now)
                    self.now = time
                act()

    def fault(self, fault: Fault[Any], begins: timedelta, ends: timedelta) -> None:
        """Activate the fault from `begins` to `ends`. It may stay untriggered."""

        def activate() -> None:
            active = self._active_faults.enter_context(ExitStack())
            active.enter_context(self._sim.fault(fault, allow_untriggered=True))
            self.at(ends, active.close)

        self.at(begins, activate)
