"""The real OpenAI, or any other server of its API, behind the simulator: it answers what no fault answers.

The simulator still keeps the record of every request, and faults still apply. The key is in the environment of the
simulator's process, and in no file.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.openai_simulator.http.server import Answer

URL, KEY = "OPENAI_UPSTREAM_URL", "OPENAI_UPSTREAM_KEY"
OPENAI_URL = "https://api.openai.com"
TIMEOUT_SECONDS = 600.0
"""OpenAI's SDK gives up after ten minutes; a client of the simulator that gives up earlier disconnects."""

PASSED_ON = ("content-type", "accept", "x-client-request-id", "x-should-retry", "retry-after")
PASSED_BACK = (*PASSED_ON, "x-request-id", "openai-processing-ms", "openai-version", "retry-after-ms")

UNREACHABLE = {"error": {"message": "The upstream does not answer.", "type": "server_error", "code": None}}

CHANGE_THE_DELIVERY = frozenset({"slow", "reset", "truncate", "drip"})
"""Kinds of effects that leave the answer's content as it is."""


@dataclass(frozen=True)
class Upstream:
    """Where requests are passed on to."""

    key: str = field(repr=False)
    url: str = OPENAI_URL

    async def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Its answer; 503 without one. `path` begins with `/v1`."""
        return await asyncio.to_thread(self._ask, method, path, headers, body)

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        import httpx  # only here, because the simulator's image has two libraries, and serves without an upstream

        sent = {name: headers[name] for name in PASSED_ON if name in headers}
        sent["authorization"] = f"Bearer {self.key}"
        try:
            answer = httpx.request(method, f"{self.url}{path}", headers=sent, content=body, timeout=TIMEOUT_SECONDS)
        except httpx.HTTPError:
            return Answer.of_json(503, UNREACHABLE)
        kept = {name: answer.headers[name] for name in PASSED_BACK if name in answer.headers}
        return Answer(answer.status_code, answer.content, kept)


def upstream_variables(key: str, base_url: str = "") -> dict[str, str]:
    """For a simulator's environment. `base_url` is that of OpenAI's SDK, which ends with `/v1`; by default OpenAI's."""
    return {KEY: key, **({URL: base_url.rstrip("/").removesuffix("/v1")} if base_url else {})}


def upstream_of(environment: Mapping[str, str]) -> Upstream | None:
    """The one that the environment names; None without a key."""
    key = environment.get(KEY)
    return Upstream(key, environment.get(URL) or OPENAI_URL) if key else None


def tokens_in(answer: Answer) -> tuple[int, int]:
    """Prompt and completion tokens that an answer of the chat or of the responses endpoint says it used."""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return 0, 0
    usage: Any = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return 0, 0
    names = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    prompt, completion = (next((usage[name] for name in pair if isinstance(usage.get(name), int)), 0) for pair in names)
    return prompt, completion
