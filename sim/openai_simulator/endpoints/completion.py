"""What a model says to a prompt, before it takes the shape of one endpoint or the other."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.analysis import analysis_of
from sim.openai_simulator.endpoints.json_schema import BadSchema, check_strict, value_for
from sim.openai_simulator.endpoints.models import Model
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.faults.effects import Effect

BYTES_PER_TOKEN = 4  # https://help.openai.com/en/articles/4936856: about four characters of English
REFUSAL_TEXT = "I'm sorry, but I can't help with that request."


@dataclass(frozen=True)
class Prompt:
    """A request for text, the same for both endpoints."""

    model: str
    text: str
    """All the prompt's words, for counting."""
    asked: str
    """The last thing the user said: here, a transcript."""
    schema: Mapping[str, Any] | None
    most_tokens: int | None


@dataclass(frozen=True)
class Completion:
    """What was said, how it ended (`stop`, `length` or `content_filter`) and what it cost."""

    content: str | None
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def complete(prompt: Prompt, effect: Effect | None) -> Completion:
    """Answers a prompt; a fault may spoil what is said."""
    content = _say(prompt)
    honest = Completion(content, None, "stop", tokens(prompt.text), tokens(content))
    spoiled = _spoil(honest, effect.kind if effect else None)
    if prompt.most_tokens is not None and spoiled.completion_tokens > prompt.most_tokens:
        return _cut(spoiled, prompt.most_tokens)
    return spoiled


def tokens(text: str) -> int:
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def check_model(name: Any, models: Mapping[str, Model]) -> Model:
    """The model of that name.

    Raises:
        Refusal: none was named, or it is not there for text.
    """
    if not isinstance(name, str) or not name:
        raise Refusal(errors.invalid("you must provide a model parameter"))
    model = models.get(name)
    if model is None or model.purpose != "chat":
        raise Refusal(errors.unknown_model(name))
    return model


def check_schema(name: Any, schema: Any, strict: Any, param: str) -> Mapping[str, Any]:
    """The schema asked for.

    Raises:
        Refusal: it has no name or is none that structured outputs take.
    """
    if not isinstance(name, str) or not isinstance(schema, dict):
        raise Refusal(errors.missing(f"{param}.name"))
    try:
        if strict is True:
            check_strict(name, schema)
    except BadSchema as error:
        raise Refusal(errors.invalid(str(error), None, param)) from error
    return schema


def _say(prompt: Prompt) -> str:
    analysis = analysis_of(prompt.asked)
    if prompt.schema is None:
        return str(analysis["summary"])
    return json.dumps(value_for(prompt.schema, analysis), ensure_ascii=False)


def _spoil(honest: Completion, kind: str | None) -> Completion:
    said = honest.content or ""
    match kind:
        case "malformed_content":
            return replace(honest, content=said[: max(1, len(said) * 2 // 3)].rstrip('}"]') + ",,")
        case "schema_breaking_content":
            return replace(honest, content=json.dumps({"headline": said[:40], "topics": "not a list"}))
        case "empty_content":
            return replace(honest, content="", completion_tokens=0)
        case "refusal":
            return replace(honest, content=None, refusal=REFUSAL_TEXT, completion_tokens=tokens(REFUSAL_TEXT))
        case "content_filter":
            return replace(honest, content="", finish_reason="content_filter", completion_tokens=0)
        case "length":
            return _cut(honest, max(1, honest.completion_tokens // 2))
    return honest


def _cut(completion: Completion, most_tokens: int) -> Completion:
    said = (completion.content or "")[: most_tokens * BYTES_PER_TOKEN]
    return replace(completion, content=said, finish_reason="length", completion_tokens=most_tokens)
