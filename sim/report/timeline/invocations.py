"""Invocations of functions: their spans in the Lambda lane."""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.picture.formatting import duration_text
from sim.picture.texts import OUTCOME_TEXTS, OUTCOME_TONES
from sim.picture.vocabulary import MINOR, OK, WARNING, short_name_of
from sim.report.timeline.model import Span
from sim.report.timeline.subjects import Subjects


def invocation_spans(lines: Iterable[Line], subjects: Subjects) -> list[Span]:
    """A span for each invocation; one without an end lasts until the last line."""
    spans: list[Span] = []
    running: dict[str, Line] = {}
    last = 0.0
    for line in lines:
        last = line.virtual_at
        if line.kind != "lambda":
            continue
        if line.text("event") == "started":
            running[line.text("request_id")] = line
        elif started := running.pop(line.text("request_id"), None):
            spans.append(_span(started, line.virtual_at, line.text("outcome"), subjects))
    return spans + [_span(started, last, "", subjects) for started in running.values()]


def _span(started: Line, end: float, outcome: str, subjects: Subjects) -> Span:
    function = short_name_of(started.text("function")) or "function"
    tone = OUTCOME_TONES.get(outcome, WARNING)
    if tone == OK and not started.texts("message_ids"):
        tone = MINOR
    cold = ", cold start" if started.fields.get("cold_start") else ""
    duration = duration_text(end - started.virtual_at)
    text = f"{function} {OUTCOME_TEXTS.get(outcome, 'did not end')}, {duration}{cold}"
    style = "cold" if cold else "bar"
    return Span(started.virtual_at, end, "Lambda", text, tone, style, subjects.of(started))
