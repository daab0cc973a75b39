"""Spans: what took time in the life of a recording, derived from the journal's lines, in virtual time.

    recording                 from its first event to its last
    ├─ POST /memories         the client's request
    ├─ waiting                in the queue, until a worker receives it
    ├─ attempt 1              one receive of the job: until the message is deleted, returned or dead
    │  └─ worker              the invocation of the function
    │     ├─ transcription    a request to OpenAI
    │     └─ chat
    └─ dead letter            until it is redriven, purged or expires

A moment, such as a commit, is an event of the innermost span that covers it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sim.journal.reading import Line
from sim.picture.subjects import Subjects, commit_of
from sim.picture.vocabulary import DEAD, queue_of, short_name_of

SPAN_ID_CHARACTERS = 16
TRACE_ID_CHARACTERS = 32
"""Of the W3C's trace context, in hex (https://www.w3.org/TR/trace-context/#traceparent-header-field-values)."""


class Track(StrEnum):
    """Where a viewer shows a span of a recording."""

    LIFE = "recording"
    CLIENT = "client"
    ATTEMPTS = "attempts"
    QUEUES = "queues"


@dataclass(frozen=True)
class Moment:
    at: float
    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Span:
    """`start` and `end` are virtual time in seconds since 1970."""

    name: str
    part: str
    """`client`, `api`, `sqs`, `worker`, `relay` or `openai`: the service of the span."""
    track: Track
    start: float
    end: float
    identity: str
    """What no other span of its recording has."""
    parent: "Span | None" = None
    attributes: dict[str, Any] = field(default_factory=dict)
    failed: str = ""
    """Why, or empty."""
    moments: list[Moment] = field(default_factory=list)
    links: list["Span"] = field(default_factory=list)
    """The span of the message that this one continues."""
    trace_id: str = ""

    @property
    def span_id(self) -> str:
        return sha256(f"{self.trace_id} {self.identity}".encode()).hexdigest()[:SPAN_ID_CHARACTERS]

    def covers(self, at: float) -> bool:
        return self.start <= at <= self.end


@dataclass
class RecordingTrace:
    """All spans of one recording; the first is its root."""

    scenario: str
    subject: str
    title: str
    spans: list[Span]

    @property
    def id(self) -> str:
        return self.spans[0].trace_id


def traces_of(scenario: str, lines: Sequence[Line]) -> list[RecordingTrace]:
    """The trace of every memory, and of every message without one, in the order of their first events."""
    subjects = Subjects()
    subjects.know(lines)
    by_subject: dict[str, list[Line]] = {}
    for line in lines:
        subjects.take(line)
        about = _subjects_of_commit(line) if line.kind == "database_commit" else subjects.of(line)
        for subject in about:
            by_subject.setdefault(subject, []).append(line)
    found = []
    for subject, own in by_subject.items():
        spans = _Spans(own).all()
        if spans:
            trace_id = sha256(f"{scenario} {subject}".encode()).hexdigest()[:TRACE_ID_CHARACTERS]
            for span in spans:
                span.trace_id = trace_id
            title = subjects.all[subject].title if subject in subjects.all else ""
            found.append(RecordingTrace(scenario, subject, title, spans))
    return sorted(found, key=lambda trace: trace.spans[0].start)


def _subjects_of_commit(line: Line) -> list[str]:
    commit = commit_of(line)
    named = [*(row.subject for row in commit.rows), *(each.subject for each in commit.deleted), *commit.queued]
    return [*dict.fromkeys((*named, *commit.sent))]


class _Spans:
    """The spans of one subject, from its lines in the order of virtual time."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._last = max((line.virtual_at + _duration(line) for line in lines), default=0.0)
        self._spans: list[Span] = []
        self._attempts: dict[str, Span] = {}
        """Message id → its current or last receive."""
        self._waiting: dict[str, Span] = {}
        self._dead: dict[str, Span] = {}
        self._invocations: dict[str, Span] = {}

    def all(self) -> list[Span]:
        for line in self._lines:
            take = _TAKERS.get(line.kind)
            if take is not None:
                take(self, line)
        if not self._spans:
            return []
        for line in self._lines:
            if line.kind == "openai_request":
                self._add_openai(line)
        self._cover_children()
        root = Span(
            "recording",
            "client",
            Track.LIFE,
            min(span.start for span in self._spans),
            max(self._last, *(span.end for span in self._spans)),
            "recording",
        )
        for span in self._spans:
            span.parent = span.parent or root
        spans = [root, *sorted(self._spans, key=lambda span: (span.start, -span.end))]
        for line in self._lines:
            for moment in _moments(line):
                _innermost(spans, moment.at).moments.append(moment)
        return spans

    def take_request(self, line: Line) -> None:
        status = line.fields.get("status_code")
        failed = line.text("error") or (f"status {status}" if line.number_of("status_code") >= 500 else "")
        start = line.virtual_at - _duration(line)
        name = line.text("request") or "request"
        span = Span(name, "api", Track.CLIENT, start, line.virtual_at, f"request {line.number}", failed=failed)
        span.attributes = _present({"http.response.status_code": status})
        self._spans.append(span)

    def take_sqs(self, line: Line) -> None:
        message, event, at = line.text("message_id"), line.text("event"), line.virtual_at
        if queue_of(line.text("queue")) == DEAD:
            self._take_dead(line)
        elif event in ("sent", "redriven"):
            self._begin_waiting(line)
        elif event == "received":
            self._end(self._waiting.pop(message, None), at)
            self._begin_attempt(line)
        elif event in ("deleted", "visible_again", "expired", "purged"):
            self._end(self._waiting.pop(message, None), at)
            attempt = self._attempts.get(message)
            if attempt is not None and attempt.end == self._last:
                attempt.end = at
            if event == "visible_again":
                if attempt is not None:
                    attempt.failed = attempt.failed or "visible again"
                self._begin_waiting(line)

    def _take_dead(self, line: Line) -> None:
        message, event, at = line.text("message_id"), line.text("event"), line.virtual_at
        if event == "dead_lettered":
            self._end(self._waiting.pop(message, None), at)
            attempt = self._attempts.get(message)
            if attempt is not None:
                attempt.end = min(attempt.end, at)
                attempt.failed = attempt.failed or "dead letter"
            span = Span("dead letter", "sqs", Track.QUEUES, at, self._last, f"dead {message}", failed="dead letter")
            span.attributes = _message(line)
            span.links = [attempt] if attempt is not None else []
            self._dead[message] = span
            self._spans.append(span)
        elif event in ("deleted", "expired", "purged"):
            self._end(self._dead.get(message), at)

    def _begin_waiting(self, line: Line) -> None:
        message = line.text("message_id")
        span = Span("waiting", "sqs", Track.QUEUES, line.virtual_at, self._last, f"waiting {message} {line.number}")
        span.attributes = _message(line)
        source = self._dead.get(line.text("source_message_id")) or self._attempts.get(message)
        span.links = [source] if source is not None else []
        self._waiting[message] = span
        self._spans.append(span)

    def _begin_attempt(self, line: Line) -> None:
        message, before = line.text("message_id"), self._attempts.get(line.text("message_id"))
        number = sum(span.name.startswith("attempt ") for span in self._spans) + 1
        span = Span(
            f"attempt {number}",
            "worker",
            Track.ATTEMPTS,
            line.virtual_at,
            self._last,
            f"attempt {message} {line.number}",
        )
        span.attributes = {**_message(line), "messaging.sqs.receive_count": line.fields.get("receive_count")}
        span.links = [each for each in self._spans if each.name == "waiting" and each.end == line.virtual_at][-1:]
        if before is not None and before.end == self._last:
            before.end = line.virtual_at
        self._attempts[message] = span
        self._spans.append(span)

    def take_invocation(self, line: Line) -> None:
        request, event = line.text("request_id"), line.text("event")
        if event == "started":
            name = short_name_of(line.text("function")) or "function"
            span = Span(name, name, Track.ATTEMPTS, line.virtual_at, self._last, f"invocation {request}")
            span.attributes = _present({"faas.invocation_id": request, "faas.coldstart": line.fields.get("cold_start")})
            attempts = [self._attempts[each] for each in line.texts("message_ids") if each in self._attempts]
            span.parent = attempts[0] if attempts else None
            self._invocations[request] = span
            self._spans.append(span)
        elif event == "ended" and request in self._invocations:
            span = self._invocations[request]
            span.end = line.virtual_at
            span.attributes["outcome"] = line.text("outcome")
            returned = {*line.texts("failed_message_ids")} & {*self._attempts}
            if line.text("outcome") in ("error", "timeout", "crash"):
                span.failed = line.text("error") or line.text("outcome")
            elif returned:
                span.failed = "returned the message to the queue"
            if span.failed and span.parent is not None:
                span.parent.failed = span.failed
            if span.parent is not None:
                # The message stays invisible after the worker has returned it: that is waiting, not work.
                span.parent.attributes["ended"] = line.virtual_at

    def _add_openai(self, line: Line) -> None:
        start = line.virtual_at
        covering = [span for span in self._invocations.values() if span.covers(start)]
        parent = covering[-1] if covering else None
        end = start + _duration(line)
        status = line.fields.get("status_code")
        good = line.text("outcome") == "answered" and status == 200
        span = Span(
            line.text("endpoint") or "openai",
            "openai",
            Track.ATTEMPTS if parent is not None else Track.CLIENT,
            start,
            end if parent is None else min(end, parent.end),
            f"openai {line.text('number')} {line.number}",
            parent=parent,
            failed="" if good else f"{line.text('outcome')} {status or ''}".strip(),
        )
        billed = line.number_of("billed_seconds") or None
        span.attributes = _present(
            {
                "gen_ai.request.model": line.fields.get("model"),
                "http.response.status_code": status,
                "http.request.resend_count": int(line.number_of("attempt", 1)) - 1 or None,
                "billed_seconds": billed,
            }
        )
        self._spans.append(span)

    def _cover_children(self) -> None:
        """An attempt ends with its invocation: what follows is a wait for the next receive. One whose worker goes on
        after its visibility timeout lasts as long as the worker."""
        for attempt in [span for span in self._spans if span.name.startswith("attempt ")]:
            ended = attempt.attributes.pop("ended", None)
            if ended is None:
                continue
            if ended < attempt.end and attempt.failed:
                self._spans.append(self._invisible(attempt, ended))
            attempt.end = ended
        for span in self._spans:
            if span.parent is not None:
                span.start = max(span.start, span.parent.start)
                span.end = max(span.start, min(span.end, span.parent.end))

    def _invisible(self, attempt: Span, since: float) -> Span:
        span = Span("invisible", "sqs", Track.QUEUES, since, attempt.end, f"invisible {attempt.identity}")
        span.attributes = {"messaging.message.id": attempt.attributes.get("messaging.message.id")}
        span.links = [attempt]
        return span

    def _end(self, span: Span | None, at: float) -> None:
        if span is not None:
            span.end = at


def _duration(line: Line) -> float:
    return max(0.0, line.number_of("duration_seconds")) if line.kind in ("api_request", "openai_request") else 0.0


def _message(line: Line) -> dict[str, Any]:
    return {"messaging.system": "aws_sqs", "messaging.message.id": line.text("message_id")}


def _moments(line: Line) -> Iterator[Moment]:
    if line.kind == "aws_call":
        about = {"status_code": line.fields.get("status_code"), "error_code": line.fields.get("error_code")}
        yield Moment(line.virtual_at, f"{line.text('service')} {line.text('operation')}", _present(about))
    elif line.kind == "database_commit":
        for row in commit_of(line).rows:
            yield Moment(line.virtual_at, "commit", {"status": row.status})
    elif line.kind == "lambda" and line.text("event") == "rejected":
        yield Moment(line.virtual_at, "invocation rejected", {"error_code": line.text("error_code")})


def _innermost(spans: Sequence[Span], at: float) -> Span:
    """The root, if no other span covers the moment."""
    covering = [span for span in reversed(spans) if span.covers(at) and span.part != "openai"]
    return min(covering, key=lambda span: span.end - span.start, default=spans[0])


def _present(about: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in about.items() if value is not None}


_TAKERS = {"api_request": _Spans.take_request, "sqs": _Spans.take_sqs, "lambda": _Spans.take_invocation}
