"""`POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat/create."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints import tokens
from sim.openai_simulator.endpoints.chat_rules import check_context, check_messages, check_options
from sim.openai_simulator.endpoints.completion import ANY_OBJECT, Completion, Prompt, find_model, schema_of
from sim.openai_simulator.endpoints.event_stream import event_stream, padding
from sim.openai_simulator.endpoints.models import Model
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.http.server import Answer
from sim.openai_simulator.parameters.chat import PARAMETERS
from sim.openai_simulator.parameters.judge import judge, refuse_unrecognised

TIERS = {"auto": "default", "fast": "priority"}
"""The tier that serves a request for that tier; the others serve themselves."""


@dataclass(frozen=True)
class Request:
    """What was asked, and in which form."""

    prompt: Prompt
    choices: int = 1
    alternatives: int | None = None
    """How many tokens beside each one get a log probability; None without any."""
    tier: str = "default"
    streams: bool = False
    with_usage: bool = False
    padded: bool = True


def understand(body: Mapping[str, Any], models: Mapping[str, Model]) -> Request:
    """Parse the request.

    Raises:
        Refusal: as OpenAI refuses what is unknown, missing, contradictory or not for this model; or not offered.
    """
    refuse_unrecognised(body, PARAMETERS)
    if not body.get("model"):
        raise Refusal(errors.invalid("you must provide a model parameter"))
    if "messages" not in body:
        raise Refusal(errors.missing("messages"))
    judge(body, PARAMETERS)
    named = models.get(body["model"])
    if named is not None and named.writing is None:
        raise Refusal(errors.not_a_chat_model())
    name, writing = find_model(body["model"], models)
    check_options(body, writing)
    check_messages(body, writing)
    prompt, options = _prompt(body, name), body.get("stream_options") or {}
    check_context(tokens.count(prompt.text), prompt.most_tokens, writing)
    return Request(
        prompt=prompt,
        choices=body.get("n") or 1,
        alternatives=(body.get("top_logprobs") or 0) if body.get("logprobs") else None,
        tier=tier_of(body),
        streams=bool(body.get("stream")),
        with_usage=options.get("include_usage", False),
        padded=options.get("include_obfuscation", True),
    )


def answer(completion: Completion, request: Request, number: int, now: float) -> Answer:
    """The completion in this endpoint's format, whole or as a stream."""
    head = {
        "id": f"chatcmpl-sim{number:08d}",
        "object": "chat.completion.chunk" if request.streams else "chat.completion",
        "created": int(now),
        "model": request.prompt.model,
        "service_tier": request.tier,
        "system_fingerprint": None,
    }
    if request.streams:
        return event_stream({**head, **event} for event in _events(completion, request))
    choices = [_choice(completion, request, index) for index in range(request.choices)]
    return Answer.of_json(200, {**head, "choices": choices, "usage": _usage(completion, request.choices)})


def tier_of(body: Mapping[str, Any]) -> str:
    wanted = str(body.get("service_tier") or "auto")
    return TIERS.get(wanted, wanted)


def text_of(content: Any) -> str:
    """The text of a message, given as a text or as a list of parts."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", part.get("refusal", ""))) for part in content or [])


def _prompt(body: Mapping[str, Any], model: str) -> Prompt:
    said = [(message["role"], text_of(message["content"])) for message in body["messages"]]
    stop = body.get("stop") or ()
    return Prompt(
        model=model,
        text="\n".join(text for _, text in said),
        last_user_message=next((text for role, text in reversed(said) if role == "user"), ""),
        schema=_schema(body.get("response_format", {})),
        schema_param="response_format",
        most_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        stops=(stop,) if isinstance(stop, str) else tuple(stop),
    )


def _schema(response_format: Mapping[str, Any]) -> Mapping[str, Any] | None:
    match response_format.get("type"):
        case "json_schema":
            return schema_of(response_format["json_schema"], "response_format")
        case "json_object":
            return ANY_OBJECT
    return None


def _choice(completion: Completion, request: Request, index: int) -> dict[str, Any]:
    said: dict[str, Any] = {"content": completion.content, "refusal": completion.refusal}
    logprobs = None
    if request.alternatives is not None:
        logprobs = {field: _logprobs(text, request.alternatives) for field, text in said.items()}
    message = {"role": "assistant", **said, "annotations": []}
    return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": completion.finish_reason}


def _logprobs(text: str | None, alternatives: int) -> list[dict[str, Any]] | None:
    return None if text is None else tokens.logprobs_of(text, alternatives)


def _events(completion: Completion, request: Request) -> Iterator[dict[str, Any]]:
    usage = {"usage": None} if request.with_usage else {}
    for index in range(request.choices):
        for delta, finish_reason in _deltas(completion):
            said = delta.get("content") or delta.get("refusal") or ""
            logprobs = None
            if request.alternatives is not None and said:
                field, other = ("content", "refusal") if delta.get("content") else ("refusal", "content")
                logprobs = {field: [tokens.logprob_of(said, request.alternatives)], other: None}
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
            padded = {"obfuscation": padding(said)} if request.padded else {}
            yield {"choices": [choice], **usage, **padded}
    if request.with_usage:
        yield {"choices": [], "usage": _usage(completion, request.choices)}


def _deltas(completion: Completion) -> Iterator[tuple[dict[str, Any], str | None]]:
    field = "content" if completion.refusal is None else "refusal"
    yield {"role": "assistant", "content": "" if completion.refusal is None else None, "refusal": None}, None
    for token in tokens.tokens_of(completion.content or completion.refusal or ""):
        yield {field: token}, None
    yield {}, completion.finish_reason


def _usage(completion: Completion, choices: int) -> dict[str, Any]:
    prompt, said = completion.prompt_tokens, completion.completion_tokens * choices
    predicted = {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, **predicted},
    }
