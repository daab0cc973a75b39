"""Conservation of one scenario, derived from the lines of the journal: docs/reference/conservation.md."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.conservation import (
    Accepted,
    AudioRemoved,
    AudioStored,
    Conservation,
    DeadLettered,
    Event,
    InvocationEnded,
    InvocationStarted,
    MessageReceived,
    MessageRemoved,
    MessageSent,
    MessageVisible,
    Paid,
    Purge,
    Series,
)
from sim.conservation.gaps import Numbered, with_gaps
from sim.conservation.reducer import ALL_SOURCES
from sim.journal.reading import CUT_OFF, RESOURCE_KEYS, Line
from sim.picture.subjects import commit_of

HARNESS = "harness"
"""The source of the lines that the harness itself writes."""

ACCEPTING_REQUESTS = ("POST /memories", "POST /memories/…/submit")
PURGE_COMMAND = "dlq purge"

BEFORE_THE_FIRST_EVENT = ("scenario_started", "pipeline_ready")


@dataclass(frozen=True)
class Derived:
    """Conservation after all lines, and the counts by place over time. `start`: virtual time of the first event."""

    conservation: Conservation
    series: Series
    start: float
    events: int = 0

    def sentences(self) -> list[str]:
        """Each violation as one line, with its time since the start."""
        return [each.sentence(self.start) for each in self.conservation.violations]

    def as_json(self) -> dict[str, Any]:
        """For `summary.json`; times in seconds since the first event."""
        conservation = self.conservation
        return {
            "conservation_verdict": conservation.verdict.value,
            "accepted": conservation.accepted,
            "violations": self.sentences(),
            "at": [round(each.at - self.start, 3) for each in conservation.violations],
            "missing": conservation.missing,
            "series": self.series.as_json(self.start),
        }


def conservation_of(lines: Sequence[Line], totals: Mapping[str, int] | None = None) -> Derived | None:
    """Conservation of a scenario; None where its engine does not observe events.

    `lines` are the scenario's own. `totals` says how many events each source has recorded; by default it is read from
    the lines `events_counted` and `scenario_ended`.
    """
    if totals is None:
        totals = totals_in(lines)
    if totals is None:
        return None
    conservation = Conservation(sources_in(lines))
    series = Series()
    events = ordered_events(lines, totals)
    for event in events:
        conservation.apply(event)
        series.add(event, conservation)
    return Derived(conservation, series, start_of(lines), len(events))


def start_of(lines: Iterable[Line]) -> float:
    """The virtual time from which a scenario's moments are counted: when its first event began."""
    own = (line for line in lines if line.kind not in BEFORE_THE_FIRST_EVENT)
    began = (line.virtual_at - _seconds_before(line) for line in own)
    return min(began, default=0.0)


def _seconds_before(line: Line) -> float:
    """A client's request is written when it has ended."""
    return line.number_of("duration_seconds") if line.kind == "api_request" else 0.0


def sources_in(lines: Iterable[Line]) -> frozenset[str]:
    """What is observed: payments only where OpenAI's simulator was asked at all."""
    payments = any(line.kind == "openai_request" for line in lines)
    return ALL_SOURCES if payments else ALL_SOURCES - {"payments"}


def ordered_events(lines: Iterable[Line], totals: Mapping[str, int]) -> list[Event]:
    """The events of conservation in the order of time, with what is missing."""
    return with_gaps((record for line in lines if (record := numbered(line)) is not None), totals)


def totals_in(lines: Sequence[Line]) -> dict[str, int] | None:
    """None where nothing is observed. A journal that ends early has events and no totals: each source lacks its end."""
    counted = next((line for line in lines if line.kind == "events_counted"), None)
    if counted is None:
        return {} if any(line.kind in ("sqs", "s3_object") and "seq" in line.fields for line in lines) else None
    counts = counted.fields.get("counts")
    if not isinstance(counts, dict):
        return None
    totals = {str(name): int(count) for name, count in counts.items()}
    ended = next((line for line in lines if line.kind == "scenario_ended"), None)
    return {**totals, HARNESS: int(ended.number_of("seq"))} if ended is not None else totals


def numbered(line: Line) -> Numbered | None:
    """The events of a line, with its source and its number there; None for a line without a number."""
    number = int(line.number_of("seq"))
    if not number:
        return None
    source = next((line.text(key) for key in RESOURCE_KEYS if line.text(key)), HARNESS)
    if line.fields.get("scenario") is not None:
        source = HARNESS
    return Numbered(source, number, line.virtual_at, tuple(_events(line)))


def _events(line: Line) -> Iterator[Event]:
    translate = _TRANSLATORS.get(line.kind)
    if translate is not None:
        yield from translate(line)


def _message(line: Line) -> Iterator[Event]:
    at, message = line.virtual_at, line.text("message_id")
    match line.text("event"):
        case "sent" | "redriven":
            yield MessageSent(at, message, line.text("memory_id") or None)
        case "delay_ended" | "visible_again":
            yield MessageVisible(at, message)
        case "received":
            yield MessageReceived(at, message)
        case "dead_lettered":
            yield DeadLettered(at, message)
        case "deleted" | "expired" | "purged" as how:
            yield MessageRemoved(at, message, how)


def _invocation(line: Line) -> Iterator[Event]:
    messages = tuple(line.texts("message_ids"))
    if line.text("event") == "started" and messages:
        yield InvocationStarted(line.virtual_at, line.text("request_id"), messages)
    elif line.text("event") == "ended" and messages:
        returned = {"success": (), "batch_item_failures": tuple(line.texts("failed_message_ids"))}
        yield InvocationEnded(line.virtual_at, line.text("request_id"), returned.get(line.text("outcome"), messages))


def _object(line: Line) -> Iterator[Event]:
    if line.text("event") == "stored":
        yield AudioStored(line.virtual_at, line.text("key"), line.text("sha256"))
    else:
        yield AudioRemoved(line.virtual_at, line.text("key"))


def _request(line: Line) -> Iterator[Event]:
    if line.text("request") in ACCEPTING_REQUESTS and line.fields.get("status_code") == 202 and line.text("memory_id"):
        digests = (line.text("audio_sha256") or None, line.text("transcript_sha256") or None)
        yield Accepted(line.virtual_at, line.text("memory_id"), line.text("tenant") or None, *digests)


def _commit(line: Line) -> Iterator[Event]:
    yield commit_of(line)


def _payment(line: Line) -> Iterator[Event]:
    if line.text("outcome") == CUT_OFF:
        return  # nothing can be kept of it, so that it has to be paid for again
    if line.text("endpoint") == "transcription" and line.number_of("billed_seconds") and line.text("memory_id"):
        yield Paid(line.virtual_at, line.text("memory_id"), line.number_of("billed_seconds"))


def _command(begins: bool) -> Callable[[Line], Iterator[Event]]:
    def translate(line: Line) -> Iterator[Event]:
        if line.text("command").startswith(PURGE_COMMAND):
            yield Purge(line.virtual_at, begins)

    return translate


_TRANSLATORS: dict[str, Callable[[Line], Iterator[Event]]] = {
    "sqs": _message,
    "lambda": _invocation,
    "s3_object": _object,
    "api_request": _request,
    "database_commit": _commit,
    "openai_request": _payment,
    "operator_command_started": _command(True),
    "operator_command": _command(False),
}
