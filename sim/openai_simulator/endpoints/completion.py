"""What a model answers to a prompt, before it gets the format of an endpoint."""

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
    """All words of the prompt, to be counted."""
    last_user_message: str
    """The last message of the user: here, a transcript."""
    schema: Mapping[str, Any] | None
    most_tokens: int | None


@dataclass(frozen=True)
class Completion:
    """The text, how it ended (`stop`, `length` or `content_filter`) and its tokens."""

    content: str | None
    refusal: str | None
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int


def complete(prompt: Prompt, effect: Effect | None) -> Completion:
    """Answer a prompt; a fault may change the answer."""
    content = _answer_text(prompt)
    correct = Completion(content, None, "stop", tokens(prompt.text), tokens(content))
    corrupted = _corrupt(correct, effect.kind if effect else None)
    if prompt.most_tokens is not None and corrupted.completion_tokens > prompt.most_tokens:
        return _cut(corrupted, prompt.most_tokens)
    return corrupted


def tokens(text: str) -> int:
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def check_model(name: Any, models: Mapping[str, Model]) -> Model:
    """The model of that name.

    Raises:
        Refusal: none was named, or it does not exist for text.
    """
    if not isinstance(name, str) or not name:
        raise Refusal(errors.invalid("you must provide a model parameter"))
    model = models.get(name)
    if model is None or model.purpose != "chat":
        raise Refusal(errors.unknown_model(name))
    return model


def check_schema(name: Any, schema: Any, strict: Any, param: str) -> Mapping[str, Any]:
    """The requested schema.

    Raises:
        Refusal: it has no name, or structured outputs do not accept it.
    """
    if not isinstance(name, str) or not isinstance(schema, dict):
        raise Refusal(errors.missing(f"{param}.name"))
    try:
        if strict is True:
            check_strict(name, schema)
    except BadSchema as error:
        raise Refusal(errors.invalid(str(error), None, param)) from error
    return schema


def _answer_text(prompt: Prompt) -> str:
    analysis = analysis_of(prompt.last_user_message)
    if prompt.schema is None:
        return str(analysis["summary"])
    return json.dumps(value_for(prompt.schema, analysis), ensure_ascii=False)


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
            return replace(correct, content=None, refusal=REFUSAL_TEXT, completion_tokens=tokens(REFUSAL_TEXT))
        case "content_filter":
            return replace(correct, content="", finish_reason="content_filter", completion_tokens=0)
        case "length":
            return _cut(correct, max(1, correct.completion_tokens // 2))
    return correct


def _cut(completion: Completion, most_tokens: int) -> Completion:
    said = (completion.content or "")[: most_tokens * BYTES_PER_TOKEN]
    return replace(completion, content=said, finish_reason="length", completion_tokens=most_tokens)
