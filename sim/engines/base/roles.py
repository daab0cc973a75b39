"""The roles of one pipeline: their grants, how they were used, what was refused, and how to remove a permission.

Roles are called `api`, `worker`, `relay` and `operator` (a user). Resources are written as in the Terraform
configuration, with `${name}` for the pipeline's name and so on, so that pipelines can be compared.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sim.engines.base.introspection import Introspection
from sim.localstack.extension.rawk_emulator.iam.patterns import wildcard_matcher
from sim.provisioning.clients import Clients
from sim.provisioning.pipeline import Pipeline

_RANDOM_SUFFIX = re.compile(r"(:secret:[^:]+)-[A-Za-z0-9]{6}$")
"""What Secrets Manager appends to the name of a secret."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Refused:
    """A call that was refused because a permission is missing, and how often."""

    role: str
    action: str
    resource: str
    times: int


class Roles:
    """Raises NoAnswer when the emulator does not answer."""

    def __init__(self, clients: Clients, pipeline: Pipeline, emulator: Introspection) -> None:
        self._clients = clients
        self._pipeline = pipeline
        self._emulator = emulator
        self.expected: set[tuple[str, str]] = set()
        """Role and action of refusals that the scenario causes on purpose."""

    def usage(self) -> dict[str, dict[str, Any]]:
        """By role: its `grants`, each with `times_used`, and the `denied` calls, each with `times_denied`."""
        prefix = f"{self._pipeline.name}-"
        counted = self._emulator.iam(prefix)
        return {name.removeprefix(prefix): self._readable(records) for name, records in counted.items()}

    def refused(self) -> list[Refused]:
        """All refused calls of this pipeline's roles so far."""
        return [
            Refused(role, each["action"], each["resource"], each["times_denied"])
            for role, records in self.usage().items()
            for each in records["denied"]
        ]

    def times_refused(self, role: str, action: str) -> int:
        return sum(each.times for each in self.refused() if (each.role, each.action) == (role, action))

    def take_away(self, role: str, action: str) -> Callable[[], None]:
        """Remove the action from the role's policies; the returned function restores them.

        Raises ValueError when no policy of the role has it.
        """
        name = self._pipeline.role_arns[role].rpartition("/")[2]
        with_it = {policy: document for policy, document in self._policies(name) if _grants(document, action)}
        if not with_it:
            raise ValueError(f"the {role}'s policy does not allow {action}, so it cannot be removed")
        for policy, document in with_it.items():
            self._put(name, policy, without(document, action))

        def give_back() -> None:
            for policy, document in with_it.items():
                self._put(name, policy, document)

        return give_back

    def _policies(self, role_name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        iam = self._clients.iam
        for policy in iam.list_role_policies(RoleName=role_name)["PolicyNames"]:
            yield policy, iam.get_role_policy(RoleName=role_name, PolicyName=policy)["PolicyDocument"]

    def _put(self, role_name: str, policy: str, document: dict[str, Any]) -> None:
        self._clients.iam.put_role_policy(RoleName=role_name, PolicyName=policy, PolicyDocument=json.dumps(document))

    def _readable(self, records: dict[str, Any]) -> dict[str, Any]:
        return {
            "grants": [{**each, "resource": self._without_names(each["resource"])} for each in records["grants"]],
            "denied": [{**each, "resource": self._without_names(each["resource"])} for each in records["denied"]],
        }

    def _without_names(self, resource: str) -> str:
        text = _RANDOM_SUFFIX.sub(r"\1-??????", resource).replace(self._pipeline.name, "${name}")
        text = text.replace(f":{self._clients.region}:{self._clients.account}:", ":${region}:${account}:")
        return _ID.sub("ID", text.replace(self._clients.account, "${account}"))


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy without an action, and without statements that allowed nothing else."""
    left = deepcopy(document)
    for statement in _allowing(left):
        statement["Action"] = [each for each in _as_list(statement["Action"]) if each.lower() != action.lower()]
    left["Statement"] = [each for each in _as_list(left["Statement"]) if each.get("Action") != []]
    return left


def _grants(document: dict[str, Any], action: str) -> bool:
    """Whether the policy names the action. Raises ValueError when a wildcard allows it."""
    written = [each for statement in _allowing(document) for each in _as_list(statement["Action"])]
    wild = [each for each in written if "*" in each and wildcard_matcher(each, ignore_case=True)(action)]
    if wild:
        raise ValueError(f"{action} is allowed as a part of {wild[0]}, so it cannot be removed alone")
    return any(each.lower() == action.lower() for each in written)


def _allowing(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in _as_list(document["Statement"]) if each["Effect"] == "Allow" and "Action" in each]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
