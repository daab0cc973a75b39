"""What each role was allowed by its policies, what it used of that, and what it was refused; counted, in memory."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from .actions import Need
from .policy import Grant, Policy

MAX_REFUSALS = 1000
"""The number of different refusals kept per role; a loop that is refused for ever must not fill the memory."""


class UsageRecords:
    """The records by the principal's name; any thread may write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._granted: dict[str, dict[Grant, None]] = defaultdict(dict)
        self._used: dict[str, Counter[Grant]] = defaultdict(Counter)
        self._decided_alone: dict[str, Counter[str]] = defaultdict(Counter)
        self._refused: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)

    def grant(self, name: str, policies: Iterable[Policy]) -> None:
        """These policies are in effect now; earlier grants stay in the records."""
        written = {grant: None for policy in policies for each in policy.statements for grant in each.grants()}
        with self._lock:
            self._granted[name].update(written)

    def use(self, name: str, grants: Iterable[Grant]) -> None:
        """A call was allowed by these grants. Where they are of one statement, it had been refused without it."""
        grants = tuple(grants)
        statements = {each.statement for each in grants}
        with self._lock:
            self._used[name].update(grants)
            if len(statements) == 1:
                self._decided_alone[name].update(statements)

    def refuse(self, name: str, need: Need) -> None:
        """A call was refused for lack of this permission."""
        with self._lock:
            refused = self._refused[name]
            key = need.action, need.resource
            if key in refused or len(refused) < MAX_REFUSALS:
                refused[key] += 1

    def of(self, prefix: str) -> dict[str, Any]:
        """The records of all principals with this prefix."""
        with self._lock:
            names = {*self._granted, *self._refused}
            return {name: self._about(name) for name in sorted(names) if name.startswith(prefix)}

    def _about(self, name: str) -> dict[str, Any]:
        used = self._used.get(name, Counter())
        return {
            "grants": [
                {
                    "statement": each.statement,
                    "action": each.action,
                    "resource": each.resource,
                    "times_used": used[each],
                }
                for each in self._granted.get(name, ())
            ],
            "decided_alone": dict(self._decided_alone.get(name, {})),
            "denied": [
                {"action": action, "resource": resource, "times_denied": times}
                for (action, resource), times in self._refused.get(name, Counter()).items()
            ],
        }
