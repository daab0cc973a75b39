"""What each line of the journal says: the lane, the words, the tone and the glyph of its events.

An event of a kind without words of its own is shown with its fields as text, in the lane that its field `lane` names,
or else in the operator's lane.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.app import APP
from sim.journal.reading import Line, seconds_of
from sim.picture.formatting import count_text, duration_text, ordinal, with_proper_names
from sim.picture.vocabulary import (
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
    lane_of_queue,
    short_name_of,
)

NOT_SHOWN = {
    "run_started",
    "run_ended",
    "world_log",
    "scenario_started",
    "pipeline_ready",
    "scenario_ended",
    "verdict",
    "permissions",
    "fault_started",
    "fault_ended",
    "incident_ended",
    "condition_met",
    "database_commit",
    "s3_object",
    "events_counted",
    "conservation",
    "step",
    "invariants_checked",
}
"""Kinds of lines that are no events of a lane. What else they are: `sim.picture.feed`."""

STATUS_TONES = {"complete": OK, "transcript_only": WARNING, "failed": ERROR}
LONGEST_TEXT = 300
LONGEST_FIELD = 120


class Wording(NamedTuple):
    """An event in words; `at` is virtual time in seconds since 1970."""

    at: float
    lane: str
    text: str
    tone: str = OK
    glyph: str = DOT
    label: str = ""


type Words = Callable[[Line], list[Wording]]


def wordings_of(line: Line) -> list[Wording]:
    """The events of a line in words: none for lines that are not shown, several where a line records several moments.

    The last one is the moment of the line itself.
    """
    return [] if line.kind in NOT_SHOWN else WORDS.get(line.kind, _unknown)(line)


CLIENT_TEXTS = {"POST /memories": "uploads a recording", "DELETE /memories": "deletes a memory"}


def _api_request(line: Line) -> list[Wording]:
    status, request = line.fields.get("status_code"), line.text("request") or "a request"
    code = int(line.number_of("status_code"))
    tone = ERROR if status is None or code >= 500 else WARNING if code >= 400 else OK
    answer = f"{request}: {'no response' if status is None else code}"
    if error := line.text("error"):
        answer += f" ({error})"
    began = line.virtual_at - line.number_of("duration_seconds")
    return [
        Wording(began, "client", CLIENT_TEXTS.get(request, request), ACTION, DOT),
        Wording(line.virtual_at, "API", answer, tone, _glyph(tone)),
    ]


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


def _sqs(line: Line) -> list[Wording]:
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
    elif event == "visible_again" and lane == "DLQ":
        text, tone, glyph = "visible again after it was looked at", MINOR, NONE
    elif event == "visibility_changed":
        text += f": invisible for {timeout} more"
    elif event == "sent" and line.number_of("delay_seconds"):
        text += f" with a delay of {duration_text(line.number_of('delay_seconds'))}"
        tone = WAIT
    return [Wording(line.virtual_at, lane, text, tone, glyph, label)]


OUTCOME_TONES = {"success": OK, "batch_item_failures": WARNING, "error": ERROR, "timeout": ERROR, "crash": ERROR}
OUTCOME_TEXTS = {
    "success": "succeeded",
    "batch_item_failures": "returned the message to the queue",
    "error": "raised an error",
    "timeout": "timed out and was killed",
    "crash": "crashed",
}


def _invocation(line: Line) -> list[Wording]:
    """The start, end or rejection of an invocation. A bar shows start and success already, so they have no glyph."""
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
    return [Wording(line.virtual_at, "Lambda", text, tone, glyph)]


def _function_log(line: Line) -> list[Wording]:
    """A log line of a function, on engines that do not observe its invocations."""
    reason = f": {line.text('reason')}" if line.text("reason") else ""
    text = f"{line.text('function')}: {line.text('event')}{reason}"
    tone = {"INFO": OK, "DEBUG": MINOR, "WARNING": WARNING}.get(line.text("level"), ERROR)
    return [Wording(line.virtual_at, "Lambda", text, tone, _glyph(tone))]


OPENAI_CLIENT_ERRORS = (400, 401, 403, 404, 413, 415)
"""Status codes after which the same request fails again."""
EFFECTS_ON_TIME = ("slow", "drip")
"""Faults that delay an answer. A client that still takes it has all of it."""


def _openai_request(line: Line) -> list[Wording]:
    status = line.fields.get("status_code")
    is_good = has_usable_answer(line)
    tone = OK if is_good else ERROR if status in OPENAI_CLIENT_ERRORS else WARNING
    text = f"{line.text('endpoint')}, {ordinal(int(line.number_of('attempt', 1)))} request: {_openai_answer(line)}"
    if billed := line.number_of("billed_seconds"):
        text += f", billed {duration_text(billed)} of audio"
    seconds = line.number_of("duration_seconds")
    if seconds >= 1:
        text += f", after {duration_text(seconds)}"
    return [Wording(line.virtual_at, "OpenAI", text, tone, DOT if is_good else CROSS)]


def has_usable_answer(line: Line) -> bool:
    """Whether a request to OpenAI got an answer that is no error, was not lost, and that no fault changed."""
    is_unchanged = line.text("effect") in ("", *EFFECTS_ON_TIME)
    return line.fields.get("status_code") == 200 and line.text("outcome") == "answered" and is_unchanged


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


def _aws_call(line: Line) -> list[Wording]:
    status, service, operation = int(line.number_of("status_code")), line.text("service"), line.text("operation")
    if status < 400:
        text, tone = S3_TEXTS.get(operation, operation), OK
    else:
        text = f"{service} {operation} returned {status} {line.text('error_code')}".strip()
        tone = WARNING if status < 500 else ERROR
    return [Wording(line.virtual_at, AWS_LANES.get(service, "API"), text, tone, _glyph(tone))]


def _iam_denied(line: Line) -> list[Wording]:
    principal = short_name_of(line.text("principal"))
    text = f"IAM denied {line.text('action')} for {principal or 'a caller'}"
    return [Wording(line.virtual_at, APP.role_lanes.get(principal, "operator"), text, ERROR, CROSS)]


def _memory(line: Line) -> list[Wording]:
    """Each status that the memory had."""
    history = line.fields.get("status_history")
    steps = [step for step in history if isinstance(step, dict)] if isinstance(history, list) else []
    found = []
    for number, step in enumerate(steps, 1):
        at = seconds_of(step.get("at"))
        if at is not None:
            found.append(status_wording(at, str(step.get("status")), is_last=number == len(steps)))
    return found


def status_wording(at: float, status: str, is_last: bool) -> Wording:
    """A status that a memory got. `transcript_only` is an intermediate status, and a degraded final one."""
    is_intermediate = status == "transcript_only" and not is_last
    tone = WAIT if is_intermediate else STATUS_TONES.get(status, WAIT)
    text = f"status: {status.replace('_', ' ')}"
    return Wording(at, "Postgres", text, tone, DIAMOND if tone in (OK, ERROR) else DOT)


def _command_started(line: Line) -> list[Wording]:
    return [Wording(line.virtual_at, "operator", f"{APP.name} {line.text('command')} starts", ACTION, DIAMOND)]


def _command_ended(line: Line) -> list[Wording]:
    code = int(line.number_of("exit_code"))
    text = f"{APP.name} {line.text('command')} has ended" + (f" (exit code {code})" if code else "")
    return [Wording(line.virtual_at, "operator", text, ERROR if code else ACTION, CROSS if code else DOT)]


def _poison_message(line: Line) -> list[Wording]:
    return [Wording(line.virtual_at, "client", f"sends a poison message: {line.text('poison_kind')}", ACTION, CROSS)]


def _duplicate_message(line: Line) -> list[Wording]:
    return [Wording(line.virtual_at, "SQS", "the job is sent to the queue once more", ACTION, DIAMOND)]


def _worker_killed(line: Line) -> list[Wording]:
    text = f"{count_text(int(line.number_of('process_count')), 'worker process', 'worker processes')} killed"
    return [Wording(line.virtual_at, "Lambda", text, ERROR, CROSS)]


def condition_name(line: Line) -> str:
    """The condition of a line `condition_met`, in words."""
    name = line.text("condition").strip("_").replace("_", " ")
    return "a condition" if name in ("", "<lambda>") else name


def _unknown(line: Line) -> list[Wording]:
    known = {"at", "virtual_at", "kind", "scenario", "seq", "lane"}
    known |= {"memory_id", "message_id", "memory_ids", "message_ids"}
    shown = {name: value for name, value in line.fields.items() if name not in known and _is_short(value)}
    fields = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in shown.items())
    text = with_proper_names(line.kind.replace("_", " ")) + (f": {fields}" if fields else "")
    lane = line.text("lane") if line.text("lane") in LANES else "operator"
    return [Wording(line.virtual_at, lane, text[:LONGEST_TEXT], ACTION, DOT)]


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= LONGEST_FIELD


def _glyph(tone: str) -> str:
    return CROSS if tone == ERROR else DOT


WORDS: dict[str, Words] = {
    "api_request": _api_request,
    "sqs": _sqs,
    "lambda": _invocation,
    "function_log": _function_log,
    "openai_request": _openai_request,
    "aws_call": _aws_call,
    "iam_denied": _iam_denied,
    "memory": _memory,
    "operator_command_started": _command_started,
    "operator_command": _command_ended,
    "poison_message_sent": _poison_message,
    "duplicate_message_sent": _duplicate_message,
    "worker_killed": _worker_killed,
}
