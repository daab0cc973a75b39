"""What the roles are allowed against what the scenarios used, both ways.

Nothing may be used that is not allowed: a refusal that no scenario expects breaks that scenario. And nothing should be
allowed that no scenario uses, but for a short list with reasons (`sim/provisioning/unused_permissions.toml`). An entry
that is used after all, or that Terraform no longer has, is a mistake as well.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.report.run_record import RunRecord

EXCUSES = Path(__file__).parents[1] / "provisioning" / "unused_permissions.toml"


@dataclass(frozen=True, order=True)
class Permission:
    """One action on one resource, as a role's policy writes it."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"


@dataclass(frozen=True)
class Permissions:
    """Of a whole run."""

    used: Mapping[Permission, int]
    """Everything allowed, with how often it was used."""
    denied: Mapping[Permission, int]
    """Refusals that no scenario expected."""
    expected_denials: Mapping[Permission, int]
    excuses: Mapping[Permission, str]

    @property
    def unused(self) -> list[Permission]:
        """Allowed, used by no scenario, and without a reason."""
        return sorted(each for each, times in self.used.items() if not times and each not in self.excuses)

    @property
    def stale_excuses(self) -> list[Permission]:
        """Used after all, or allowed no longer. Of roles that this run did not see nothing is known."""
        roles = {each.role for each in self.used}
        return sorted(each for each in self.excuses if each.role in roles and self.used.get(each, 1))

    def as_json(self) -> dict[str, Any]:
        """For `summary.json`."""
        return {
            "used": [{**_told(each), "times_used": times} for each, times in sorted(self.used.items()) if times],
            "denied": [{**_told(each), "times_denied": times} for each, times in sorted(self.denied.items())],
            "unused": [_told(each) for each in self.unused],
        }


def permissions_of(run: RunRecord, excuses: Mapping[Permission, str] | None = None) -> Permissions:
    """All scenarios' books together."""
    used: Counter[Permission] = Counter()
    denied: Counter[Permission] = Counter()
    expected: Counter[Permission] = Counter()
    for roles, on_purpose in _books(run):
        for role, books in roles.items():
            for each in books.get("grants", ()):
                used[Permission(role, each["action"], each["resource"])] += each["times_used"]
            for each in books.get("denied", ()):
                wanted = expected if [role, each["action"]] in on_purpose else denied
                wanted[Permission(role, each["action"], each["resource"])] += each["times_denied"]
    return Permissions(used, denied, expected, read_excuses() if excuses is None else excuses)


@cache
def read_excuses(path: Path = EXCUSES) -> Mapping[Permission, str]:
    """The list of what may go unused, with reasons."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("unused", [])
    return {Permission(each["role"], each["action"], each["resource"]): each["reason"] for each in entries}


def told(permissions: Permissions) -> Iterable[str]:
    """What is not as it should be, a line each; nothing when all is well."""
    for each, times in sorted(permissions.denied.items()):
        yield f"refused and not expected ({times} times): {each}"
    for each in permissions.unused:
        yield f"allowed and never used: {each}"
    for each in permissions.stale_excuses:
        yield f"excused in {EXCUSES.name}, and used or gone: {each}"


def _books(run: RunRecord) -> Iterable[tuple[dict[str, Any], list[list[str]]]]:
    for scenario in run.scenarios:
        for line in scenario.lines:
            if line.kind == "permissions":
                yield line.fields.get("roles") or {}, line.fields.get("expected_denials") or []


def _told(permission: Permission) -> dict[str, str]:
    return {"role": permission.role, "action": permission.action, "resource": permission.resource}
