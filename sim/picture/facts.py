"""What a line is about, beyond its words: a message, an invocation, a request or a command."""

from collections.abc import Callable, Mapping
from typing import Any

from sim.journal.reading import Line
from sim.picture.texts import has_usable_answer
from sim.picture.vocabulary import queue_of, short_name_of

type Facts = dict[str, Any]


def facts_of(line: Line) -> Facts:
    """At most one entry, such as `{"sqs": {…}}`; its keys are in docs/reference/picture.md."""
    find = _FINDERS.get(line.kind)
    return {} if find is None else find(line)


def _sqs(line: Line) -> Facts:
    about: Facts = {
        "event": line.text("event"),
        "message": line.text("message_id"),
        "queue": queue_of(line.text("queue")),
        "receive_count": line.fields.get("receive_count"),
        "visibility_seconds": line.fields.get("visibility_timeout_seconds"),
        "delay_seconds": line.fields.get("delay_seconds"),
        "source_message": line.fields.get("source_message_id"),
    }
    return {"sqs": _present(about)}


def _invocation(line: Line) -> Facts:
    about: Facts = {
        "event": line.text("event"),
        "id": line.text("request_id"),
        "function": short_name_of(line.text("function")) or "function",
        "messages": line.texts("message_ids"),
        "failed_messages": line.texts("failed_message_ids") or None,
        "cold": True if line.fields.get("cold_start") else None,
        "outcome": line.text("outcome") or None,
    }
    return {"invocation": _present(about)}


def _request(line: Line) -> Facts:
    about: Facts = {"seconds": line.number_of("duration_seconds"), "status": line.fields.get("status_code")}
    return {"request": about}


def _openai(line: Line) -> Facts:
    tokens = line.number_of("billed_prompt_tokens") + line.number_of("billed_completion_tokens")
    about: Facts = {
        "endpoint": line.text("endpoint"),
        "attempt": int(line.number_of("attempt", 1)),
        "seconds": line.number_of("duration_seconds"),
        "status": line.fields.get("status_code"),
        "outcome": line.text("outcome"),
        "usable": has_usable_answer(line),
        "billed_seconds": line.number_of("billed_seconds") or None,
        "tokens": int(tokens) or None,
    }
    return {"openai": {**_present(about), "status": about["status"]}}


def _command(event: str) -> Callable[[Line], Facts]:
    def find(line: Line) -> Facts:
        about: Facts = {"event": event, "name": line.text("command"), "exit_code": line.fields.get("exit_code")}
        return {"command": _present(about)}

    return find


def _present(about: Mapping[str, Any]) -> Facts:
    return {name: value for name, value in about.items() if value is not None}


_FINDERS: dict[str, Callable[[Line], Facts]] = {
    "sqs": _sqs,
    "lambda": _invocation,
    "api_request": _request,
    "openai_request": _openai,
    "operator_command_started": _command("started"),
    "operator_command": _command("ended"),
}
