"""The states of messages between their events, as spans: delayed, waiting, in flight, dead letter."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.journal.reading import Line
from sim.picture.formatting import duration_text
from sim.picture.vocabulary import ERROR, MINOR, WAIT, WARNING
from sim.report.timeline.model import Span
from sim.report.timeline.subjects import Subjects

STATE_TEXTS = {
    "delayed": "delayed",
    "waiting": "waiting, visible to consumers",
    "flight": "in flight, invisible to other consumers",
    "dead": "in the dead-letter queue",
}
STATE_TONES = {"delayed": WAIT, "waiting": WAIT, "flight": MINOR, "dead": ERROR}

STATE_AFTER = {
    "sent": "waiting",
    "redriven": "waiting",
    "visible_again": "waiting",
    "delay_ended": "waiting",
    "received": "flight",
}
END_EVENTS = {"deleted", "expired", "purged"}


@dataclass
class _State:
    name: str
    since: float
    lane: str
    line: Line


def message_spans(lines: Iterable[Line], subjects: Subjects) -> list[Span]:
    """A span for each state of each message; a state without an end lasts until the last line."""
    states: dict[str, _State] = {}
    spans: list[Span] = []
    last = 0.0

    def end(message_id: str, at: float) -> None:
        state = states.pop(message_id, None)
        if state is not None and at > state.since:
            text = f"{STATE_TEXTS[state.name]}, {duration_text(at - state.since)}"
            is_retry = state.name == "flight" and state.line.number_of("receive_count") > 1
            tone = WARNING if is_retry else STATE_TONES[state.name]
            spans.append(Span(state.since, at, state.lane, text, tone, state.name, subjects.of(state.line)))

    for line in lines:
        last = line.virtual_at
        if line.kind == "sqs":
            _apply(line, states, end)
    for message_id in list(states):
        end(message_id, last)
    return spans


def _apply(line: Line, states: dict[str, _State], end: Callable[[str, float], None]) -> None:
    message_id, event = line.text("message_id"), line.text("event")
    state = states.get(message_id)
    if state is not None and state.name == "dead" and event not in END_EVENTS:
        return  # an operator's command read the dead letter
    if event == "dead_lettered":
        end(message_id, line.virtual_at)
        states[message_id] = _State("dead", line.virtual_at, "DLQ", line)
    elif event in END_EVENTS:
        end(message_id, line.virtual_at)
    elif event in STATE_AFTER:
        end(message_id, line.virtual_at)
        name = "delayed" if event == "sent" and line.number_of("delay_seconds") else STATE_AFTER[event]
        states[message_id] = _State(name, line.virtual_at, "SQS", line)
