"""The parameters of `POST /v1/chat/completions`."""

from collections.abc import Mapping

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
    Variants,
)
from sim.openai_simulator.parameters.shared import (
    ABOUT_THE_CALLER,
    CACHING,
    EFFORTS,
    LONGEST_TEXT_CHARACTERS,
    MODERATION,
    SAMPLING,
    SCHEMA,
    STREAMING,
    VERBOSITIES,
)

MOST_MESSAGES = 2048  # github.com/obot-platform/obot/issues/1009

TEXT = Text(LONGEST_TEXT_CHARACTERS)
TEXT_PART = Fields({"text": TEXT, "prompt_cache_breakpoint": NotOffered(reasons.CACHED)}, ("text",))

OTHER_PART = NotOffered(reasons.TEXT_ALONE)


def _content(**more: Fields | NotOffered) -> Either:
    return Either((TEXT, ListOf(Variants("type", {"text": TEXT_PART, **more}), least=1)))


def _message(content: Kind, **more: Kind) -> Fields:
    return Fields({"content": content, "name": Text(), **more}, ("content",))


MESSAGE = Variants(
    "role",
    {
        "system": _message(_content()),
        "assistant": _message(
            _content(refusal=Fields({"refusal": TEXT}, ("refusal",))),
            refusal=Nullable(TEXT),
            audio=NotOffered(reasons.TEXT_ALONE, (None,)),
            function_call=NotOffered(reasons.TOOLS, (None,)),
            tool_calls=NotOffered(reasons.TOOLS),
        ),
        "user": _message(_content(image_url=OTHER_PART, input_audio=OTHER_PART, file=OTHER_PART)),
        "function": _message(Nullable(TEXT)),
        "tool": Fields({"content": _content(), "tool_call_id": Text()}, ("content", "tool_call_id")),
        "developer": _message(_content()),
    },
)

FORMAT = Variants(
    "type",
    {
        "text": Fields({}),
        "json_object": Fields({}),
        "json_schema": Fields({"json_schema": Fields(SCHEMA, ("name",))}, ("json_schema",)),
    },
)

PARAMETERS: Mapping[str, Kind] = {
    "messages": ListOf(MESSAGE, 1, MOST_MESSAGES),
    "model": Text(),
    **ABOUT_THE_CALLER,
    **CACHING,
    **MODERATION,
    **SAMPLING,
    **STREAMING,
    "audio": NotOffered(reasons.TEXT_ALONE, (None,)),
    "frequency_penalty": Nullable(Number(-2, 2)),
    "function_call": NotOffered(reasons.TOOLS),
    "functions": NotOffered(reasons.TOOLS),
    "logit_bias": NotOffered(reasons.SAMPLING, (None, {})),
    "logprobs": Nullable(Boolean()),
    "max_completion_tokens": Nullable(Number(1, whole=True)),
    "max_tokens": Nullable(Number(1, whole=True)),
    "modalities": NotOffered(reasons.TEXT_ALONE, (None, ["text"])),
    "n": Nullable(Number(1, 128, whole=True)),
    "parallel_tool_calls": NotOffered(reasons.TOOLS),
    "prediction": NotOffered(reasons.CACHED, (None,)),
    "presence_penalty": Nullable(Number(-2, 2)),
    "reasoning_effort": Nullable(Choice(EFFORTS)),
    "response_format": FORMAT,
    "seed": Nullable(Number(-(2**63), 2**63 - 1, whole=True)),
    "service_tier": Nullable(Choice(("auto", "default", "flex", "scale", "priority", "fast"))),
    "stop": Nullable(Either((Text(), ListOf(Text(), 1, 4)))),
    "stream_options": Nullable(Fields({"include_obfuscation": Boolean(), "include_usage": Boolean()})),
    "tool_choice": NotOffered(reasons.TOOLS),
    "tools": NotOffered(reasons.TOOLS),
    "verbosity": Nullable(Choice(VERBOSITIES)),
    "web_search_options": NotOffered(reasons.TOOLS),
}
