"""What the judge of both servers has recorded about the roles: refused calls, and statements that decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.cloud.delivery import DEPLOYED, Delivery, has_action
from sim.cloud.servers import Cloud
from sim.localstack.control_client import EmulatorControl

ROLES = ("plan", "deploy")


@dataclass(frozen=True)
class Denied:
    """A refused call of a role."""

    role: str
    action: str
    resource: str
    advice: str

    def __str__(self) -> str:
        return f"{self.role} may not {self.action} on {self.resource}: {self.advice}"


def denials(cloud: Cloud, delivery: Delivery) -> list[Denied]:
    """All refused calls of the roles so far, each with the statement that could allow it."""
    recorded, found = _records(cloud, delivery.name), []
    for kind in ROLES:
        refused = recorded.get(delivery.role(kind), {}).get("denied", ())
        statements = list(delivery.statements(kind)) if refused else []
        found += [
            Denied(delivery.role(kind), each["action"], each["resource"], _advice(each["action"], statements))
            for each in refused
        ]
    return found


def _advice(action: str, statements: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Where the permission belongs."""
    about = [(policy, each) for policy, each in statements if has_action(dict(each), action)]
    if not about:
        return "no statement has this action; add it to one in terraform/modules/delivery/policy_*.tf"
    each_on = [
        f"{each['Sid']} of {policy} on {_text(each.get('Resource'))}"
        + (f" if {each['Condition']}" if each.get("Condition") else "")
        for policy, each in about
    ]
    return f"it is allowed only by {'; '.join(each_on)}"


def _text(resource: Any) -> str:
    return resource if isinstance(resource, str) else ", ".join(resource)


def decided_alone(cloud: Cloud, deliveries: Sequence[Delivery], kind: str) -> dict[str, int]:
    """Statement -> the number of calls that it alone allowed: without it, each had been refused.

    All statements of the deploy role's own policies, or of the plan role's.
    """
    counted: dict[str, int] = {}
    for delivery in deliveries:
        mine = _records(cloud, delivery.name).get(delivery.role(kind), {}).get("decided_alone", {})
        for policy, each in delivery.statements(kind):
            if kind != "deploy" or _is_own(policy):
                counted[each["Sid"]] = counted.get(each["Sid"], 0) + mine.get(each["Sid"], 0)
    return counted


def unused_actions(cloud: Cloud, deliveries: Sequence[Delivery]) -> list[str]:
    """The actions of the deploy role's own policies that no call has used."""
    own = {each["Sid"] for delivery in deliveries for policy, each in delivery.statements("deploy") if _is_own(policy)}
    used: dict[str, int] = {}
    for delivery in deliveries:
        for each in _records(cloud, delivery.name).get(delivery.role("deploy"), {}).get("grants", ()):
            if each["statement"] in own:
                used[each["action"]] = used.get(each["action"], 0) + each["times_used"]
    return sorted(action for action, times in used.items() if not times)


def _is_own(policy: str) -> bool:
    return policy.startswith(DEPLOYED)


def _records(cloud: Cloud, prefix: str) -> dict[str, dict[str, Any]]:
    control = EmulatorControl(cloud.localstack.endpoint_url)
    try:
        return control.iam(prefix)
    finally:
        control.close()
