"""OpenAI's error answers, word for word where they could be observed.

Sources: https://platform.openai.com/docs/guides/error-codes for the kinds; the bodies as users quote them in public
issues, e.g. github.com/murtaza-nasir/speakr/issues/42 (413, with its misleading type and the usage beside the error),
github.com/OpenHands/OpenHands/issues/998 (quota), github.com/openai/codex/issues/10060 (rate limit). A 401 of the audio
endpoints is JSON under `text/plain`.
"""

from typing import Any

from sim.openai_simulator.http.server import Answer

LIMIT_BYTES = 26_214_400
"""25 MiB for the whole body including the form, not for the audio alone."""

SERVER_MESSAGES = {
    500: "The server had an error while processing your request. Sorry about that!",
    502: "Bad gateway.",
    503: "The engine is currently overloaded, please try again later.",
    504: "The server took too long to respond.",
    529: "The server is currently overloaded with other requests. Sorry about that!",
}


class Refusal(Exception):
    """A request that OpenAI would refuse, with the answer that OpenAI would give."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def error(status: int, message: str, kind: str, code: str | None = None, param: str | None = None) -> Answer:
    return Answer.of_json(status, {"error": {"message": message, "type": kind, "param": param, "code": code}})


def invalid(message: str, code: str | None = None, param: str | None = None) -> Answer:
    return error(400, message, "invalid_request_error", code, param)


def missing(param: str) -> Answer:
    return invalid(f"Missing required parameter: '{param}'.", "missing_required_parameter", param)


def unknown_parameter(param: str) -> Answer:
    return invalid(f"Unknown parameter: '{param}'.", "unknown_parameter", param)


def unrecognised(params: list[str]) -> Answer:
    """An unknown parameter of chat completions: github.com/coroot/coroot/issues/698."""
    plural = "s" if len(params) > 1 else ""
    return invalid(f"Unrecognized request argument{plural} supplied: {', '.join(params)}")


def unsupported_parameter(param: str, better: str = "") -> Answer:
    message = f"Unsupported parameter: '{param}' is not supported with this model."
    return invalid(f"{message} {better}".rstrip(), "unsupported_parameter", param)


def unsupported_value(param: str, value: object, hint: str = "") -> Answer:
    message = f"Unsupported value: '{param}' does not support {value} with this model."
    return invalid(f"{message} {hint}".rstrip(), "unsupported_value", param)


def wrong_key(key: str, *, audio: bool) -> Answer:
    """401; the key is repeated with its middle masked, as OpenAI does."""
    shown = key[:8] + "*" * max(len(key) - 12, 4) + key[-4:] if len(key) > 12 else "*" * len(key)
    message = f"Incorrect API key provided: {shown}. You can find your API key at https://platform.openai.com/account/api-keys."
    answer = error(401, message, "invalid_request_error", "invalid_api_key")
    return Answer(401, answer.body, {"content-type": "text/plain; charset=utf-8"}) if audio else answer


def no_key() -> Answer:
    message = (
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from https://platform.openai.com/account/api-keys."
    )
    return error(401, message, "invalid_request_error")


def forbidden() -> Answer:
    message, code = "Country, region, or territory not supported", "unsupported_country_region_territory"
    return error(403, message, "request_forbidden", code)


def unknown_model(model: str) -> Answer:
    message = f"The model `{model}` does not exist or you do not have access to it."
    return error(404, message, "invalid_request_error", "model_not_found")


def not_a_chat_model() -> Answer:
    """404 for a model that transcribes: github.com/SciSharp/BotSharp/pull/959."""
    message = (
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use "
        "v1/completions?"
    )
    return error(404, message, "invalid_request_error", param="model")


def unsupported_content_type(given: str, accepted: str) -> Answer:
    """github.com/openai/openai-openapi/issues/194."""
    message = (
        f"Unsupported content type: '{given}'. This API method only accepts '{accepted}' requests, but you specified "
        f"the header 'Content-Type: {given}'. Please try again with a supported content type."
    )
    return invalid(message, "unsupported_content_type")


def unknown_url(method: str, path: str) -> Answer:
    message = f"Invalid URL ({method} {path})"
    return error(404, message, "invalid_request_error")


def not_offered(method: str, path: str) -> Answer:
    """404 for a call that OpenAI has and the simulator has not."""
    message = f"The simulator does not offer {method} {path}."
    return error(404, message, "invalid_request_error", "unsupported_endpoint")


def rate_limited(model: str, retry_after_seconds: float | None) -> Answer:
    """429; with a `Retry-After` header when a time is given."""
    wait = "20ms" if retry_after_seconds is None else f"{retry_after_seconds:g}s"
    message = (
        f"Rate limit reached for {model} in organization org-sim on requests per min (RPM): Limit 500, Used 500, "
        f"Requested 1. Please try again in {wait}. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    answer = error(429, message, "requests", "rate_limit_exceeded")
    spent = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": wait}
    if retry_after_seconds is not None:
        spent["retry-after"] = f"{retry_after_seconds:g}"
    return answer.with_headers(spent)


def quota_exhausted() -> Answer:
    message = (
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    )
    return error(429, message, "insufficient_quota", "insufficient_quota")


def too_large(read_bytes: int) -> Answer:
    """413, whose type is `server_error`."""
    message = f"413: Maximum content size limit ({LIMIT_BYTES}) exceeded ({read_bytes} bytes read)"
    return _audio_error(413, {"message": message, "type": "server_error", "param": None, "code": None})


def bad_audio() -> Answer:
    return _audio_refusal("Audio file might be corrupted or unsupported", "invalid_value")


def short_audio() -> Answer:
    return _audio_refusal("Audio file is too short. Minimum audio length is 0.1 seconds.", "audio_too_short")


def unsupported_file(extension: str) -> Answer:
    return _audio_refusal(f"Unsupported file format {extension}", "unsupported_value")


def long_audio(duration_seconds: float, longest_seconds: float) -> Answer:
    """400 for audio that is longer than the model takes: github.com/murtaza-nasir/speakr/issues/168."""
    message = (
        f"audio duration {duration_seconds:.6f} seconds is longer than {longest_seconds:g} seconds which is the "
        "maximum for this model"
    )
    return invalid(message, "invalid_value")


def redirect(status: int, location: str) -> Answer:
    return Answer(status, b"", {"location": location})


def server_error(status: int) -> Answer:
    """Any status, with OpenAI's text where one is known."""
    message = SERVER_MESSAGES.get(status, f"The request failed with status {status}.")
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return error(status, message, kind)


def _audio_refusal(message: str, code: str) -> Answer:
    return _audio_error(400, {"message": message, "type": "invalid_request_error", "param": "file", "code": code})


def _audio_error(status: int, body: dict[str, Any]) -> Answer:
    return Answer.of_json(status, {"error": body, "usage": {"type": "duration", "seconds": 0}})
