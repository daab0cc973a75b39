"""Places for the feed: applies the one reducer of `sim.conservation`, and says what each line moved."""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Any

from sim.conservation import Conservation, Event, Place, Violation
from sim.conservation.gaps import Numbered
from sim.journal.reading import Line
from sim.picture.conservation import numbered, ordered_events, sources_in

type Key = tuple[float, str, int]


class Places:
    """The places of all recordings after the lines so far.

    A line that comes late, because another process wrote it or because it was copied later, is put where it belongs:
    then everything is derived anew, and the difference is returned.
    """

    def __init__(self, start: float, observed: Iterable[str]) -> None:
        self._start = start
        self._observed = frozenset(observed)
        self._records: list[tuple[Key, Numbered]] = []
        self._conservation = Conservation(self._observed)

    def add(self, line: Line) -> dict[str, Any] | None:
        """What a line moved, as the fields of an event `places`; None if it moved nothing."""
        record = numbered(line)
        if record is None or not record.events:
            return None
        key = (record.at, record.source, record.number)
        is_late = bool(self._records) and key < self._records[-1][0]
        insort(self._records, (key, record), key=lambda each: each[0])
        if is_late:
            return self._again()
        return self.apply(record.events)

    def apply(self, events: Iterable[Event]) -> dict[str, Any] | None:
        """What the events moved; each recording that moved is named once, with its last place."""
        conservation, accepted = self._conservation, self._conservation.accepted
        missing = len(conservation.missing)
        violations: list[Violation] = []
        moved: dict[str, Place | None] = {}
        for event in events:
            violations += conservation.apply(event)
            moved.update(conservation.moved)
        is_same = accepted == conservation.accepted and missing == len(conservation.missing)
        if not moved and not violations and is_same:
            return None
        return self._change(moved, violations)

    def _again(self) -> dict[str, Any] | None:
        before, old_violations = self._conservation.places(), self._conservation.violations
        accepted, missing = self._conservation.accepted, self._conservation.missing
        conservation = self._conservation = Conservation(self._observed)
        for _, record in self._records:
            for event in record.events:
                conservation.apply(event)
        after = conservation.places()
        moved = {each: after.get(each) for each in {**before, **after} if before.get(each) != after.get(each)}
        if conservation.violations != old_violations:
            return {**self._change(moved, conservation.violations), "all_violations": True}
        is_same = accepted == conservation.accepted and missing == conservation.missing
        return self._change(moved, []) if moved or not is_same else None

    def _change(self, moved: dict[str, Place | None], violations: Sequence[Violation]) -> dict[str, Any]:
        missing = {"missing": list(self._conservation.missing)} if self._conservation.missing else {}
        return {
            "accepted": self._conservation.accepted,
            **missing,
            "moves": [[subject, None if place is None else place.value] for subject, place in moved.items()],
            "violations": [
                {
                    "kind": each.kind.value,
                    "part": each.part.value,
                    "subject": each.subject,
                    "at": round(each.at - self._start, 3),
                    "text": each.sentence(self._start),
                }
                for each in violations
            ],
        }


def places_events(lines: Sequence[Line], start: float, totals: dict[str, int]) -> list[dict[str, Any]]:
    """The events `places` of a whole scenario, one for each moment that moved something; missing lines are noticed."""
    places = Places(start, sources_in(lines))
    events: list[dict[str, Any]] = []
    moment: list[Event] = []
    for event in [*ordered_events(lines, totals), None]:
        if moment and (event is None or event.at > moment[0].at):
            change = places.apply(moment)
            if change is not None:
                events.append({"kind": "places", "at": moment[0].at, **change})
            moment = []
        if event is not None:
            moment.append(event)
    return events
