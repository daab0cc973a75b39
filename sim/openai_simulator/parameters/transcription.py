"""The parameters of `POST /v1/audio/transcriptions`, a form."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.http.multipart import Form
from sim.openai_simulator.parameters import reasons
from sim.openai_simulator.parameters.kinds import (
    Boolean,
    Choice,
    Either,
    Fields,
    Kind,
    ListOf,
    NotOffered,
    Nullable,
    Number,
    Text,
)

FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
SPOKEN = "en"
"""The language of every recording: with a hint of another, OpenAI's answer could be in that one."""

PARAMETERS: Mapping[str, Kind] = {
    "model": Text(),
    "chunking_strategy": Nullable(
        Either(
            (
                Choice(("auto",)),
                Fields(
                    {
                        "type": Choice(("server_vad",)),
                        "prefix_padding_ms": Number(0, whole=True),
                        "silence_duration_ms": Number(0, whole=True),
                        "threshold": Number(0, 1),
                    },
                    ("type",),
                ),
            )
        )
    ),
    "include": ListOf(Choice(("logprobs",))),
    "keywords": ListOf(Text()),
    "known_speaker_names": NotOffered(reasons.SPEAKERS),
    "known_speaker_references": NotOffered(reasons.SPEAKERS),
    "language": NotOffered(reasons.ENGLISH, (SPOKEN,)),
    "languages": ListOf(Text(pattern="[a-z]{2,3}"), 1),
    "prompt": Text(),
    "response_format": Choice(FORMATS),
    "stream": Nullable(Boolean()),
    "temperature": Number(0, 1),
    "timestamp_granularities": ListOf(Choice(("word", "segment"))),
}


def body_of(form: Form) -> dict[str, Any]:
    """The form's fields as one object: `include[]` is a list, `chunking_strategy[type]` is in an object.

    Raises:
        Refusal: a field that is no list came twice.
    """
    body: dict[str, Any] = {}
    for name, values in form.fields.items():
        indexed = re.fullmatch(r"([^\[\]]+)\[([^\[\]]*)\]", name)
        if indexed is None or indexed[2]:
            _refuse_repeated(name, values)
        if indexed is None:
            body[name] = _read(PARAMETERS.get(name), values[0])
        elif not indexed[2]:
            body[indexed[1]] = values
        else:
            _put(body, indexed[1], indexed[2], values[0])
    return body


def _put(body: dict[str, Any], name: str, key: str, value: str) -> None:
    inner = body.setdefault(name, {})
    if not isinstance(inner, dict):
        raise Refusal(errors.invalid(f"Invalid '{name}': it was sent twice.", "invalid_value", name))
    inner[key] = _read(_field(PARAMETERS.get(name), key), value)


def _field(kind: Kind | None, key: str) -> Kind | None:
    match kind:
        case Nullable(inner):
            return _field(inner, key)
        case Either(kinds):
            return next((found for each in kinds if (found := _field(each, key))), None)
        case Fields(known):
            return known.get(key)
    return None


def _refuse_repeated(name: str, values: list[str]) -> None:
    if len(values) > 1:
        raise Refusal(errors.invalid(f"Invalid '{name}': it was sent {len(values)} times.", "invalid_value", name))


def _read(kind: Kind | None, text: str) -> Any:
    """A form knows texts alone: a number or a boolean is read where one is wanted; otherwise the text stays."""
    kind = kind.kind if isinstance(kind, Nullable) else kind
    if isinstance(kind, Boolean):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(kind, Number):
        with suppress(ValueError):
            return int(text) if kind.whole else float(text)
    return text
