"""Parameters that chat completions and responses have in common.

Ranges and lengths are those of https://github.com/openai/openai-openapi.
"""

from collections.abc import Mapping

from sim.openai_simulator.parameters import reasons
from sim.openai_simulator.parameters.kinds import (
    Anything,
    Boolean,
    Choice,
    Fields,
    Kind,
    MapOf,
    NotOffered,
    Nullable,
    Number,
    Text,
)

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
VERBOSITIES = ("low", "medium", "high")
LONGEST_TEXT_CHARACTERS = 10_485_760
SCHEMA: Mapping[str, Kind] = {
    "name": Text(64, "[a-zA-Z0-9_-]+"),
    "description": Text(),
    "schema": Anything(),
    "strict": Nullable(Boolean()),
}

SAMPLING: Mapping[str, Kind] = {
    "temperature": Nullable(Number(0, 2)),
    "top_p": Nullable(Number(0, 1)),
    "top_logprobs": Nullable(Number(0, 20, whole=True)),
}

ABOUT_THE_CALLER: Mapping[str, Kind] = {
    "metadata": Nullable(MapOf(Text(512), 16, Text(64))),
    "safety_identifier": Nullable(Text(64)),
    "user": Text(),
}
"""What OpenAI keeps beside a call: nothing in the answer's text depends on it."""

CACHING: Mapping[str, Kind] = {
    "prompt_cache_key": Nullable(Text()),
    "prompt_cache_options": NotOffered(reasons.CACHED),
    "prompt_cache_retention": Nullable(Choice(("in_memory", "24h"))),
    "store": Nullable(Boolean()),
}

STREAMING: Mapping[str, Kind] = {
    "stream": Nullable(Boolean()),
    "stream_options": Nullable(Fields({"include_obfuscation": Boolean()})),
}

MODERATION: Mapping[str, Kind] = {"moderation": NotOffered(reasons.MODERATION, (None,))}
