"""The API of a deployment, asked with an API key and with an end to every wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

ANSWER_SECONDS = 35
"""API Gateway gives up after 30 (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""

LOOK_EVERY_SECONDS = 2.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Broken(Exception):
    """The deployment does not do what it promises; the text says what it did instead."""


@dataclass
class Clock:
    """Time that a test can be the master of."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Deadline:
    """When all of it has to be over."""

    seconds: float
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    @property
    def passed_seconds(self) -> float:
        return self.clock.now() - self.began

    @property
    def left_seconds(self) -> float:
        return self.seconds - self.passed_seconds

    def pause(self) -> None:
        """Wait a moment before looking again. Raises Broken when there is no time for it."""
        if self.left_seconds <= 0:
            raise Broken(f"not over after {self.seconds:.0f} s")
        self.clock.sleep(min(LOOK_EVERY_SECONDS, max(self.left_seconds, 0.01)))


class Deployed:
    """Raises Broken for no answer, and for any other status than the one counted on."""

    def __init__(
        self, url: str, api_key: str, deadline: Deadline, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"X-API-Key": api_key, "User-Agent": "rawk-smoke"},
            trust_env=urlsplit(url).hostname not in LOOPBACK,  # a proxy knows no loopback
            transport=transport,
        )
        self.deadline = deadline

    def close(self) -> None:
        self._http.close()

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        timeout_seconds = max(0.1, min(ANSWER_SECONDS, self.deadline.left_seconds))
        try:
            return self._http.request(method, path, timeout=timeout_seconds, **parts)
        except httpx.TransportError as error:
            raise Broken(f"{method} {path} had no answer: {type(error).__name__} {error}".rstrip()) from error

    def expect(self, status: int, method: str, path: str, **parts: Any) -> httpx.Response:
        answer = self.ask(method, path, **parts)
        if answer.status_code != status:
            raise Broken(f"{method} {path} was answered {answer.status_code} instead of {status}: {said(answer)}")
        return answer


def said(answer: httpx.Response) -> str:
    """What an answer says, short enough for a line."""
    return " ".join(answer.text.split())[:300] or "(nothing)"


def fields(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object that was answered. Raises Broken when it is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Broken(f"{answer.request.url.path} answered what is no JSON object: {said(answer)}")
    return body
