"""The states a message is in between its events: delayed, waiting, in flight, dead."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.journal.reading import Line
from sim.report.formatting import spoken_seconds
from sim.report.timeline.picture import BAD, DIM, TROUBLE, WAIT, Span
from sim.report.timeline.subjects import Subjects

STATE_WORDS = {
    "delayed": "waits for the end of its delay",
    "waiting": "waits to be received",
    "flight": "in flight: invisible to others",
    "dead": "lies in the dead-letter queue",
}
STATE_TONES = {"delayed": WAIT, "waiting": WAIT, "flight": DIM, "dead": BAD}

INTO = {
    "sent": "waiting",
    "redriven": "waiting",
    "visible_again": "waiting",
    "delay_ended": "waiting",
    "received": "flight",
}
ENDS = {"deleted", "expired", "purged"}


@dataclass
class _State:
    name: str
    since: float
    lane: str
    line: Line


def message_spans(lines: Iterable[Line], subjects: Subjects) -> list[Span]:
    """A thin bar for every state of every message; what never ended lasts to the end of the record."""
    states: dict[str, _State] = {}
    spans: list[Span] = []
    last = 0.0

    def end(message_id: str, at: float) -> None:
        state = states.pop(message_id, None)
        if state is not None and at > state.since:
            words = f"{STATE_WORDS[state.name]}, {spoken_seconds(at - state.since)}"
            tone = TROUBLE if state.name == "flight" and state.line.number_of("receive_count") > 1 else None
            whom = subjects.of(state.line)
            spans.append(Span(state.since, at, state.lane, words, tone or STATE_TONES[state.name], state.name, whom))

    for line in lines:
        last = line.virtual_at
        if line.kind == "sqs":
            _step(line, states, end)
    for message_id in list(states):
        end(message_id, last)
    return spans


def _step(line: Line, states: dict[str, _State], end: Callable[[str, float], None]) -> None:
    message_id, what = line.text("message_id"), line.text("event")
    state = states.get(message_id)
    if state is not None and state.name == "dead" and what not in ENDS:
        return  # somebody looked at it
    if what == "dead_lettered":
        end(message_id, line.virtual_at)
        states[message_id] = _State("dead", line.virtual_at, "DLQ", line)
    elif what in ENDS:
        end(message_id, line.virtual_at)
    elif what in INTO:
        end(message_id, line.virtual_at)
        name = "delayed" if what == "sent" and line.number_of("delay_seconds") else INTO[what]
        states[message_id] = _State(name, line.virtual_at, "SQS", line)
