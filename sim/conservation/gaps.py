"""Finds what is missing in a record: each source numbers its events from 1, and says in the end how many there were."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.conservation.events import Event, Missing


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a source recorded under one number: one event, several of one moment, or none that matters here."""

    source: str
    number: int
    at: float
    events: tuple[Event, ...] = ()


def with_gaps(records: Iterable[Numbered], totals: Mapping[str, int]) -> list[Event]:
    """The events in the order of time, with a `Missing` around every gap of a source's numbers.

    A source without a total may lack any number of last events, and one with a total and no record lacks all of them.
    """
    by_source: dict[str, dict[int, Numbered]] = {source: {} for source in totals}
    for record in records:
        by_source.setdefault(record.source, {}).setdefault(record.number, record)
    kept = [record for numbered in by_source.values() for record in numbered.values()]
    first = min((record.at for record in kept), default=0.0)
    timed: list[tuple[float, int, int, Event]] = []
    for order, record in enumerate(sorted(kept, key=lambda each: (each.at, each.source, each.number))):
        timed += [(record.at, 1, order, event) for event in record.events]
    for source, numbered in by_source.items():
        timed += _gaps_of(source, numbered, totals.get(source), first)
    timed.sort(key=lambda each: each[:3])
    return [event for *_, event in timed]


def _gaps_of(
    source: str, numbered: Mapping[int, Numbered], total: int | None, first: float
) -> list[tuple[float, int, int, Event]]:
    """A gap begins right after the last event before it, and ends right before the first event after it."""
    gaps: list[tuple[float, int, int, Event]] = []
    expected, at = 1, first
    order = 0 if not numbered else 2
    begins = 0
    for number in sorted(numbered):
        record = numbered[number]
        if number > expected:
            gaps.append((at, begins, 0, Missing(at, source, begins=True)))
            end = max(at, record.at)
            gaps.append((end, 0 if end > at else 2, 1, Missing(end, source, begins=False)))
        expected, at, begins = number + 1, max(at, record.at), 2
    if total is None or expected <= total:
        gaps.append((at, order, 2, Missing(at, source, begins=True)))
    return gaps
