"""`POST /v1/responses`, the newer endpoint: https://platform.openai.com/docs/api-reference/responses/create."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints import tokens
from sim.openai_simulator.endpoints.chat import text_of, tier_of
from sim.openai_simulator.endpoints.completion import ANY_OBJECT, Completion, Prompt, find_model, schema_of
from sim.openai_simulator.endpoints.event_stream import event_stream
from sim.openai_simulator.endpoints.models import Model, Writing
from sim.openai_simulator.endpoints.response_events import events_of
from sim.openai_simulator.endpoints.writing_rules import check_effort, check_reasoning, check_verbosity
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.http.server import Answer
from sim.openai_simulator.parameters.judge import judge
from sim.openai_simulator.parameters.kinds import Number
from sim.openai_simulator.parameters.responses import LOGPROBS, PARAMETERS

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
TOO_LONG = "Your input exceeds the context window of this model. Please adjust your input and try again."

REPEATED: Mapping[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
    "metadata": {},
}
"""What a response repeats of its request, or its default."""


@dataclass(frozen=True)
class Request:
    """What was asked, and in which form."""

    prompt: Prompt
    body: Mapping[str, Any]
    alternatives: int | None = None
    """How many tokens beside each one get a log probability; None without any."""
    streams: bool = False
    padded: bool = True
    too_long: bool = False


def understand(body: Mapping[str, Any], models: Mapping[str, Model]) -> Request:
    """Parse the request.

    Raises:
        Refusal: as OpenAI refuses what is unknown, missing, contradictory or not for this model; or not offered.
    """
    judge(body, PARAMETERS)
    for name in ("model", "input"):
        if not body.get(name):
            raise Refusal(errors.missing(name))
    name, writing = find_model(body["model"], models)
    include = body.get("include") or []
    _check_options(body, writing, include)
    prompt = _prompt(body, name)
    options = body.get("stream_options") or {}
    request = Request(
        prompt=prompt,
        body=body,
        alternatives=(body.get("top_logprobs") or 0) if LOGPROBS in include else None,
        streams=bool(body.get("stream")),
        padded=options.get("include_obfuscation", True),
        too_long=tokens.count(prompt.text) > writing.context_tokens,
    )
    if request.too_long and not request.streams:
        raise Refusal(errors.invalid(TOO_LONG, "context_length_exceeded", "input"))
    return request


def answer(completion: Completion, request: Request, number: int, now: float) -> Answer:
    """The completion in this endpoint's format, whole or as a stream."""
    response = _response(completion, request, number, now)
    if not request.streams:
        return Answer.of_json(200, response)
    events = events_of(response, completion, request.alternatives, padded=request.padded)
    if request.too_long:
        # github.com/dyad-sh/dyad/issues/1672: the stream has begun when the input is counted.
        error = {
            "type": "invalid_request_error",
            "code": "context_length_exceeded",
            "message": TOO_LONG,
            "param": "input",
        }
        events = [*events[:2], {"type": "error", "sequence_number": 2, "error": error}]
    return event_stream(events, named=True, done=False)


def _check_options(body: Mapping[str, Any], writing: Writing, include: list[str]) -> None:
    effort = (body.get("reasoning") or {}).get("effort")
    if body.get("reasoning") and not writing.reasons and effort is not None:
        raise Refusal(errors.unsupported_parameter("reasoning.effort"))
    check_effort(effort, writing, "reasoning.effort")
    check_verbosity(body.get("text", {}).get("verbosity"), writing, "text.verbosity")
    check_reasoning(body, writing, effort)
    if writing.reasons and effort != "none":
        if body.get("temperature") not in (None, 1):
            raise Refusal(errors.unsupported_parameter("temperature"))
        if LOGPROBS in include:
            message = "logprobs are not supported with reasoning models."
            raise Refusal(errors.invalid(message, "unsupported_parameter", "include"))
    most = body.get("max_output_tokens")
    if most is not None:
        Number(most=writing.most_output_tokens, whole=True).check("max_output_tokens", most)
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refusal(errors.invalid(message, None, "stream_options"))


def _prompt(body: Mapping[str, Any], model: str) -> Prompt:
    given = body["input"]
    said = [("user", given)] if isinstance(given, str) else [(each["role"], text_of(each["content"])) for each in given]
    text = "\n".join((body.get("instructions") or "", *(text for _, text in said)))
    return Prompt(
        model=model,
        text=text,
        last_user_message=next((text for role, text in reversed(said) if role == "user"), ""),
        schema=_schema(body.get("text", {}).get("format", {}), text),
        schema_param="text.format",
        most_tokens=body.get("max_output_tokens"),
    )


def _schema(wanted: Mapping[str, Any], text: str) -> Mapping[str, Any] | None:
    match wanted.get("type"):
        case "json_schema":
            return schema_of(wanted, "text.format.schema")
        case "json_object":
            if "json" not in text.lower():
                words = "in some form to use 'text.format' of type 'json_object'."
                raise Refusal(
                    errors.invalid(f"Response input messages must contain the word 'json' {words}", None, "input")
                )
            return ANY_OBJECT
    return None


def _response(completion: Completion, request: Request, number: int, now: float) -> dict[str, Any]:
    incomplete = INCOMPLETE.get(completion.finish_reason)
    status, body = "incomplete" if incomplete else "completed", request.body
    item = {"id": f"msg_sim{number:08d}", "type": "message", "role": "assistant", "status": status}
    repeated = {name: default if body.get(name) is None else body[name] for name, default in REPEATED.items()}
    text, reasoning = body.get("text", {}), body.get("reasoning") or {}
    return {
        "id": f"resp_sim{number:08d}",
        "object": "response",
        "created_at": int(now),
        "completed_at": None if incomplete else int(now),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "model": request.prompt.model,
        "output": [{**item, "content": [_part(completion, request.alternatives)]}],
        **repeated,
        "reasoning": {"effort": reasoning.get("effort"), "summary": None},
        "service_tier": tier_of(body),
        "text": {"format": text.get("format", {"type": "text"}), "verbosity": text.get("verbosity") or "medium"},
        "usage": _usage(completion),
    }


def _part(completion: Completion, alternatives: int | None) -> dict[str, Any]:
    if completion.refusal is not None:
        return {"type": "refusal", "refusal": completion.refusal}
    text = completion.content or ""
    logprobs = [] if alternatives is None else tokens.logprobs_of(text, alternatives)
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": logprobs}


def _usage(completion: Completion) -> dict[str, Any]:
    prompt, said = completion.prompt_tokens, completion.completion_tokens
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + said,
    }
