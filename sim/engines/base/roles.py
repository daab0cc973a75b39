"""The roles of one pipeline while it runs: what each may, did and was refused, and ways to take a permission away.

Roles are called `api`, `worker`, `relay` and `operator` (who is a user). What the emulator counted is told as the
Terraform configuration would: `${name}` for the pipeline's name, and so on, so that pipelines can be compared.
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

_MADE_UP = re.compile(r"(:secret:[^:]+)-[A-Za-z0-9]{6}$")
"""What Secrets Manager puts behind a secret's name."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Refused:
    """A call that was refused for want of a permission, and how often."""

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
        """Role and action of refusals that the scenario brings about on purpose."""

    def books(self) -> dict[str, dict[str, Any]]:
        """By role: its `grants`, each with `times_used`, and the `denied` calls, each with `times_denied`."""
        prefix = f"{self._pipeline.name}-"
        counted = self._emulator.iam(prefix)
        return {name.removeprefix(prefix): self._told(books) for name, books in counted.items()}

    def refused(self) -> list[Refused]:
        """Everything that was refused so far, to anybody of this pipeline."""
        return [
            Refused(role, each["action"], each["resource"], each["times_denied"])
            for role, books in self.books().items()
            for each in books["denied"]
        ]

    def times_refused(self, role: str, action: str) -> int:
        return sum(each.times for each in self.refused() if (each.role, each.action) == (role, action))

    def take_away(self, role: str, action: str) -> Callable[[], None]:
        """From now on the role's policy lacks the action; what is returned puts it back as it was.

        Raises ValueError when it has no such permission.
        """
        name = self._pipeline.role_arns[role].rpartition("/")[2]
        with_it = {policy: document for policy, document in self._policies(name) if _grants(document, action)}
        if not with_it:
            raise ValueError(f"the {role}'s policy has no {action} that could be missing")
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

    def _told(self, books: dict[str, Any]) -> dict[str, Any]:
        return {
            "grants": [{**each, "resource": self._without_names(each["resource"])} for each in books["grants"]],
            "denied": [{**each, "resource": self._without_names(each["resource"])} for each in books["denied"]],
        }

    def _without_names(self, resource: str) -> str:
        text = _MADE_UP.sub(r"\1-??????", resource).replace(self._pipeline.name, "${name}")
        text = text.replace(f":{self._clients.region}:{self._clients.account}:", ":${region}:${account}:")
        return _ID.sub("ID", text.replace(self._clients.account, "${account}"))


def without(document: dict[str, Any], action: str) -> dict[str, Any]:
    """The policy without an action; a statement that allowed nothing else is gone."""
    left = deepcopy(document)
    for statement in _allowing(left):
        statement["Action"] = [each for each in _as_list(statement["Action"]) if each.lower() != action.lower()]
    left["Statement"] = [each for each in _as_list(left["Statement"]) if each.get("Action") != []]
    return left


def _grants(document: dict[str, Any], action: str) -> bool:
    """Raises ValueError when it is part of a wildcard, from which it can not be taken."""
    written = [each for statement in _allowing(document) for each in _as_list(statement["Action"])]
    wild = [each for each in written if "*" in each and wildcard_matcher(each, ignore_case=True)(action)]
    if wild:
        raise ValueError(f"{action} is allowed as a part of {wild[0]}, so it can not be taken away by itself")
    return any(each.lower() == action.lower() for each in written)


def _allowing(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in _as_list(document["Statement"]) if each["Effect"] == "Allow" and "Action" in each]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
