"""Compares the permissions that the roles have with those that the scenarios used.

A call that IAM denies fails its scenario, unless the scenario expects it. A permission that no scenario uses must have
a reason in `sim/provisioning/unused_permissions.toml`. An entry of that file is stale if the permission is used after
all, or if Terraform no longer grants it.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.report.run_record import RunRecord

KNOWN_UNUSED = Path(__file__).parents[1] / "provisioning" / "unused_permissions.toml"


@dataclass(frozen=True, order=True)
class Permission:
    """One action on one resource, as a role's policy writes it."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"

    def as_json(self) -> dict[str, str]:
        return {"role": self.role, "action": self.action, "resource": self.resource}


@dataclass(frozen=True)
class Permissions:
    """The permissions of all roles in a whole run."""

    used: Mapping[Permission, int]
    """Every granted permission, with the number of calls that used it, 0 included."""
    denied: Mapping[Permission, int]
    """Denied calls that no scenario expected, with their number."""
    expected_denials: Mapping[Permission, int]
    known_unused: Mapping[Permission, str]
    """Permissions that may be unused, with the reason."""

    @property
    def unused(self) -> list[Permission]:
        """Granted, used by no scenario, and without a reason."""
        return sorted(each for each, times in self.used.items() if not times and each not in self.known_unused)

    @property
    def stale_reasons(self) -> list[Permission]:
        """Known as unused, but used or no longer granted. Roles that this run did not see are not considered."""
        roles = {each.role for each in self.used}
        return sorted(each for each in self.known_unused if each.role in roles and self.used.get(each, 1))

    def as_json(self) -> dict[str, Any]:
        """The key `iam` of `summary.json`."""
        return {
            "used": [{**each.as_json(), "times_used": times} for each, times in sorted(self.used.items()) if times],
            "denied": [{**each.as_json(), "times_denied": times} for each, times in sorted(self.denied.items())],
            "unused": [each.as_json() for each in self.unused],
        }


def permissions_of(run: RunRecord, known_unused: Mapping[Permission, str] | None = None) -> Permissions:
    """The permissions of all scenarios together."""
    used: Counter[Permission] = Counter()
    denied: Counter[Permission] = Counter()
    expected: Counter[Permission] = Counter()
    for roles, expected_denials in _usages(run):
        for role, usage in roles.items():
            for each in usage.get("grants", ()):
                used[Permission(role, each["action"], each["resource"])] += each["times_used"]
            for each in usage.get("denied", ()):
                counter = expected if [role, each["action"]] in expected_denials else denied
                counter[Permission(role, each["action"], each["resource"])] += each["times_denied"]
    return Permissions(used, denied, expected, read_known_unused() if known_unused is None else known_unused)


@cache
def read_known_unused(path: Path = KNOWN_UNUSED) -> Mapping[Permission, str]:
    """The permissions that may be unused, with the reason of each."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("unused", [])
    return {Permission(each["role"], each["action"], each["resource"]): each["reason"] for each in entries}


def problems_of(permissions: Permissions) -> Iterable[str]:
    """A line for each unexpected denial, unused permission and stale reason."""
    for each, times in sorted(permissions.denied.items()):
        yield f"denied and not expected ({times} times): {each}"
    for each in permissions.unused:
        yield f"granted and never used: {each}"
    for each in permissions.stale_reasons:
        yield f"listed in {KNOWN_UNUSED.name}, but used or no longer granted: {each}"


def _usages(run: RunRecord) -> Iterable[tuple[dict[str, Any], list[list[str]]]]:
    """By scenario: each role's grants and denied calls, and the pairs of role and action whose denial it expects."""
    for scenario in run.scenarios:
        for line in scenario.lines:
            if line.kind == "permissions":
                yield line.fields.get("roles") or {}, line.fields.get("expected_denials") or []
