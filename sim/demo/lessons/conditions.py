"""What a lesson can wait for. Each condition gets the run and the step's `count`, and looks at nothing but events."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sim.conservation import Place

if TYPE_CHECKING:
    from sim.demo.run import Run

type Condition = Callable[["Run", int], bool]

WITH_TRANSCRIPT = {Place.COMPLETE.value, Place.READABLE.value}
UNFINISHED = {Place.RETURNED.value, Place.IN_FLIGHT.value, Place.QUEUED.value, Place.OUTBOX.value, Place.CLIENT.value}


def _all_in(*places: str) -> Condition:
    def condition(run: "Run", count: int) -> bool:
        where = list(run.tally.places.values())
        return len(where) >= count and set(where) <= set(places)

    return condition


def _some_in(place: Place) -> Condition:
    return lambda run, count: list(run.tally.places.values()).count(place.value) >= count


CONDITIONS: Mapping[str, Condition] = {
    "all complete": _all_in(Place.COMPLETE.value),
    "all with a transcript": _all_in(*WITH_TRANSCRIPT),
    "all dead-lettered": _all_in(Place.DEAD_LETTERED.value),
    "none unfinished": lambda run, _: not UNFINISHED.intersection(run.tally.places.values()),
    "accepted": lambda run, count: run.tally.accepted >= count,
    "in flight": _some_in(Place.IN_FLIGHT),
    "returned": _some_in(Place.RETURNED),
    "in the outbox": _some_in(Place.OUTBOX),
    "readable": _some_in(Place.READABLE),
    "deleted": _some_in(Place.DELETED),
    "complete": _some_in(Place.COMPLETE),
    "dead letters": lambda run, count: len(run.tally.dead_letters) >= count,
    "no dead letters": lambda run, _: not run.tally.dead_letters,
    "no jobs": lambda run, _: not run.tally.jobs,
    "receives of one message": lambda run, count: max(run.tally.receives.values(), default=0) >= count,
    "alarm on": lambda run, _: run.alarm_is_on,
    "alarm off": lambda run, _: not run.alarm_is_on,
    "a fault triggered": lambda run, count: run.board.times_triggered >= count,
    "a violation": lambda run, count: len(run.tally.violations) >= count,
    "API alive": lambda run, _: "api.killed" not in run.board.active,
}
