"""OpenAI's responses on the wire (https://platform.openai.com/docs/api-reference)."""

import json
from typing import Any

import httpx

from rawk.ports import AICall

BASE_URL = "https://api.openai.test/v1"
KEY = "sk-proj-SECRET1234"
TRANSCRIPT = "We meet Ada on Tuesday."
CALL = AICall(memory_id="8c5f0a54-4a4f-4dbb-9a40-0c2f7a6b1c11", correlation_id="corr-1", timeout_seconds=30.0)

ANALYSIS: dict[str, Any] = {
    "title": "Meeting",
    "summary": "They meet.",
    "topics": ["plans"],
    "people": ["Ada"],
    "mood": "positive",
}


def answer(body: object, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


def raw(text: str, content_type: str = "application/json", status: int = 200) -> httpx.Response:
    return httpx.Response(status, text=text, headers={"content-type": content_type})


def failure(status: int, code: str | None = None, type: str = "server_error", **headers: str) -> httpx.Response:
    """An error body as OpenAI writes it: its message quotes what must not be shown."""
    message = f"Incorrect API key provided: {KEY}. Input was: {TRANSCRIPT}"
    return answer({"error": {"message": message, "type": type, "param": None, "code": code}}, status, **headers)


def completion(content: str | None, *, finish_reason: str = "stop", refusal: str | None = None) -> httpx.Response:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return answer(
        {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-small", "choices": [choice]}
    )


def analysis(**changes: object) -> httpx.Response:
    return completion(json.dumps({**ANALYSIS, **changes}))
