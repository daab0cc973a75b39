"""Checks invariants one after another, and says of each what it found and how much it looked at."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.invariants.violation import InvariantNotKnown, InvariantViolated, Numbers

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

PASSED, FAILED, INCONCLUSIVE = "passed", "failed", "inconclusive"

type Invariant = Callable[["Simulation"], Numbers]


@dataclass(frozen=True)
class Result:
    """`text`: what was found instead, or what is missing to know it; empty if the invariant holds."""

    name: str
    about: str
    verdict: str
    text: str = ""
    numbers: Numbers = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "numbers": dict(self.numbers)}


class Check:
    """The results of all invariants, in their order. The scenario fails with `error`, if there is one."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self._violated: InvariantViolated | None = None
        self._not_known: InvariantNotKnown | None = None

    @property
    def error(self) -> InvariantViolated | InvariantNotKnown | None:
        """The first violation; or else, the first that is not known."""
        return self._violated or self._not_known

    def run(self, simulation: "Simulation", invariants: Iterable[Invariant]) -> None:
        """Check all. What else one of them raises, such as a service that does not answer, hides no violation."""
        for invariant in invariants:
            name = invariant.__name__.replace("_", " ")
            about = inspect.getdoc(invariant) or name
            about = " ".join(about.split("\n\n")[0].split())
            try:
                numbers = invariant(simulation)
            except InvariantViolated as error:
                self._violated = self._violated or error
                self.results.append(Result(name, about, FAILED, str(error)))
            except InvariantNotKnown as error:
                self._not_known = self._not_known or error
                self.results.append(Result(name, about, INCONCLUSIVE, str(error)))
            except Exception:
                if self._violated is None:
                    raise
                return
            else:
                self.results.append(Result(name, about, PASSED, numbers=numbers))
