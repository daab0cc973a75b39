"""`POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat/create."""

from collections.abc import Mapping
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.completion import Completion, Prompt, check_model, check_schema
from sim.openai_simulator.endpoints.models import Model
from sim.openai_simulator.errors import Refusal


def understand(body: Mapping[str, Any], models: Mapping[str, Model]) -> Prompt:
    """Parse the request.

    Raises:
        Refusal: as OpenAI refuses what is missing, contradictory or not for this model.
    """
    model = check_model(body.get("model"), models)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refusal(errors.missing("messages"))
    _check_options(body, model)
    said = [(message.get("role"), text_of(message.get("content"))) for message in messages if isinstance(message, dict)]
    return Prompt(
        model=model.name,
        text="\n".join(text for _, text in said),
        last_user_message=next((text for role, text in reversed(said) if role == "user"), ""),
        schema=_schema(body.get("response_format")),
        most_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
    )


def render(completion: Completion, prompt: Prompt, number: int, now: float) -> dict[str, Any]:
    """The completion in this endpoint's format."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": completion.content,
        "refusal": completion.refusal,
        "annotations": [],
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": completion.finish_reason}
    return {
        "id": f"chatcmpl-sim{number:08d}",
        "object": "chat.completion",
        "created": int(now),
        "model": prompt.model,
        "choices": [choice],
        "usage": _usage(completion),
        "service_tier": "default",
        "system_fingerprint": None,
    }


def text_of(content: Any) -> str:
    """The text of a message, given as a text or as a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and "text" in part)


def _check_options(body: Mapping[str, Any], model: Model) -> None:
    if body.get("stream"):
        raise Refusal(errors.invalid("The simulator does not stream.", "unsupported_value", "stream"))
    if model.reasoning and body.get("max_tokens") is not None:
        better = "Use 'max_completion_tokens' instead."
        message = f"Unsupported parameter: 'max_tokens' is not supported with this model. {better}"
        raise Refusal(errors.invalid(message, "unsupported_parameter", "max_tokens"))
    if model.reasoning and body.get("temperature") not in (None, 1):
        only = "Only the default (1) value is supported."
        message = f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. {only}"
        raise Refusal(errors.invalid(message, "unsupported_value", "temperature"))


def _schema(response_format: Any) -> Mapping[str, Any] | None:
    if not isinstance(response_format, dict) or response_format.get("type") != "json_schema":
        return None
    wanted = response_format.get("json_schema")
    wanted = wanted if isinstance(wanted, dict) else {}
    return check_schema(wanted.get("name"), wanted.get("schema"), wanted.get("strict"), "response_format")


def _usage(completion: Completion) -> dict[str, Any]:
    prompt, said = completion.prompt_tokens, completion.completion_tokens
    predicted = {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": prompt + said,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, **predicted},
    }
