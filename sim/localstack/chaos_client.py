"""A client of the emulator's Chaos API, as the fault families use it (rules: rawk_emulator/chaos_rules.py)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from sim.localstack.extension.rawk_emulator.chaos.parsing import BadRule, read_rule

__all__ = ["OBSERVER", "BadRule", "Chaos"]

TIMEOUT_SECONDS = 10.0

OBSERVER = "rawk-observer"
"""In the User-Agent of whoever only looks: no fault hits him (rawk_emulator/chaos.py)."""


class Chaos:
    """Raises httpx.HTTPError when the emulator does not answer."""

    def __init__(self, endpoint_url: str) -> None:
        self._faults = f"{endpoint_url}/_localstack/chaos/faults"
        self._effects = f"{endpoint_url}/_localstack/chaos/effects"
        self._rules = f"{endpoint_url}/_rawk/chaos/rules"

    def add(self, rule: Mapping[str, Any]) -> str:
        """Put a rule in force after the others; gives its id. Raises BadRule."""
        named = {"id": f"fault-{uuid4().hex[:12]}", **rule}
        read_rule(named)
        self._ask("PATCH", self._faults, [named])
        return str(named["id"])

    def times_triggered(self, rule_id: str) -> int:
        """How many calls met the rule so far."""
        return int(self._ask("GET", f"{self._rules}/{rule_id}")["times_triggered"])

    def remove(self, rule_id: str) -> int:
        """Remove the rule, let go of the calls it holds, and give how many calls met it."""
        return int(self._ask("DELETE", f"{self._rules}/{rule_id}")["times_triggered"])

    def rules(self) -> list[dict[str, Any]]:
        """The rules in force, as they were given."""
        return list(self._ask("GET", self._faults))

    def clear(self) -> None:
        """No rule and no latency any more."""
        self._ask("POST", self._faults, [])
        self.set_latency(0)

    def set_latency(self, milliseconds: float) -> None:
        """Slow down every call, in the world's time."""
        self._ask("POST", self._effects, {"latency": milliseconds})

    def _ask(self, method: str, url: str, json: object = None) -> Any:
        answer = httpx.request(method, url, json=json, timeout=TIMEOUT_SECONDS, trust_env=False)
        answer.raise_for_status()
        return answer.json()
