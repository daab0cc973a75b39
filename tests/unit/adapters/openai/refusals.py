"""Refusals as OpenAI, Azure and proxies word them, each with the cause that it names.

`rawk.adapters.openai.causes` cites the sources of the wordings. Some bodies vary a quoted one: another code, another
param, another model's limit, the same words in another shape.
"""

from typing import Any

import httpx

from rawk.domain.errors import (
    AIBadAnalysis,
    AIError,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    AIUnexplained,
)
from rawk.domain.memory import FailureReason

Refusal = tuple[str, int, Any, type[AIError], FailureReason]
"""Name, status, body (JSON, or a text as it is), class of the error, reason."""

TOO_LONG = "audio duration 1830.530612 seconds is longer than 1400 seconds which is the maximum for this model"
QUOTA = "You exceeded your current quota, please check your plan and billing details."
FLAGGED = "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
AZURE_FILTER = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
AZURE_RATE = (
    "Requests to this operation have exceeded call rate limit of your current OpenAI S0 pricing tier. "
    "Please retry after 20 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further "
    "increase the default rate limit."
)
FREE_RATE = (
    "Rate limit reached for gpt-4o in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. "
    "You can increase your rate limit by adding a payment method to your account at https://platform.openai.com/account/billing."
)


def error(message: str = "", kind: str | None = "invalid_request_error", param: Any = None, code: Any = None) -> Any:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _audio(name: str, status: int, body: Any, reason: FailureReason) -> Refusal:
    return name, status, body, AIRejectedAudio, reason


def _analysis(name: str, status: int, body: Any, reason: FailureReason) -> Refusal:
    return name, status, body, AIBadAnalysis, reason


def _ours(name: str, status: int, body: Any) -> Refusal:
    return name, status, body, AIMisconfigured, FailureReason.CONFIGURATION


def _quota(name: str, status: int, body: Any) -> Refusal:
    return name, status, body, AIQuotaExhausted, FailureReason.OPENAI_QUOTA


def _rate(name: str, status: int, body: Any) -> Refusal:
    return name, status, body, AIRateLimited, FailureReason.OPENAI_UNAVAILABLE


def _transient(name: str, status: int, body: Any) -> Refusal:
    return name, status, body, AITransient, FailureReason.OPENAI_UNAVAILABLE


def _unexplained(name: str, status: int, body: Any) -> Refusal:
    return name, status, body, AIUnexplained, FailureReason.OPENAI_REFUSED


LONG, SHORT = FailureReason.AUDIO_TOO_LONG, FailureReason.AUDIO_TOO_SHORT
LARGE, UNREADABLE = FailureReason.AUDIO_TOO_LARGE, FailureReason.AUDIO_UNREADABLE

OF_AUDIO: list[Refusal] = [
    _audio("too long, as quoted", 400, error(TOO_LONG, code="invalid_value"), LONG),
    _audio("too long, no code", 400, error(TOO_LONG), LONG),
    _audio("too long, param file", 400, error(TOO_LONG, param="file", code="invalid_value"), LONG),
    _audio("too long, param model", 400, error(TOO_LONG, param="model", code="invalid_value"), LONG),
    _audio("too long, a code of ours", 400, error(TOO_LONG, param="model", code="model_limit_exceeded"), LONG),
    _audio("too long, an unknown param", 400, error(TOO_LONG, param="duration", code="unsupported_value"), LONG),
    _audio("too long, less than", 400, error("Audio must be less than 1400 seconds", param="file"), LONG),
    _audio("too long, another limit", 400, error(TOO_LONG.replace("1400", "1500"), code="audio_duration"), LONG),
    _audio("too long, a code alone", 400, error(code="audio_too_long"), LONG),
    _audio("too long, other words", 400, error("Audio file is too long. The maximum is 25 minutes."), LONG),
    _audio("too long, 413", 413, error(TOO_LONG, code="invalid_value"), LONG),
    _audio("too long, 422", 422, {"detail": "Audio duration (1830 s) exceeds the limit of 1500 s"}, LONG),
    _audio("too long, maximum", 400, error("Maximum audio duration is 1400 seconds, got 2158.549", param="file"), LONG),
    _audio("too long, up to", 400, error("This model takes recordings of up to 1500 seconds."), LONG),
    _audio("too many tokens", 400, error("The audio has too many tokens", code="context_length_exceeded"), LONG),
    _audio("too many tokens, input", 400, error("instructions + audio is too large", code="input_too_large"), LONG),
    _audio(
        "too short",
        400,
        error("Audio file is too short. Minimum audio length is 0.1 seconds.", param="file", code="audio_too_short"),
        SHORT,
    ),
    _audio("too short, no code", 400, error("Audio file is too short. Minimum audio length is 0.1 seconds."), SHORT),
    _audio("too large", 413, error("413: Maximum content size limit (26214400) exceeded", "server_error"), LARGE),
    _audio("too large, a proxy's page", 413, "<html><h1>413 Request Entity Too Large</h1></html>", LARGE),
    _audio("too long, a server's error", 400, error(TOO_LONG, "server_error"), LONG),
    _audio("too large, as a 400", 400, error("File size exceeds the limit of 25 MB", param="file"), LARGE),
    _audio("too large, nothing said", 413, "", LARGE),
    _audio(
        "corrupted",
        400,
        error("Audio file might be corrupted or unsupported", param="file", code="invalid_value"),
        UNREADABLE,
    ),
    _audio("corrupted, no param", 400, error("Audio file might be corrupted or unsupported"), UNREADABLE),
    _audio(
        "no format", 400, error("Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'wav']"), UNREADABLE
    ),
    _audio("a format code", 400, error(code="invalid_file_format"), UNREADABLE),
    _audio(
        "not decoded", 400, error("The audio file could not be decoded or its format is not supported."), UNREADABLE
    ),
    _audio(
        "a format that the model does not take",
        400,
        error("This model does not support the format you provided.", param="messages", code="unsupported_format"),
        UNREADABLE,
    ),
    _audio(
        "unsupported", 400, error("Unsupported file format aac", param="file", code="unsupported_value"), UNREADABLE
    ),
    _audio("blamed by param alone", 400, error("Invalid value.", param="file", code="invalid_value"), UNREADABLE),
    *[
        _audio(code, 400, error("no", code=code), UNREADABLE)
        for code in (
            "audio_decode_error",
            "audio_decoding_failed",
            "file_decode_error",
            "decode_audio_failed",
            "media_could_not_be_decoded",
            "corrupt_audio",
            "corrupted_file",
            "file_corrupt",
            "audio_file_corrupted",
            "media_corrupted",
        )
    ],
    _audio("corrupt, other words", 400, error("The uploaded audio seems to be corrupt."), UNREADABLE),
    _audio("corrupt, the other way", 400, error("Corrupted media file"), UNREADABLE),
    _audio("415", 415, error("Unsupported media type", code="unsupported_media_type"), UNREADABLE),
    _audio("422, a list", 422, {"detail": [{"loc": ["body"], "msg": "file is corrupted", "type": "x"}]}, UNREADABLE),
    _audio("filtered", 400, error(FLAGGED, code="invalid_prompt"), FailureReason.AUDIO_FILTERED),
]

OF_ANALYSES: list[Refusal] = [
    _analysis("flagged, as quoted", 400, error(FLAGGED, code="invalid_prompt"), FailureReason.ANALYSIS_FILTERED),
    _analysis("flagged, no code", 400, error(FLAGGED), FailureReason.ANALYSIS_FILTERED),
    _analysis("flagged, a code alone", 400, error("no", code="invalid_prompt"), FailureReason.ANALYSIS_FILTERED),
    _analysis("content filter", 400, error(param="prompt", code="content_filter"), FailureReason.ANALYSIS_FILTERED),
    _analysis("against policy", 400, error(code="content_policy_violation"), FailureReason.ANALYSIS_FILTERED),
    _analysis("Azure's words", 400, error(AZURE_FILTER, kind=None, code="400"), FailureReason.ANALYSIS_FILTERED),
    _analysis(
        "Azure, the code inside",
        400,
        {"error": {"message": "no", "code": "400", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
        FailureReason.ANALYSIS_FILTERED,
    ),
    _analysis("filtered, as a 403", 403, error(code="content_filter"), FailureReason.ANALYSIS_FILTERED),
    _analysis(
        "too many tokens",
        400,
        error(
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 204308 tokens."
        ),
        FailureReason.ANALYSIS_TRUNCATED,
    ),
    _analysis(
        "context length", 400, error(param="messages", code="context_length_exceeded"), FailureReason.ANALYSIS_TRUNCATED
    ),
    _analysis(
        "string too long",
        400,
        error(
            "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576.",
            param="messages[1].content",
            code="string_above_max_length",
        ),
        FailureReason.ANALYSIS_TRUNCATED,
    ),
    _analysis("413", 413, "", FailureReason.ANALYSIS_TRUNCATED),
    _ours(
        "a role",
        400,
        error("'messages[0].role' does not support 'system'", param="messages[0].role", code="unsupported_value"),
    ),
    _ours(
        "no messages",
        400,
        error(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            param="messages",
            code="empty_array",
        ),
    ),
    _ours(
        "a type",
        400,
        error(
            "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got null "
            "instead.",
            param="messages[0].content",
            code="invalid_type",
        ),
    ),
    _ours("the word JSON", 400, error("'messages' must contain 'json' to use 'response_format'", param="messages")),
    _ours("schema", 400, error("Invalid schema for response_format 'Analysis'", param="response_format")),
    _ours("our token limit", 400, error("max_tokens is too large: 5000.", param="max_tokens", code="invalid_value")),
    _ours("a model's API", 404, error("This is not a chat model and thus not supported", param="model")),
]

OF_CHUNKS: list[Refusal] = [
    _ours(
        "a strategy for long audio",
        400,
        error("chunking_strategy is required for audio longer than 30 seconds", param="chunking_strategy"),
    ),
    _ours("a language", 400, error("Invalid language: too short", param="language", code="string_below_min_length")),
    _ours("our format", 400, error("Unsupported audio format parameter", param="format", code="unsupported_value")),
]

OF_BOTH: list[Refusal] = [
    _ours("no model, as a 400", 400, error("The model `x` does not exist", param="model", code="model_not_found")),
    _ours("no model, code alone", 400, error(code="model_not_found")),
    _ours("no model, words alone", 400, error("The model `gpt-4o` has been deprecated, learn more here: …")),
    _ours("no model, Azure", 400, error("The API deployment is not there", kind=None, code="DeploymentNotFound")),
    _ours("no model, 404", 404, error("The model does not exist", code="model_not_found")),
    _ours("parameter", 400, error("Unsupported parameter: 'x'", param="x", code="unsupported_parameter")),
    _ours("value", 400, error("Unsupported value: 'temperature'", param="temperature", code="unsupported_value")),
    _ours("invalid value", 400, error("Invalid value: 'srt'", param="response_format", code="invalid_value")),
    _ours("format parameter", 400, error("response_format 'x' is not compatible with model 'y'. Use 'json'.")),
    _ours("unknown parameter", 400, error("Unknown parameter: 'x'.", param="x", code="unknown_parameter")),
    _ours(
        "missing", 400, error("Missing required parameter: 'file'.", param="file", code="missing_required_parameter")
    ),
    _ours("argument", 400, error("Unrecognized request argument supplied: x")),
    _ours("arguments", 400, error("Unrecognized request arguments supplied: x, y")),
    _ours("key", 401, error("Incorrect API key provided", code="invalid_api_key")),
    _ours("key, as a 400", 400, error("Incorrect API key provided", code="invalid_api_key")),
    _ours("401, a page", 401, "<html>Unauthorized</html>"),
    _ours(
        "account",
        401,
        error("Your account was deactivated for violating our usage policies", code="account_deactivated"),
    ),
    _ours("region", 403, error(kind="request_forbidden", code="unsupported_country_region_territory")),
    _ours("region, as a 400", 400, error("Country, region, or territory not supported")),
    _ours("no access", 403, error("Project `p` does not have access to model `x`", code="model_not_found")),
    _ours("a wrong address", 404, "<html>Not Found</html>"),
    _ours("405", 405, error("Not allowed to POST on /v1/audio")),
    _quota("quota", 429, error(QUOTA, "insufficient_quota", code="insufficient_quota")),
    _quota("quota, code null", 429, error(QUOTA, "insufficient_quota")),
    _quota("spend limit", 429, error("no", "insufficient_quota", code="project_spend_limit_exceeded")),
    _quota("spend limit, code alone", 429, error("no", "requests", code="organization_spend_limit_exceeded")),
    _quota("the type, whatever the code", 429, error("no", "insufficient_quota", code="rate_limit_exceeded")),
    _quota("the code, whatever the type", 429, error("no", "requests", code="insufficient_quota")),
    _quota("billing limit", 400, error("Billing hard limit has been reached", code="billing_hard_limit_reached")),
    _quota("billing not active", 429, error("Your account is not active", "billing_not_active")),
    _quota("quota, words alone", 429, error(QUOTA, kind=None)),
    _quota("quota, a text for an error", 429, {"error": "insufficient_quota"}),
    _quota("quota, a list", 429, [error(QUOTA, "insufficient_quota")]),
    _quota("quota, flat", 429, {"message": QUOTA, "type": "insufficient_quota", "code": None}),
    _quota("quota, nested", 429, {"error": {"message": "no", "error": {"type": "insufficient_quota"}}}),
    _quota("quota, a plain text", 429, QUOTA),
    _quota("quota, 403", 403, error("no", "insufficient_quota", code="7")),
    _quota("quota, a 200", 200, error(QUOTA, "insufficient_quota")),
    _quota("credit limit", 429, error("You have reached your credit limit.", kind=None)),
    _quota("payment, nothing said", 402, ""),
    _quota("payment, a page", 402, "<html><h1>402 Payment Required</h1></html>"),
    _quota("payment, words that say nothing", 402, error("no")),
    _quota("payment, a model", 402, error("The model is not in your plan", param="model", code="model_not_found")),
    _quota("payment", 402, error("You have run out of credits.", code="x")),
    _rate("rate", 429, error("Rate limit reached for x", "requests", code="rate_limit_exceeded")),
    _rate("rate that advises to pay", 429, error(FREE_RATE, "requests", code="rate_limit_exceeded")),
    _rate("rate of Azure", 429, error(AZURE_RATE, kind=None, code="429")),
    _rate("rate, nothing said", 429, ""),
    _rate("rate, a page", 429, "<html>Too many requests: check your billing</html>"),
    _rate("rate, odd types", 429, error("no", kind=None, code=7)),
    _transient("overloaded", 503, error("The engine is currently overloaded", "server_error")),
    _transient("a server's words about a file", 500, error("Failed to decode the audio file", "server_error")),
    _transient("the filter itself failed", 500, error("The content filter failed", code="content_filter_error")),
    _transient("a proxy's page", 502, "<html>Bad gateway</html>"),
    _unexplained("400, nothing said", 400, error("Bad request")),
    _unexplained("400, an empty body", 400, ""),
    _unexplained("400, a page", 400, "<html>400 Bad Request: invalid file format, no API key</html>"),
    _unexplained("400, an empty object", 400, {}),
    _unexplained("400, null", 400, error(kind=None)),
    _unexplained("400, a code that says nothing", 400, error("no", code="invalid_request")),
    _unexplained("400, Azure's outage", 400, error("The request could not be served.", kind=None, code="400")),
    _unexplained("400, nested beyond reason", 400, "[" * 100_000),
    _unexplained("400, odd types", 400, {"error": {"message": 7, "type": [], "param": {}, "code": ["x"]}}),
    _unexplained("422, nothing said", 422, {"detail": []}),
    _unexplained(
        "400, a server's words about a file", 400, error("The server had an error processing your audio file")
    ),
    _unexplained("400, a server's error by its type", 400, error("Failed to load model for audio", "server_error")),
    _unexplained("400, a service that is down", 400, error("Failed to load the audio: temporarily unavailable")),
    _unexplained("400, a busy engine", 400, error("Too many tokens in flight", code="engine_overloaded")),
    _unexplained("400, a busy region", 400, error("This region is overloaded, please retry your request")),
    *[
        _unexplained(f"400, {code}", 400, error("no", code=code))
        for code in (
            "json_decode_error",
            "decode_error",
            "base64_decode_error",
            "utf8_decoding_failed",
            "request_decoding_error",
            "multipart_decode_error",
            "token_decode_failed",
            "corrupt_request",
            "body_corrupted",
        )
    ],
    _unexplained("400, a corrupt request", 400, error("The JSON in the body of your request is corrupt")),
    _unexplained("400, a damaged request", 400, error("Request body corrupted in transit", kind=None)),
    _unexplained("400, no time", 400, error("Timed out: unable to read the audio file", kind=None, code="Timeout")),
]


def as_response(status: int, body: Any) -> httpx.Response:
    if isinstance(body, str):
        return httpx.Response(status, text=body, headers={"content-type": "text/html" if "<" in body else "text/plain"})
    return httpx.Response(status, json=body)
