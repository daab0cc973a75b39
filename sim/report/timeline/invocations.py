"""Invocations of functions: their points and spans in the Lambda lane."""

from collections.abc import Iterable

from sim.journal.reading import Line
from sim.report.formatting import count_text, duration_text
from sim.report.timeline.model import CROSS, ERROR, MINOR, NONE, OK, WARNING, Point, Span, Timeline, short_name_of
from sim.report.timeline.subjects import Subjects

OUTCOME_TONES = {"success": OK, "batch_item_failures": WARNING, "error": ERROR, "timeout": ERROR, "crash": ERROR}
OUTCOME_TEXTS = {
    "success": "succeeded",
    "batch_item_failures": "returned the message to the queue",
    "error": "raised an error",
    "timeout": "timed out and was killed",
    "crash": "crashed",
}


def invocation_point(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    """The start, end or rejection of an invocation. A span shows start and success already, so they have no glyph."""
    function, event = short_name_of(line.text("function")) or "function", line.text("event")
    messages = len(line.texts("message_ids"))
    if event == "started":
        cold = ", cold start" if line.fields.get("cold_start") else ""
        text = f"{function} started{cold}" + (f", with {count_text(messages, 'message')}" if messages else "")
        tone, glyph = OK if messages else MINOR, NONE
    elif event == "ended":
        outcome, error = line.text("outcome"), line.text("error")
        text = f"{function} {OUTCOME_TEXTS.get(outcome, outcome)}" + (f": {error}" if error else "")
        tone = OUTCOME_TONES.get(outcome, WARNING)
        tone = MINOR if tone == OK and not messages else tone
        glyph = CROSS if tone == ERROR else NONE
    else:
        text, tone, glyph = f"invocation of {function} {event}: {line.text('error_code')}", WARNING, CROSS
    timeline.points.append(Point(line.virtual_at, "Lambda", text, tone, glyph, subjects.of(line)))


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
