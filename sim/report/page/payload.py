"""A scenario's timeline as the page's script takes it: short arrays, texts by number, times in seconds from its start.

A scenario with too many events is thinned: the memories that were in trouble keep theirs, the events of the others are
summed up in bars (`density`), a lane at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sim.report.run_record import ScenarioRecord
from sim.report.timeline.axis import Stretch, stretches
from sim.report.timeline.picture import BAD, DIM, LANES, OK, PEOPLE, TROUBLE, WAIT, Picture, Point, Span, Subject

TONES = (OK, WAIT, TROUBLE, BAD, DIM, PEOPLE)
MOST_EVENTS_OF_A_SCENARIO = 6_000
MOST_EVENTS_OF_A_RUN = 60_000
BINS = 160


def budgets(scenarios: Sequence[ScenarioRecord]) -> list[int]:
    """How many events of each scenario the page may hold: small ones all of theirs, large ones an equal share."""
    sizes = [_size(scenario.picture) for scenario in scenarios]
    left, given = MOST_EVENTS_OF_A_RUN, [0] * len(sizes)
    for place, index in enumerate(sorted(range(len(sizes)), key=sizes.__getitem__)):
        given[index] = min(sizes[index], left // (len(sizes) - place), MOST_EVENTS_OF_A_SCENARIO)
        left -= given[index]
    return given


def timeline(scenario: ScenarioRecord, budget: int = MOST_EVENTS_OF_A_SCENARIO) -> dict[str, Any]:
    """Everything the script draws of one scenario."""
    picture = scenario.picture
    axis = stretches(picture.moments())
    subjects = sorted(picture.subjects.values(), key=_interest, reverse=True)
    kept = _kept(picture, subjects, budget)
    number = {subject.id: index for index, subject in enumerate(subjects)}
    zero = axis[0].start if axis else 0.0
    texts = _Texts()
    points = [point for point in picture.points if _is_kept(point, kept)]
    spans = [span for span in picture.spans if _is_kept(span, kept)]
    return {
        "axis": [[_t(each.start, zero), _t(each.end, zero), round(each.share, 5)] for each in axis],
        "subjects": [_subject(subject, subject.id in kept) for subject in subjects],
        "points": [_point(point, zero, number, texts) for point in points],
        "spans": [_span(span, zero, number, texts) for span in spans],
        "faults": [
            [_t(band.start, zero), _t(band.end, zero), band.text, band.family, band.times_triggered]
            for band in picture.faults
        ],
        "flags": [[_t(at, zero), words] for at, words in picture.flags],
        "density": _density(picture, kept, axis) if len(kept) < len(subjects) else None,
        "texts": texts.all,
    }


def _size(picture: Picture) -> int:
    return len(picture.points) + len(picture.spans)


def _interest(subject: Subject) -> tuple[bool, bool, int, int]:
    """Who is shown first: who ended badly, was dead, was in trouble most."""
    return subject.status not in ("complete", ""), subject.was_dead, subject.trouble, subject.receives


def _kept(picture: Picture, subjects: Iterable[Subject], budget: int) -> set[str]:
    """Whose events are shown one by one, as many as the budget allows, the more interesting first."""
    sizes: dict[str, int] = defaultdict(int)
    events: list[Point | Span] = [*picture.points, *picture.spans]
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


def _density(picture: Picture, kept: set[str], axis: Sequence[Stretch]) -> dict[str, list[int]]:
    """How many of the events that are not shown fall into each part of the axis."""
    bins: dict[str, list[int]] = {}
    for point in picture.points:
        if not _is_kept(point, kept):
            lane = bins.setdefault(point.lane, [0] * BINS)
            lane[min(BINS - 1, int(_place(point.at, axis) * BINS))] += 1
    return bins


def _place(at: float, axis: Sequence[Stretch]) -> float:
    """Where a moment is on the axis, from 0 to 1; the cuts take no room here."""
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
    """Each text once, by number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def all(self) -> list[str]:
        return list(self._numbers)


def _t(at: float, zero: float) -> float:
    return round(at - zero, 3)


def _point(point: Point, zero: float, number: dict[str, int], texts: _Texts) -> list[Any]:
    whom = [number[each] for each in point.subjects]
    text = texts.number(point.text)
    return [_t(point.at, zero), LANES.index(point.lane), TONES.index(point.tone), point.glyph, text, whom, point.label]


def _span(span: Span, zero: float, number: dict[str, int], texts: _Texts) -> list[Any]:
    whom = [number[each] for each in span.subjects]
    times = [_t(span.start, zero), _t(span.end, zero)]
    return [*times, LANES.index(span.lane), TONES.index(span.tone), span.style, texts.number(span.text), whom]


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
        "paid": round(subject.billed_seconds, 1),
        "events": subject.events,
        "shown": is_shown,
    }
