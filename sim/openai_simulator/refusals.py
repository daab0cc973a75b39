"""Refusals by their words: error answers that differ in message, type, param and code, and less in their status.

The messages are those that users quote in public issues; each entry names its source. Entries without one vary a quoted
answer as the documentation of its code allows (https://platform.openai.com/docs/guides/error-codes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sim.openai_simulator.http.server import Answer

Endpoint = Literal["transcription", "chat", "responses"]
Why = Literal[
    "audio_too_long",
    "audio_too_short",
    "audio_format",
    "audio_format_of_the_model",
    "audio_not_decoded",
    "audio_filtered",
    "prompt_filtered",
    "prompt_filtered_by_azure",
    "context_too_long",
    "string_too_long",
    "schema",
    "parameter",
    "value",
    "model",
    "organization",
    "quota_of_the_project",
    "quota_by_its_type",
    "quota_by_its_code",
    "quota_nested",
    "billing_limit",
    "server_error",
    "nothing_said",
]
"""What a refusal is about."""

AUDIO: tuple[Endpoint, ...] = ("transcription",)
TEXT: tuple[Endpoint, ...] = ("chat", "responses")
EVERYWHERE: tuple[Endpoint, ...] = (*AUDIO, *TEXT)


@dataclass(frozen=True)
class Refusal:
    """One error answer, and the endpoints that can give it."""

    endpoints: tuple[Endpoint, ...]
    status: int
    message: str
    type: str | None = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    nested: bool = False
    """Whether the error is inside of another, as some gateways send it."""

    def answer(self) -> Answer:
        error: dict[str, Any] = {"message": self.message, "type": self.type, "param": self.param, "code": self.code}
        if self.nested:
            error = {"message": "The upstream request failed.", "type": None, "code": str(self.status), "error": error}
        return Answer.of_json(self.status, {"error": error})


FLAGGED = (
    "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a "
    "different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting"
)
QUOTA = "You exceeded your current quota, please check your plan and billing details."

REFUSALS: Mapping[Why, Refusal] = {
    # github.com/murtaza-nasir/speakr/issues/168
    "audio_too_long": Refusal(
        AUDIO,
        400,
        "audio duration 1830.530612 seconds is longer than 1400 seconds which is the maximum for this model",
        code="invalid_value",
    ),
    "audio_too_short": Refusal(
        AUDIO,
        400,
        "Audio file is too short. Minimum audio length is 0.1 seconds.",
        code="audio_too_short",
        param="file",
    ),
    # github.com/supershaneski/openai-whisper-api/issues/5
    "audio_format": Refusal(
        AUDIO,
        400,
        "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'ogg', 'wav', 'webm']",
    ),
    # github.com/openai/openai-python/issues/2477
    "audio_format_of_the_model": Refusal(
        AUDIO,
        400,
        "This model does not support the format you provided.",
        code="unsupported_format",
        param="messages",
    ),
    # github.com/adamcohenhillel/ADeus/issues/60
    "audio_not_decoded": Refusal(AUDIO, 400, "The audio file could not be decoded or its format is not supported."),
    "audio_filtered": Refusal(AUDIO, 400, FLAGGED, code="invalid_prompt"),
    # github.com/BeehiveInnovations/pal-mcp-server/issues/178
    "prompt_filtered": Refusal(TEXT, 400, FLAGGED, code="invalid_prompt"),
    # github.com/openai/openai-python/issues/331
    "prompt_filtered_by_azure": Refusal(
        TEXT,
        400,
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type=None,
        code="content_filter",
        param="prompt",
    ),
    # github.com/webtimemachine/wtm2/issues/579
    "context_too_long": Refusal(
        TEXT,
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 204308 tokens. "
        "Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    ),
    # github.com/VectorlyApp/bluebox/issues/31
    "string_too_long": Refusal(
        TEXT,
        400,
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length 10485760, but got a "
        "string with length 62114761 instead.",
        code="string_above_max_length",
        param="messages[1].content",
    ),
    "schema": Refusal(
        TEXT,
        400,
        "Invalid schema for response_format '_Analysis': In context=(), 'additionalProperties' is required.",
        param="response_format",
    ),
    "parameter": Refusal(
        EVERYWHERE,
        400,
        "Unsupported parameter: 'temperature' is not supported with this model.",
        code="unsupported_parameter",
        param="temperature",
    ),
    "value": Refusal(
        EVERYWHERE,
        400,
        "Invalid value: 'srt'. Supported values are: 'json'.",
        code="invalid_value",
        param="response_format",
    ),
    "model": Refusal(
        EVERYWHERE, 400, "The requested model has been deprecated.", code="model_not_found", param="model"
    ),
    "organization": Refusal(
        EVERYWHERE, 401, "You must be a member of an organization to use the API.", code="mismatched_organization"
    ),
    "quota_of_the_project": Refusal(
        EVERYWHERE,
        429,
        "The project has reached its spend limit for this month.",
        type="insufficient_quota",
        code="project_spend_limit_exceeded",
    ),
    # github.com/LiLittleCat/ChatGPT/issues/10
    "quota_by_its_type": Refusal(EVERYWHERE, 429, QUOTA, type="insufficient_quota"),
    "quota_by_its_code": Refusal(EVERYWHERE, 429, QUOTA, type="requests", code="insufficient_quota"),
    "quota_nested": Refusal(EVERYWHERE, 429, QUOTA, type="insufficient_quota", nested=True),
    "billing_limit": Refusal(EVERYWHERE, 400, "Billing hard limit has been reached", code="billing_hard_limit_reached"),
    "server_error": Refusal(
        EVERYWHERE, 400, "The server had an error processing your audio file. Sorry about that!", type="server_error"
    ),
    "nothing_said": Refusal(EVERYWHERE, 400, "The request could not be completed.", type=None, code="400"),
}

if set(REFUSALS) != set(get_args(Why)):
    raise AssertionError("every refusal that can be named has an answer")
