"""From lines of the journal to a picture: which lane, which words, whom it concerns.

A kind of line that nobody here knows is told as it is, in the operator's lane or the one its field `lane` names.
"""

from collections.abc import Callable, Iterable

from sim.app import APP
from sim.journal.reading import Line, seconds_of
from sim.report.formatting import many, ordinal, spoken_seconds
from sim.report.timeline.message_states import message_spans
from sim.report.timeline.picture import (
    BAD,
    CROSS,
    DIAMOND,
    DIM,
    DOT,
    LANES,
    NONE,
    OK,
    PEOPLE,
    RING,
    TROUBLE,
    WAIT,
    FaultBand,
    Picture,
    Point,
    Span,
)
from sim.report.timeline.subjects import Subjects

STRUCTURE = {"scenario_started", "scenario_ended", "verdict", "run_started", "run_ended", "world_log", "permissions"}
STATUS_TONES = {"complete": OK, "transcript_only": TROUBLE, "failed": BAD}
LAMBDA_TONES = {"success": OK, "batch_item_failures": TROUBLE, "error": BAD, "timeout": BAD, "crash": BAD}
LAMBDA_ENDS = {
    "success": "done",
    "batch_item_failures": "gives the message back",
    "error": "failed",
    "timeout": "ran out of time and was killed",
    "crash": "died",
}
SHORTEST_SPAN_SECONDS = 0.0005


def picture_of(lines: Iterable[Line]) -> Picture:
    """The timeline of one scenario's lines, which are in the order of their time."""
    lines = list(lines)
    subjects = Subjects(lines)
    picture = Picture(subjects=subjects.all)
    for line in lines:
        if line.kind not in STRUCTURE:
            TELLERS.get(line.kind, _anything)(line, picture, subjects)
    picture.spans += message_spans(lines, subjects)
    picture.spans += _invocations(lines, subjects)
    picture.faults = _faults(lines)
    _count(picture)
    picture.points.sort(key=lambda point: point.at)
    return picture


def _api(line: Line, picture: Picture, subjects: Subjects) -> None:
    status, call = int(line.number_of("status_code")), line.text("request") or "a request"
    tone = OK if status < 400 else TROUBLE if status < 500 else BAD
    whom = subjects.of(line)
    began = line.virtual_at - line.number_of("duration_seconds")
    picture.points.append(Point(began, "client", _client_words(call), PEOPLE, DOT, whom))
    picture.points.append(Point(line.virtual_at, "API", f"{call}: {status}", tone, _glyph(tone), whom))
    if line.virtual_at - began > SHORTEST_SPAN_SECONDS:
        picture.spans.append(Span(began, line.virtual_at, "API", f"{call}: {status}", tone, "bar", whom))


def _client_words(call: str) -> str:
    return {"POST /memories": "somebody uploads a recording", "DELETE /memories": "somebody deletes a memory"}.get(
        call, call
    )


SQS_WORDS: dict[str, tuple[str, str, str]] = {
    "sent": ("job sent to the queue", OK, DOT),
    "received": ("received", OK, RING),
    "deleted": ("deleted from the queue: done with", OK, NONE),
    "visible_again": ("visible again", TROUBLE, DOT),
    "delay_ended": ("delay over, now visible", WAIT, DOT),
    "visibility_changed": ("put off", TROUBLE, NONE),
    "dead_lettered": ("moved to the dead-letter queue", BAD, CROSS),
    "redriven": ("moved back by a redrive, as a new message", PEOPLE, DIAMOND),
    "expired": ("expired: it outlived its retention", BAD, CROSS),
    "purged": ("purged", BAD, CROSS),
}


def _sqs(line: Line, picture: Picture, subjects: Subjects) -> None:
    what = line.text("event")
    words, tone, glyph = SQS_WORDS.get(what, (what or "something happened", DIM, DOT))
    lane, label = lane_of_queue(line.text("queue")), ""
    if what == "received":
        count = int(line.number_of("receive_count", 1))
        label = str(count)
        words = f"received for the {ordinal(count)} time"
        words += f", invisible for {spoken_seconds(line.number_of('visibility_timeout_seconds'))}"
        tone = OK if count == 1 else TROUBLE
        if lane == "DLQ":
            words, tone, glyph, label = "looked at in the dead-letter queue", DIM, NONE, ""
    elif what == "deleted" and lane == "DLQ":
        words, tone = "left the dead-letter queue", PEOPLE
    elif what == "visibility_changed":
        words += f": invisible for {spoken_seconds(line.number_of('visibility_timeout_seconds'))} more"
    elif what == "sent" and line.number_of("delay_seconds"):
        words += f", with a delay of {spoken_seconds(line.number_of('delay_seconds'))}"
        tone = WAIT
    picture.points.append(Point(line.virtual_at, lane, words, tone, glyph, subjects.of(line), label))


def lane_of_queue(name: str) -> str:
    """Dead-letter queues have a lane of their own."""
    return "DLQ" if name.endswith(("dead-letters", "dlq")) else "SQS"


def _lambda(line: Line, picture: Picture, subjects: Subjects) -> None:
    who = line.text("function").rpartition("-")[2] or "function"
    whom, what = subjects.of(line), line.text("event")
    messages = len(line.texts("message_ids"))
    if what == "started":
        cold = ", cold start" if line.fields.get("cold_start") else ""
        words = f"{who} begins{cold}" + (f", with {many(messages, 'message')}" if messages else "")
        picture.points.append(Point(line.virtual_at, "Lambda", words, OK if messages else DIM, NONE, whom))
    elif what == "ended":
        end = line.text("outcome")
        words = f"{who} {LAMBDA_ENDS.get(end, end)}" + (f": {line.text('error')}" if line.text("error") else "")
        tone = LAMBDA_TONES.get(end, TROUBLE)
        tone = DIM if tone == OK and not messages else tone
        picture.points.append(Point(line.virtual_at, "Lambda", words, tone, CROSS if tone == BAD else NONE, whom))
    else:
        words = f"{who} {what}: {line.text('error_code')}"
        picture.points.append(Point(line.virtual_at, "Lambda", words, TROUBLE, CROSS, whom))


def _function_log(line: Line, picture: Picture, subjects: Subjects) -> None:
    """What a function itself said, where nobody sees its invocations."""
    words = f"{line.text('function')}: {line.text('event')}" + (
        f": {line.text('reason')}" if line.text("reason") else ""
    )
    tone = {"INFO": OK, "DEBUG": DIM, "WARNING": TROUBLE}.get(line.text("level"), BAD)
    picture.points.append(
        Point(line.virtual_at, "Lambda", words, tone, CROSS if tone == BAD else DOT, subjects.of(line))
    )


def _invocations(lines: Iterable[Line], subjects: Subjects) -> list[Span]:
    """A bar for each invocation; one that never ended lasts to the end of the record."""
    spans: list[Span] = []
    open_ones: dict[str, Line] = {}
    last = 0.0
    for line in lines:
        last = line.virtual_at
        if line.kind != "lambda":
            continue
        if line.text("event") == "started":
            open_ones[line.text("request_id")] = line
        elif started := open_ones.pop(line.text("request_id"), None):
            spans.append(_invocation(started, line.virtual_at, line.text("outcome"), subjects))
    return spans + [_invocation(started, last, "", subjects) for started in open_ones.values()]


def _invocation(started: Line, end: float, outcome: str, subjects: Subjects) -> Span:
    who = started.text("function").rpartition("-")[2] or "function"
    tone = LAMBDA_TONES.get(outcome, TROUBLE)
    if tone == OK and not started.texts("message_ids"):
        tone = DIM
    cold = ", cold start" if started.fields.get("cold_start") else ""
    words = f"{who}: {LAMBDA_ENDS.get(outcome, 'did not end')}, {spoken_seconds(end - started.virtual_at)}{cold}"
    style = "cold" if cold else "bar"
    return Span(started.virtual_at, end, "Lambda", words, tone, style, subjects.of(started))


def _openai(line: Line, picture: Picture, subjects: Subjects) -> None:
    status = line.fields.get("status_code")
    outcome, effect = line.text("outcome"), line.text("effect")
    answer = str(status) if status is not None else "no answer"
    if outcome == "connection_closed":
        answer += ", connection cut"
    elif outcome == "client_disconnected":
        answer += ", nobody waited for it"
    if effect and effect != "status":
        answer += f" ({effect.replace('_', ' ')})"
    good = status == 200 and outcome == "answered" and not effect
    tone = OK if good else BAD if status in (400, 401, 403, 404, 413, 415) else TROUBLE
    attempt = int(line.number_of("attempt", 1))
    words = f"{line.text('endpoint')}, {ordinal(attempt)} call: {answer}"
    if billed := line.number_of("billed_seconds"):
        words += f", billed {spoken_seconds(billed)} of audio"
    seconds = line.number_of("duration_seconds")
    if seconds >= 1:
        words += f", after {spoken_seconds(seconds)}"
    whom = subjects.of(line)
    picture.points.append(Point(line.virtual_at, "OpenAI", words, tone, DOT if good else CROSS, whom))
    if seconds > SHORTEST_SPAN_SECONDS:
        picture.spans.append(Span(line.virtual_at, line.virtual_at + seconds, "OpenAI", words, tone, "bar", whom))


S3_WORDS = {
    "PutObject": "audio stored",
    "PostObject": "audio stored",
    "CompleteMultipartUpload": "audio stored",
    "GetObject": "audio fetched",
    "DeleteObject": "audio deleted",
}


def _aws(line: Line, picture: Picture, subjects: Subjects) -> None:
    status, service = int(line.number_of("status_code")), line.text("service")
    lane = {"s3": "S3", "sqs": "SQS", "lambda": "Lambda"}.get(service, "API")
    if status < 400:
        words, tone = S3_WORDS.get(line.text("operation"), line.text("operation")), OK
    else:
        words = f"{service} {line.text('operation')} refused: {status} {line.text('error_code')}".strip()
        tone = TROUBLE if status < 500 else BAD
    picture.points.append(Point(line.virtual_at, lane, words, tone, _glyph(tone), subjects.of(line)))


def _iam(line: Line, picture: Picture, subjects: Subjects) -> None:
    who = line.text("principal").rpartition("-")[2]
    words = f"IAM refuses the {who} {line.text('action')}"
    lane = APP.role_lanes.get(who, "operator")
    picture.points.append(Point(line.virtual_at, lane, words, BAD, CROSS, subjects.of(line)))


def _memory(line: Line, picture: Picture, subjects: Subjects) -> None:
    whom = subjects.of(line)
    written = line.fields.get("status_history")
    steps = [step for step in written if isinstance(step, dict)] if isinstance(written, list) else []
    for number, step in enumerate(steps, 1):
        at, status = seconds_of(step.get("at")), str(step.get("status"))
        if at is not None:
            # Transcript-only is both a step on the way and a degraded end.
            only_passing = status == "transcript_only" and number < len(steps)
            tone = WAIT if only_passing else STATUS_TONES.get(status, WAIT)
            words = f"status: {status.replace('_', ' ')}"
            picture.points.append(Point(at, "Postgres", words, tone, DIAMOND if tone in (OK, BAD) else DOT, whom))


def _operator(line: Line, picture: Picture, subjects: Subjects) -> None:
    code = int(line.number_of("exit_code"))
    words = f"{APP.name} {line.text('command')}" + (f" (exit code {code})" if code else "")
    picture.points.append(
        Point(line.virtual_at, "operator", words, BAD if code else PEOPLE, DIAMOND, subjects.of(line))
    )


def _poison(line: Line, picture: Picture, subjects: Subjects) -> None:
    words = f"somebody sends poison: {line.text('poison_kind')}"
    picture.points.append(Point(line.virtual_at, "client", words, PEOPLE, CROSS, subjects.of(line)))


def _again(line: Line, picture: Picture, subjects: Subjects) -> None:
    words = "the job is delivered once more"
    picture.points.append(Point(line.virtual_at, "SQS", words, PEOPLE, DIAMOND, subjects.of(line)))


def _killed(line: Line, picture: Picture, subjects: Subjects) -> None:
    words = f"{many(int(line.number_of('process_count')), 'worker process', 'worker processes')} killed"
    picture.points.append(Point(line.virtual_at, "Lambda", words, BAD, CROSS, subjects.of(line)))


def _reached(line: Line, picture: Picture, _: Subjects) -> None:
    words = line.text("condition").strip("_").replace("_", " ")
    picture.flags.append((line.virtual_at, "a condition" if words in ("", "<lambda>") else words))


def _fault(_: Line, __: Picture, ___: Subjects) -> None:
    """Faults are bands, see `_faults`."""


def _anything(line: Line, picture: Picture, subjects: Subjects) -> None:
    known = {"at", "virtual_at", "kind", "scenario", "lane", "memory_id", "message_id", "memory_ids", "message_ids"}
    details = [f"{name} {value}" for name, value in line.fields.items() if name not in known and _is_short(value)]
    words = line.kind.replace("_", " ") + (f": {', '.join(details)}" if details else "")
    lane = line.text("lane") if line.text("lane") in LANES else "operator"
    picture.points.append(Point(line.virtual_at, lane, words[:300], PEOPLE, DOT, subjects.of(line)))


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= 120


def _glyph(tone: str) -> str:
    return CROSS if tone == BAD else DOT


def _faults(lines: Iterable[Line]) -> list[FaultBand]:
    """Each fault from its start to its end; one that never ended lasts to the end of the record."""
    open_ones: list[Line] = []
    bands: list[FaultBand] = []
    last = 0.0
    for line in lines:
        last = line.virtual_at
        if line.kind == "fault_started":
            open_ones.append(line)
        elif line.kind == "fault_ended":
            started = next((each for each in open_ones if each.text("fault") == line.text("fault")), None)
            if started is not None:
                open_ones.remove(started)
                bands.append(_band(started, line.virtual_at, int(line.number_of("times_triggered"))))
    bands += [_band(started, last, None) for started in open_ones]
    return sorted(bands, key=lambda band: (band.start, band.end))


def _band(started: Line, end: float, times_triggered: int | None) -> FaultBand:
    return FaultBand(
        started.virtual_at, end, started.text("fault") or "a fault", started.text("family"), times_triggered
    )


def _count(picture: Picture) -> None:
    """How much happened to each subject, and how much of it was trouble: that decides who is shown first."""
    for point in picture.points:
        for subject_id in point.subjects:
            subject = picture.subjects[subject_id]
            subject.events += 1
            subject.trouble += point.tone in (TROUBLE, BAD)
            subject.receives += point.glyph == RING
            subject.was_dead |= point.lane == "DLQ"


TELLERS: dict[str, Callable[[Line, Picture, Subjects], None]] = {
    "api_request": _api,
    "sqs": _sqs,
    "lambda": _lambda,
    "function_log": _function_log,
    "openai_request": _openai,
    "aws_call": _aws,
    "iam_denied": _iam,
    "memory": _memory,
    "operator_command": _operator,
    "poison_message_sent": _poison,
    "duplicate_message_sent": _again,
    "worker_killed": _killed,
    "condition_met": _reached,
    "fault_started": _fault,
    "fault_ended": _fault,
}
