"""Renders journal lines as a timeline: the lane, the text and the subjects of each event.

An event of a kind without a renderer is shown with its fields as text, in the lane that its field `lane` names, or
else in the operator's lane.
"""

from collections.abc import Callable, Iterable

from sim.app import APP
from sim.journal.reading import Line, seconds_of
from sim.report.formatting import count_text, duration_text, ordinal, with_proper_names
from sim.report.timeline.fault_bands import fault_bands
from sim.report.timeline.invocations import invocation_point, invocation_spans
from sim.report.timeline.message_states import message_spans
from sim.report.timeline.model import (
    ACTION,
    CROSS,
    DIAMOND,
    DOT,
    ERROR,
    LANES,
    MINOR,
    NONE,
    OK,
    RING,
    WAIT,
    WARNING,
    Point,
    Span,
    Timeline,
    lane_of_queue,
    short_name_of,
)
from sim.report.timeline.subjects import Subjects

NOT_SHOWN = {
    "run_started",
    "run_ended",
    "world_log",
    "scenario_started",
    "scenario_ended",
    "verdict",
    "permissions",
    "fault_started",
    "fault_ended",
}
"""Kinds that are no points of a timeline. Faults are bands."""

STATUS_TONES = {"complete": OK, "transcript_only": WARNING, "failed": ERROR}
SHORTEST_SPAN_SECONDS = 0.0005
LONGEST_TEXT = 300
LONGEST_FIELD = 120

type Renderer = Callable[[Line, Timeline, Subjects], None]


def timeline_of(lines: Iterable[Line]) -> Timeline:
    """The timeline of one scenario's lines, which are in the order of virtual time."""
    lines = list(lines)
    subjects = Subjects(lines)
    timeline = Timeline(subjects=subjects.all)
    for line in lines:
        if line.kind not in NOT_SHOWN:
            RENDERERS.get(line.kind, _unknown)(line, timeline, subjects)
    timeline.spans += message_spans(lines, subjects)
    timeline.spans += invocation_spans(lines, subjects)
    timeline.faults = fault_bands(lines)
    _count(timeline)
    timeline.points.sort(key=lambda point: point.at)
    return timeline


CLIENT_TEXTS = {"POST /memories": "uploads a recording", "DELETE /memories": "deletes a memory"}


def _api_request(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    status, request = line.fields.get("status_code"), line.text("request") or "a request"
    code = int(line.number_of("status_code"))
    tone = ERROR if status is None or code >= 500 else WARNING if code >= 400 else OK
    answer = f"{request}: {'no response' if status is None else code}"
    if error := line.text("error"):
        answer += f" ({error})"
    ids = subjects.of(line)
    began = line.virtual_at - line.number_of("duration_seconds")
    timeline.points.append(Point(began, "client", CLIENT_TEXTS.get(request, request), ACTION, DOT, ids))
    timeline.points.append(Point(line.virtual_at, "API", answer, tone, _glyph(tone), ids))
    if line.virtual_at - began > SHORTEST_SPAN_SECONDS:
        timeline.spans.append(Span(began, line.virtual_at, "API", answer, tone, "bar", ids))


SQS_TEXTS: dict[str, tuple[str, str, str]] = {
    "sent": ("sent to the queue", OK, DOT),
    "received": ("received", OK, RING),
    "deleted": ("deleted from the queue after processing", OK, NONE),
    "visible_again": ("visible again", WARNING, DOT),
    "delay_ended": ("delay ended, now visible", WAIT, DOT),
    "visibility_changed": ("visibility timeout changed", WARNING, NONE),
    "dead_lettered": ("moved to the dead-letter queue", ERROR, CROSS),
    "redriven": ("moved back to the queue by a redrive, as a new message", ACTION, DIAMOND),
    "expired": ("deleted because its retention period ended", ERROR, CROSS),
    "purged": ("purged", ERROR, CROSS),
}


def _sqs(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    event = line.text("event")
    text, tone, glyph = SQS_TEXTS.get(event, (event or "unknown event", MINOR, DOT))
    lane, label = lane_of_queue(line.text("queue")), ""
    timeout = duration_text(line.number_of("visibility_timeout_seconds"))
    if event == "received" and lane == "DLQ":
        text, tone, glyph = "read from the dead-letter queue", MINOR, NONE
    elif event == "received":
        count = int(line.number_of("receive_count", 1))
        label = str(count)
        text = f"received for the {ordinal(count)} time, visibility timeout {timeout}"
        tone = OK if count == 1 else WARNING
    elif event == "deleted" and lane == "DLQ":
        text, tone = "deleted from the dead-letter queue", ACTION
    elif event == "visibility_changed":
        text += f": invisible for {timeout} more"
    elif event == "sent" and line.number_of("delay_seconds"):
        text += f" with a delay of {duration_text(line.number_of('delay_seconds'))}"
        tone = WAIT
    timeline.points.append(Point(line.virtual_at, lane, text, tone, glyph, subjects.of(line), label))


def _function_log(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    """A log line of a function, on engines that do not observe its invocations."""
    reason = f": {line.text('reason')}" if line.text("reason") else ""
    text = f"{line.text('function')}: {line.text('event')}{reason}"
    tone = {"INFO": OK, "DEBUG": MINOR, "WARNING": WARNING}.get(line.text("level"), ERROR)
    timeline.points.append(Point(line.virtual_at, "Lambda", text, tone, _glyph(tone), subjects.of(line)))


OPENAI_CLIENT_ERRORS = (400, 401, 403, 404, 413, 415)
"""Status codes after which the same request fails again."""


def _openai_request(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    status, outcome, effect = line.fields.get("status_code"), line.text("outcome"), line.text("effect")
    is_good = status == 200 and outcome == "answered" and not effect
    tone = OK if is_good else ERROR if status in OPENAI_CLIENT_ERRORS else WARNING
    text = f"{line.text('endpoint')}, {ordinal(int(line.number_of('attempt', 1)))} request: {_openai_answer(line)}"
    if billed := line.number_of("billed_seconds"):
        text += f", billed {duration_text(billed)} of audio"
    seconds = line.number_of("duration_seconds")
    if seconds >= 1:
        text += f", after {duration_text(seconds)}"
    ids = subjects.of(line)
    timeline.points.append(Point(line.virtual_at, "OpenAI", text, tone, DOT if is_good else CROSS, ids))
    if seconds > SHORTEST_SPAN_SECONDS:
        timeline.spans.append(Span(line.virtual_at, line.virtual_at + seconds, "OpenAI", text, tone, "bar", ids))


def _openai_answer(line: Line) -> str:
    status, effect = line.fields.get("status_code"), line.text("effect")
    answer = str(status) if status is not None else "no response"
    answer += {
        "connection_closed": ", connection closed by a fault",
        "client_disconnected": ", client disconnected first",
    }.get(line.text("outcome"), "")
    return answer + (f" ({effect.replace('_', ' ')})" if effect and effect != "status" else "")


S3_TEXTS = {
    "PutObject": "audio stored",
    "PostObject": "audio stored",
    "CompleteMultipartUpload": "audio stored",
    "CopyObject": "audio copied",
    "GetObject": "audio fetched",
    "DeleteObject": "audio deleted",
}
AWS_LANES = {"s3": "S3", "sqs": "SQS", "lambda": "Lambda"}


def _aws_call(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    status, service, operation = int(line.number_of("status_code")), line.text("service"), line.text("operation")
    if status < 400:
        text, tone = S3_TEXTS.get(operation, operation), OK
    else:
        text = f"{service} {operation} returned {status} {line.text('error_code')}".strip()
        tone = WARNING if status < 500 else ERROR
    lane = AWS_LANES.get(service, "API")
    timeline.points.append(Point(line.virtual_at, lane, text, tone, _glyph(tone), subjects.of(line)))


def _iam_denied(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    principal = short_name_of(line.text("principal"))
    text = f"IAM denied {line.text('action')} for {principal or 'a caller'}"
    lane = APP.role_lanes.get(principal, "operator")
    timeline.points.append(Point(line.virtual_at, lane, text, ERROR, CROSS, subjects.of(line)))


def _memory(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    """A point for each status that the memory had."""
    ids = subjects.of(line)
    history = line.fields.get("status_history")
    steps = [step for step in history if isinstance(step, dict)] if isinstance(history, list) else []
    for number, step in enumerate(steps, 1):
        at, status = seconds_of(step.get("at")), str(step.get("status"))
        if at is not None:
            # `transcript_only` is an intermediate status, and a degraded final one.
            is_intermediate = status == "transcript_only" and number < len(steps)
            tone = WAIT if is_intermediate else STATUS_TONES.get(status, WAIT)
            text = f"status: {status.replace('_', ' ')}"
            timeline.points.append(Point(at, "Postgres", text, tone, DIAMOND if tone in (OK, ERROR) else DOT, ids))


def _operator_command(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    code = int(line.number_of("exit_code"))
    text = f"{APP.name} {line.text('command')}" + (f" (exit code {code})" if code else "")
    tone = ERROR if code else ACTION
    timeline.points.append(Point(line.virtual_at, "operator", text, tone, DIAMOND, subjects.of(line)))


def _poison_message(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    text = f"sends a poison message: {line.text('poison_kind')}"
    timeline.points.append(Point(line.virtual_at, "client", text, ACTION, CROSS, subjects.of(line)))


def _duplicate_message(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    text = "the job is sent to the queue once more"
    timeline.points.append(Point(line.virtual_at, "SQS", text, ACTION, DIAMOND, subjects.of(line)))


def _worker_killed(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    text = f"{count_text(int(line.number_of('process_count')), 'worker process', 'worker processes')} killed"
    timeline.points.append(Point(line.virtual_at, "Lambda", text, ERROR, CROSS, subjects.of(line)))


def _condition_met(line: Line, timeline: Timeline, _: Subjects) -> None:
    name = line.text("condition").strip("_").replace("_", " ")
    timeline.conditions.append((line.virtual_at, "a condition" if name in ("", "<lambda>") else name))


def _unknown(line: Line, timeline: Timeline, subjects: Subjects) -> None:
    known = {"at", "virtual_at", "kind", "scenario", "lane", "memory_id", "message_id", "memory_ids", "message_ids"}
    shown = {name: value for name, value in line.fields.items() if name not in known and _is_short(value)}
    fields = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
    text = with_proper_names(line.kind.replace("_", " ")) + (f": {fields}" if fields else "")
    lane = line.text("lane") if line.text("lane") in LANES else "operator"
    timeline.points.append(Point(line.virtual_at, lane, text[:LONGEST_TEXT], ACTION, DOT, subjects.of(line)))


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= LONGEST_FIELD


def _glyph(tone: str) -> str:
    return CROSS if tone == ERROR else DOT


def _count(timeline: Timeline) -> None:
    """Count the events and problems of each subject: they decide which subjects come first."""
    for point in timeline.points:
        for subject_id in point.subjects:
            subject = timeline.subjects[subject_id]
            subject.events += 1
            subject.problems += point.tone in (WARNING, ERROR)
            subject.receives += point.glyph == RING
            subject.was_dead |= point.lane == "DLQ"


RENDERERS: dict[str, Renderer] = {
    "api_request": _api_request,
    "sqs": _sqs,
    "lambda": invocation_point,
    "function_log": _function_log,
    "openai_request": _openai_request,
    "aws_call": _aws_call,
    "iam_denied": _iam_denied,
    "memory": _memory,
    "operator_command": _operator_command,
    "poison_message_sent": _poison_message,
    "duplicate_message_sent": _duplicate_message,
    "worker_killed": _worker_killed,
    "condition_met": _condition_met,
}
