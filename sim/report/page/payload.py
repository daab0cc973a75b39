"""The timeline of a scenario as data for the page's script: arrays, texts by index, times in seconds from its start.

A scenario with too many events is reduced: the memories with the most warnings and errors keep their events. The events
of the others are only counted, by lane and part of the axis (`density`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sim.picture.vocabulary import ACTION, ERROR, LANES, MINOR, OK, WAIT, WARNING
from sim.report.run_record import ScenarioRecord
from sim.report.timeline.axis import Stretch, stretches
from sim.report.timeline.model import Point, Span, Subject, Timeline

TONES = (OK, WAIT, WARNING, ERROR, MINOR, ACTION)
"""In the order of `TONES` in drawing.js."""

MAX_EVENTS_OF_A_SCENARIO = 6_000
MAX_EVENTS_OF_A_RUN = 60_000
BINS = 160


def budgets(scenarios: Sequence[ScenarioRecord]) -> list[int]:
    """The maximum number of events of each scenario: all of small ones, an equal share of the rest for large ones."""
    sizes = [_size(scenario.timeline) for scenario in scenarios]
    left, shares = MAX_EVENTS_OF_A_RUN, [0] * len(sizes)
    for done, index in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        shares[index] = min(sizes[index], left // (len(sizes) - done), MAX_EVENTS_OF_A_SCENARIO)
        left -= shares[index]
    return shares


def timeline_data(scenario: ScenarioRecord, budget: int = MAX_EVENTS_OF_A_SCENARIO) -> dict[str, Any]:
    """All data that the script needs of one scenario."""
    timeline = scenario.timeline
    axis = stretches(timeline.moments())
    subjects = sorted(timeline.subjects.values(), key=_relevance, reverse=True)
    kept = _kept(timeline, subjects, budget)
    indexes = {subject.id: index for index, subject in enumerate(subjects)}
    zero = axis[0].start if axis else 0.0
    texts = _Texts()
    points = [point for point in timeline.points if _is_kept(point, kept)]
    spans = [span for span in timeline.spans if _is_kept(span, kept)]
    return {
        "axis": [[_t(each.start, zero), _t(each.end, zero), round(each.share, 5)] for each in axis],
        "subjects": [_subject(subject, subject.id in kept) for subject in subjects],
        "points": [_point(point, zero, indexes, texts) for point in points],
        "spans": [_span(span, zero, indexes, texts) for span in spans],
        "faults": [
            [_t(band.start, zero), _t(band.end, zero), band.text, band.family, band.times_triggered]
            for band in timeline.faults
        ],
        "conditions": [[_t(at, zero), name] for at, name in timeline.conditions],
        "conservation": _conservation(scenario, zero),
        "density": _density(timeline, kept, axis) if len(kept) < len(subjects) else None,
        "texts": texts.all,
    }


def _conservation(scenario: ScenarioRecord, zero: float) -> dict[str, Any] | None:
    derived = scenario.conservation
    return None if derived is None else {**derived.as_json(zero), "sentence": derived.summary()}


def _size(timeline: Timeline) -> int:
    return len(timeline.points) + len(timeline.spans)


def _relevance(subject: Subject) -> tuple[bool, bool, int, int]:
    """Highest: without a good final status, dead-lettered, with most warnings and errors, with most receives."""
    return subject.status not in ("complete", ""), subject.was_dead, subject.problems, subject.receives


def _kept(timeline: Timeline, subjects: Iterable[Subject], budget: int) -> set[str]:
    """Ids of the subjects whose events are shown: as many as the budget allows, in the given order."""
    sizes: dict[str, int] = defaultdict(int)
    events: list[Point | Span] = [*timeline.points, *timeline.spans]
    for each in events:
        for subject_id in each.subjects:
            sizes[subject_id] += 1
    kept: set[str] = set()
    for subject in subjects:
        if sizes[subject.id] <= budget:
            kept.add(subject.id)
            budget -= sizes[subject.id]
    return kept


def _is_kept(event: Point | Span, kept: set[str]) -> bool:
    return not event.subjects or any(subject_id in kept for subject_id in event.subjects)


def _density(timeline: Timeline, kept: set[str], axis: Sequence[Stretch]) -> dict[str, list[int]]:
    """By lane: the number of events that are not shown, in each of `BINS` equal parts of the axis."""
    bins: dict[str, list[int]] = {}
    for point in timeline.points:
        if not _is_kept(point, kept):
            lane = bins.setdefault(point.lane, [0] * BINS)
            lane[min(BINS - 1, int(_position(point.at, axis) * BINS))] += 1
    return bins


def _position(at: float, axis: Sequence[Stretch]) -> float:
    """The position of a time on the axis, from 0 to 1; cuts have no width here."""
    done = 0.0
    for each in axis:
        if at < each.start:
            return done
        if at <= each.end:
            length = each.end - each.start
            return done + each.share * ((at - each.start) / length if length else 0.0)
        done += each.share
    return done


class _Texts:
    """Each text once; events refer to it by index."""

    def __init__(self) -> None:
        self._indexes: dict[str, int] = {}

    def index(self, text: str) -> int:
        return self._indexes.setdefault(text, len(self._indexes))

    @property
    def all(self) -> list[str]:
        return list(self._indexes)


def _t(at: float, zero: float) -> float:
    return round(at - zero, 3)


def _point(point: Point, zero: float, indexes: dict[str, int], texts: _Texts) -> list[Any]:
    subjects = [indexes[each] for each in point.subjects]
    text = texts.index(point.text)
    return [
        _t(point.at, zero),
        LANES.index(point.lane),
        TONES.index(point.tone),
        point.glyph,
        text,
        subjects,
        point.label,
    ]


def _span(span: Span, zero: float, indexes: dict[str, int], texts: _Texts) -> list[Any]:
    subjects = [indexes[each] for each in span.subjects]
    times = [_t(span.start, zero), _t(span.end, zero)]
    return [*times, LANES.index(span.lane), TONES.index(span.tone), span.style, texts.index(span.text), subjects]


def _subject(subject: Subject, is_shown: bool) -> dict[str, Any]:
    return {
        "id": subject.id,
        "kind": subject.kind,
        "title": subject.title,
        "status": subject.status,
        "reason": subject.reason,
        "receives": subject.receives,
        "calls": subject.openai_calls,
        "attempts": subject.attempts,
        "billed": round(subject.billed_seconds, 1),
        "events": subject.events,
        "shown": is_shown,
    }
