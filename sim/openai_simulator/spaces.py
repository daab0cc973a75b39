"""A space: one pipeline's own OpenAI, with its key, models, faults, journal and request rate."""

import hashlib
import hmac
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sim.localstack.extension.rawk_emulator.fault_rules.fields import InvalidRequest
from sim.openai_simulator.endpoints.models import MODELS, Model
from sim.openai_simulator.faults.rules import FaultRules
from sim.openai_simulator.journal import Journal, Sink

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
REQUESTS_PER_MINUTE = 500


@dataclass
class Space:
    """Everything that the simulator keeps for one pipeline."""

    name: str
    first_key: str
    journal: Journal
    api_key: str = ""
    models: dict[str, Model] = field(default_factory=lambda: dict(MODELS))
    rules: FaultRules = field(default_factory=FaultRules)
    _recent: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.api_key = self.api_key or self.first_key

    @property
    def base_path(self) -> str:
        return f"/{self.name}/v1"

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "base_path": self.base_path, "api_key": self.api_key, "models": list(self.models)}

    def reset(self) -> None:
        """As new: no faults, an empty journal, its first key, all models."""
        self.api_key = self.first_key
        self.models = dict(MODELS)
        self.rules = FaultRules()
        self.journal.clear()
        self._recent.clear()

    def rate_headers(self, now: float) -> dict[str, str]:
        """Count a request and report the rest of the minute's allowance. Nothing is limited here: limits are faults."""
        self._recent.append(now)
        while self._recent[0] <= now - 60:
            self._recent.popleft()
        left = max(0, REQUESTS_PER_MINUTE - len(self._recent))
        milliseconds = round(60_000 / REQUESTS_PER_MINUTE)
        return {
            "x-ratelimit-limit-requests": str(REQUESTS_PER_MINUTE),
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": f"{milliseconds}ms",
        }


class Spaces:
    """All spaces, by name."""

    def __init__(self, sink: Sink | None, key: str | None = None) -> None:
        """`key` is every space's first key; without it each space gets a key of its own."""
        self._sink = sink
        self._key = key
        self._spaces: dict[str, Space] = {}

    def names(self) -> list[str]:
        return sorted(self._spaces)

    def get(self, name: str) -> Space | None:
        return self._spaces.get(name)

    def for_request(self, name: str, authorization: str) -> Space | None:
        """The space of that name, if it exists; it is created for a client that presents the simulator's own key.

        So a worker gets answers before any control request was made, and after a restart of the simulator.
        """
        if name in self._spaces or self._key is None or NAME.fullmatch(name) is None:
            return self._spaces.get(name)
        shown = hmac.compare_digest(authorization.encode(), f"Bearer {self._key}".encode())
        return self.open(name) if shown else None

    def open(self, name: str) -> Space:
        """The space of that name, created at its first use.

        Raises:
            InvalidRequest: the name does not fit a URL.
        """
        if NAME.fullmatch(name) is None:
            raise InvalidRequest(f"a space's name is lower-case letters, digits and dashes, at most 63, not {name!r}")
        if name not in self._spaces:
            self._spaces[name] = Space(name, self._key or first_key(name), Journal(self._sink))
        return self._spaces[name]

    def drop(self, name: str) -> None:
        self._spaces.pop(name, None)


def first_key(name: str) -> str:
    """A key in OpenAI's format that differs for each space."""
    return f"sk-sim-{name}-{hashlib.sha256(name.encode()).hexdigest()[:32]}"
