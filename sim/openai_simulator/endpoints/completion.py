"""What a model answers to a prompt, before it gets the format of an endpoint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints import tokens
from sim.openai_simulator.endpoints.analysis import analysis_of
from sim.openai_simulator.endpoints.json_schema import CannotGenerate, value_for
from sim.openai_simulator.endpoints.models import Model, Writing
from sim.openai_simulator.endpoints.schema_rules import BadSchema, check_schema
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.faults.effects import Effect

REFUSAL_TEXT = "I'm sorry, but I can't help with that request."
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


@dataclass(frozen=True)
class Prompt:
    """A request for text, the same for both endpoints."""

    model: str
    text: str
    """All words of the prompt, to be counted."""
    last_user_message: str
    """The last message of the user: here, a transcript."""
    schema: Mapping[str, Any] | None
    """Of the answer, which is a text without one, and any object with `ANY_OBJECT`."""
    schema_param: str = ""
    most_tokens: int | None = None
    stops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completion:
    """The text, how it ended (`stop`, `length` or `content_filter`) and its tokens."""

    content: str | None
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def complete(prompt: Prompt, effect: Effect | None) -> Completion:
    """Answer a prompt; a fault may change the answer.

    Raises:
        Refusal: the simulator has no answer that fits the schema.
    """
    content = _answer_text(prompt)
    correct = Completion(content, None, "stop", tokens.count(prompt.text), tokens.count(content))
    corrupted = _corrupt(correct, effect.kind if effect else None)
    if prompt.most_tokens is not None and corrupted.completion_tokens > prompt.most_tokens:
        return _cut(corrupted, prompt.most_tokens)
    return corrupted


def find_model(name: str, models: Mapping[str, Model]) -> tuple[str, Writing]:
    """The model of that name, and what it can do.

    Raises:
        Refusal: it does not exist for text.
    """
    model = models.get(name)
    if model is None or model.writing is None:
        raise Refusal(errors.unknown_model(name))
    return model.name, model.writing


def schema_of(given: Mapping[str, Any], param: str) -> Mapping[str, Any]:
    """The requested schema.

    Raises:
        Refusal: structured outputs do not accept it.
    """
    name, schema = given["name"], given.get("schema", {"type": "object"})
    try:
        check_schema(schema, strict=given.get("strict") is True)
    except BadSchema as error:
        message = f"Invalid schema for response_format '{name}': {error}"
        raise Refusal(errors.invalid(message, None, param)) from error
    found: Mapping[str, Any] = schema
    return found


def _answer_text(prompt: Prompt) -> str:
    analysis = analysis_of(prompt.last_user_message)
    if prompt.schema is None:
        return _until_stop(str(analysis["summary"]), prompt.stops)
    answer = analysis if prompt.schema is ANY_OBJECT else _value(prompt, analysis)
    return _until_stop(json.dumps(answer, ensure_ascii=False), prompt.stops)


def _value(prompt: Prompt, analysis: Mapping[str, Any]) -> Any:
    try:
        return value_for(prompt.schema or {}, analysis)
    except CannotGenerate as error:
        message = f"The simulator does not support the schema in '{prompt.schema_param}': {error}."
        raise Refusal(errors.invalid(message, "unsupported_value", prompt.schema_param)) from error


def _until_stop(text: str, stops: tuple[str, ...]) -> str:
    ends = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(ends, default=len(text))]


def _corrupt(correct: Completion, kind: str | None) -> Completion:
    said = correct.content or ""
    match kind:
        case "malformed_content":
            return replace(correct, content=said[: max(1, len(said) * 2 // 3)].rstrip('}"]') + ",,")
        case "schema_breaking_content":
            return replace(correct, content=json.dumps({"headline": said[:40], "topics": "not a list"}))
        case "empty_content":
            return replace(correct, content="", completion_tokens=0)
        case "refusal":
            return replace(correct, content=None, refusal=REFUSAL_TEXT, completion_tokens=tokens.count(REFUSAL_TEXT))
        case "content_filter":
            return replace(correct, content="", finish_reason="content_filter", completion_tokens=0)
        case "length":
            return _cut(correct, max(1, correct.completion_tokens // 2))
    return correct


def _cut(completion: Completion, most_tokens: int) -> Completion:
    said = "".join(tokens.tokens_of(completion.content or "")[:most_tokens])
    return replace(completion, content=said, finish_reason="length", completion_tokens=most_tokens)
