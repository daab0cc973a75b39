"""`POST /v1/responses`, the newer endpoint: https://platform.openai.com/docs/api-reference/responses/create."""

from collections.abc import Mapping
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.endpoints.chat import text_of
from sim.openai_simulator.endpoints.completion import Completion, Prompt, check_model, check_schema
from sim.openai_simulator.endpoints.models import Model
from sim.openai_simulator.errors import Refusal

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def understand(body: Mapping[str, Any], models: Mapping[str, Model]) -> Prompt:
    """Parse the request.

    Raises:
        Refusal: as OpenAI refuses what is missing.
    """
    model = check_model(body.get("model"), models)
    given = body.get("input")
    if not given:
        raise Refusal(errors.missing("input"))
    if body.get("stream"):
        raise Refusal(errors.invalid("The simulator does not stream.", "unsupported_value", "stream"))
    said = [("user", given)] if isinstance(given, str) else _said(given)
    return Prompt(
        model=model.name,
        text="\n".join((str(body.get("instructions") or ""), *(text for _, text in said))),
        last_user_message=next((text for role, text in reversed(said) if role == "user"), ""),
        schema=_schema(body.get("text")),
        most_tokens=body.get("max_output_tokens"),
    )


def render(completion: Completion, prompt: Prompt, number: int, now: float) -> dict[str, Any]:
    """The completion in this endpoint's format."""
    incomplete = INCOMPLETE.get(completion.finish_reason)
    status = "incomplete" if incomplete else "completed"
    part: dict[str, Any] = {"type": "output_text", "text": completion.content or "", "annotations": [], "logprobs": []}
    if completion.refusal is not None:
        part = {"type": "refusal", "refusal": completion.refusal}
    head = {"id": f"msg_sim{number:08d}", "type": "message", "role": "assistant", "status": status}
    return {
        "id": f"resp_sim{number:08d}",
        "object": "response",
        "created_at": int(now),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "model": prompt.model,
        "output": [{**head, "content": [part]}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": _usage(completion),
    }


def _said(given: Any) -> list[tuple[str, str]]:
    items = given if isinstance(given, list) else []
    return [(str(item.get("role")), text_of(item.get("content"))) for item in items if isinstance(item, dict)]


def _schema(text: Any) -> Mapping[str, Any] | None:
    wanted = text.get("format") if isinstance(text, dict) else None
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    return check_schema(wanted.get("name"), wanted.get("schema"), wanted.get("strict"), "text.format")


def _usage(completion: Completion) -> dict[str, Any]:
    prompt, said = completion.prompt_tokens, completion.completion_tokens
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + said,
    }
