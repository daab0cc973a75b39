"""A client of the emulator's Chaos API for the fault families (rules: rawk_emulator/chaos/rules.py)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from sim.localstack.extension.rawk_emulator.chaos.parsing import read_rule
from sim.platform.control_token import control_headers

__all__ = ["OBSERVER", "Chaos"]

TIMEOUT_SECONDS = 10.0

OBSERVER = "rawk-observer"
"""In the User-Agent of an observer: no rule matches its calls (rawk_emulator/chaos/handler.py)."""


class Chaos:
    """Raises httpx.HTTPError when the emulator does not answer."""

    def __init__(self, endpoint_url: str) -> None:
        self._faults = f"{endpoint_url}/_localstack/chaos/faults"
        self._effects = f"{endpoint_url}/_localstack/chaos/effects"
        self._rules = f"{endpoint_url}/_rawk/chaos/rules"

    def add(self, rule: Mapping[str, Any]) -> str:
        """Add a rule after the others; returns its id. Raises InvalidRequest."""
        named = {"id": f"fault-{uuid4().hex[:12]}", **rule}
        read_rule(named)
        self._ask("PATCH", self._faults, [named])
        return str(named["id"])

    def times_triggered(self, rule_id: str) -> int:
        """How many calls have triggered the rule so far."""
        return int(self._ask("GET", f"{self._rules}/{rule_id}")["times_triggered"])

    def remove(self, rule_id: str) -> int:
        """Remove the rule, release the calls that it holds, and return how many calls triggered it."""
        return int(self._ask("DELETE", f"{self._rules}/{rule_id}")["times_triggered"])

    def rules(self) -> list[dict[str, Any]]:
        """The rules in effect, as they were sent."""
        return list(self._ask("GET", self._faults))

    def clear(self) -> None:
        """Remove every rule and the latency."""
        self._ask("POST", self._faults, [])
        self.set_latency(0)

    def set_latency(self, milliseconds: float) -> None:
        """Delay every call, in virtual time."""
        self._ask("POST", self._effects, {"latency": milliseconds})

    def _ask(self, method: str, url: str, json: object = None) -> Any:
        answer = httpx.request(
            method, url, json=json, headers=control_headers(), timeout=TIMEOUT_SECONDS, trust_env=False
        )
        answer.raise_for_status()
        return answer.json()
