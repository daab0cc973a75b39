"""Checks invariants one after another, and says of each what it found and how much it looked at."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sim.invariants.violation import InvariantNotKnown, InvariantViolated, Numbers

if TYPE_CHECKING:
    from sim.scenario.simulation import Simulation

PASSED, FAILED, INCONCLUSIVE = "passed", "failed", "inconclusive"

type Invariant = Callable[["Simulation"], Numbers]
type NotHeld = InvariantViolated | InvariantNotKnown
type Known = Mapping[Invariant, Numbers]
"""Invariants that hold, with what they looked at."""


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


def name_of(invariant: Invariant) -> str:
    """Its name in words: `nothing lost`."""
    return invariant.__name__.replace("_", " ")


def about(invariant: Invariant) -> str:
    """What it says, from its docstring."""
    return " ".join((inspect.getdoc(invariant) or name_of(invariant)).split("\n\n")[0].split())


def result_of(invariant: Invariant, simulation: "Simulation") -> tuple[Result, NotHeld | None]:
    """What an invariant finds now, and the error that it raised. Raises whatever else it raises."""
    name, sentence = name_of(invariant), about(invariant)
    try:
        return Result(name, sentence, PASSED, numbers=invariant(simulation)), None
    except InvariantViolated as error:
        return Result(name, sentence, FAILED, str(error)), error
    except InvariantNotKnown as error:
        return Result(name, sentence, INCONCLUSIVE, str(error)), error


class Check:
    """The results of all invariants, in their order. The scenario fails with `error`, if there is one."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self._errors: list[NotHeld] = []

    @property
    def error(self) -> NotHeld | None:
        """The first violation; or else, the first that is not known."""
        violations = [each for each in self._errors if isinstance(each, InvariantViolated)]
        return next(iter([*violations, *self._errors]), None)

    def run(self, simulation: "Simulation", invariants: Iterable[Invariant], known: Known | None = None) -> None:
        """Check all but those that are known to hold.

        What else one of them raises, such as a service that does not answer, hides no violation.
        """
        for invariant in invariants:
            numbers = (known or {}).get(invariant)
            if numbers is not None:
                self.results.append(Result(name_of(invariant), about(invariant), PASSED, numbers=numbers))
                continue
            try:
                result, error = result_of(invariant, simulation)
            except Exception:
                if not isinstance(self.error, InvariantViolated):
                    raise
                return
            self.results.append(result)
            self._errors += [] if error is None else [error]
