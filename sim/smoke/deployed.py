"""The API of a deployment, called with an API key and with a timeout for every call."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

RESPONSE_SECONDS = 35
"""API Gateway times out after 30 (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html)."""

POLL_SECONDS = 2.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class CheckFailed(Exception):
    """A step failed; the message says what the deployment did instead."""


@dataclass
class Clock:
    """Time, which tests can control."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass
class Deadline:
    """The time limit of all steps."""

    seconds: float
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    @property
    def elapsed_seconds(self) -> float:
        return self.clock.now() - self.began

    @property
    def left_seconds(self) -> float:
        return self.seconds - self.elapsed_seconds

    def pause(self) -> None:
        """Wait before the next poll. Raises CheckFailed when the time is over."""
        if self.left_seconds <= 0:
            raise CheckFailed(f"not complete after {self.seconds:.0f} s")
        self.clock.sleep(min(POLL_SECONDS, max(self.left_seconds, 0.01)))


class Deployed:
    """A deployed API. Its calls raise CheckFailed without a response, and for another status than the expected one."""

    def __init__(
        self, url: str, api_key: str, deadline: Deadline, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            headers={"X-API-Key": api_key, "User-Agent": "rawk-smoke"},
            trust_env=urlsplit(url).hostname not in LOOPBACK,  # a proxy cannot reach the loopback interface
            transport=transport,
        )
        self.deadline = deadline

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, **parts: Any) -> httpx.Response:
        timeout_seconds = max(0.1, min(RESPONSE_SECONDS, self.deadline.left_seconds))
        try:
            return self._http.request(method, path, timeout=timeout_seconds, **parts)
        except httpx.TransportError as error:
            raise CheckFailed(f"{method} {path} got no response: {type(error).__name__} {error}".rstrip()) from error

    def expect(self, status: int, method: str, path: str, **parts: Any) -> httpx.Response:
        answer = self.call(method, path, **parts)
        if answer.status_code != status:
            raise CheckFailed(f"{method} {path} returned {answer.status_code} instead of {status}: {excerpt(answer)}")
        return answer


def excerpt(answer: httpx.Response) -> str:
    """The body of a response, shortened to a line."""
    return " ".join(answer.text.split())[:300] or "(nothing)"


def fields(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object in a response. Raises CheckFailed when there is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise CheckFailed(f"{answer.request.url.path} did not return a JSON object: {excerpt(answer)}")
    return body
