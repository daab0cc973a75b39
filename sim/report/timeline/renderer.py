"""Renders journal lines as a timeline: the events that `sim.picture` puts into words, with bars, bands and subjects."""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.picture.texts import condition_name, wordings_of
from sim.picture.vocabulary import ERROR, RING, WARNING
from sim.report.timeline.fault_bands import fault_bands
from sim.report.timeline.invocations import invocation_spans
from sim.report.timeline.message_states import message_spans
from sim.report.timeline.model import Point, Span, Timeline
from sim.report.timeline.subjects import Subjects

SHORTEST_SPAN_SECONDS = 0.0005


def timeline_of(lines: Iterable[Line]) -> Timeline:
    """The timeline of one scenario's lines, which are in the order of virtual time."""
    lines = list(lines)
    subjects = Subjects(lines)
    timeline = Timeline(subjects=subjects.all)
    for line in lines:
        _add(line, timeline, subjects)
    timeline.spans += message_spans(lines, subjects)
    timeline.spans += invocation_spans(lines, subjects)
    timeline.faults = fault_bands(lines)
    _count(timeline)
    timeline.points.sort(key=lambda point: point.at)
    return timeline


def _add(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    if line.kind == "condition_met":
        timeline.conditions.append((line.virtual_at, condition_name(line)))
    points = [Point(*wording[:5], subjects.of(line), wording.label) for wording in wordings_of(line)]
    timeline.points += points
    seconds = line.number_of("duration_seconds")
    if line.kind in ("api_request", "openai_request") and seconds > SHORTEST_SPAN_SECONDS:
        begins = line.virtual_at - (seconds if line.kind == "api_request" else 0)
        last = points[-1]
        timeline.spans.append(Span(begins, begins + seconds, last.lane, last.text, last.tone, "bar", last.subjects))


def _count(timeline: Timeline) -> None:
    """Count the events and problems of each subject: they decide which subjects come first."""
    for point in timeline.points:
        for subject_id in point.subjects:
            subject = timeline.subjects[subject_id]
            subject.events += 1
            subject.problems += point.tone in (WARNING, ERROR)
            subject.receives += point.glyph == RING
            subject.was_dead |= point.lane == "DLQ"
