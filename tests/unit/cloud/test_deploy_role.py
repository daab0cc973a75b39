"""Every name and ARN that a topology plans, judged by the policies of the delivery's roles.

The names are recorded from Terraform's plans (`sim/cloud/planned`), the policies from the same evaluation. IAM's
decision is that of the emulator. No account is needed, and no resource may fall between a name and a policy.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from sim.cloud.planned_resources import NAME, PLANNED
from sim.localstack.extension.rawk_emulator.iam.policy import Policy, Request, decide
from tests.unit.cloud.on_behalf import COMMANDS, ON_BEHALF
from tests.unit.cloud.provider_calls import READS, SECRET_READS, WRITES, Calls

TOPOLOGIES = ("apprunner", "apprunner-private", "ec2", "ecs", "lambda")
DELIVERY: dict[str, Any] = json.loads((PLANNED / "delivery.json").read_text(encoding="utf-8"))

Asked = tuple[str, str, dict[str, tuple[str, ...]]]


def planned(topology: str) -> dict[str, dict[str, Any]]:
    resources: dict[str, dict[str, Any]] = json.loads((PLANNED / f"{topology}.json").read_text(encoding="utf-8"))
    return resources


def names_of(topology: str) -> dict[str, str]:
    """Names that calls use beside their own resource's."""
    clusters = [each["name"] for each in planned(topology).values() if each["type"] == "aws_ecs_cluster"]
    return {"cluster": clusters[0] if clusters else f"{NAME}-api", "service": f"{NAME}-api"}


def filled(calls: Iterable[Calls], values: dict[str, Any]) -> Iterator[Asked]:
    for each in calls:
        for action, resource, context in each.requests():
            yield action, resource.format_map(values), context


def of_resources(topology: str, table: dict[str, tuple[Calls, ...]]) -> Iterator[Asked]:
    resources, names = planned(topology), names_of(topology)
    for each in resources.values():
        if each["type"] != "aws_secretsmanager_secret_version":
            yield from filled(table.get(each["type"], ()), names | each)
    for each in resources.values():
        if each["type"] == "aws_secretsmanager_secret":
            yield from filled(table.get("aws_secretsmanager_secret_version", ()), each)


def on_behalf(topology: str) -> Iterator[Asked]:
    types = {each["type"] for each in planned(topology).values()}
    for asked in ON_BEHALF:
        if types & set(asked.types):
            yield from filled(asked.calls, names_of(topology))


def attached(role: str, without: str | None = None) -> list[Policy]:
    """The policies of a role; `without` a statement, by its Sid."""
    documents = [DELIVERY["policies"][name] for name in DELIVERY["attached"][role]]
    return [
        Policy(document | {"Statement": [each for each in document["Statement"] if each["Sid"] != without]})
        for document in documents
    ]


def refused(asked: Iterable[Asked], policies: list[Policy]) -> list[str]:
    return sorted(
        {
            f"{action} on {resource}"
            for action, resource, context in asked
            if not decide(Request(action, resource, context), policies).allowed
        }
    )


def everything(topology: str) -> list[Asked]:
    return [
        *of_resources(topology, READS),
        *of_resources(topology, SECRET_READS),
        *of_resources(topology, WRITES),
        *on_behalf(topology),
        *filled(COMMANDS, names_of(topology)),
    ]


def test_every_planned_type_has_its_calls() -> None:
    types = {each["type"] for topology in TOPOLOGIES for each in planned(topology).values()}
    assert types == WRITES.keys()
    assert types == READS.keys() | SECRET_READS.keys()


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_deploy_role_may_do_all_that_a_topology_needs(topology: str) -> None:
    assert refused(everything(topology), attached("deploy")) == []


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_plan_of_the_branch_may_read_all_that_a_topology_has(topology: str) -> None:
    asked = [*of_resources(topology, READS), *of_resources(topology, SECRET_READS)]
    assert refused(asked, attached("plan")) == []


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_plan_of_a_pull_request_may_read_all_settings_and_no_secret(topology: str) -> None:
    preview = attached("preview")
    assert refused(of_resources(topology, READS), preview) == []
    values = [each for each in of_resources(topology, SECRET_READS) if not each[0].endswith(":DescribeSecret")]
    assert len(refused(values, preview)) == len(values) > 0


@pytest.mark.parametrize("role", ["preview", "plan"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_role_that_plans_may_write_nothing(topology: str, role: str) -> None:
    asked = [*of_resources(topology, WRITES), *on_behalf(topology)]
    writes = {
        f"{action} on {resource}"
        for action, resource, _ in asked
        if not action.partition(":")[2].startswith(("Get", "Describe", "List"))
    }
    assert writes <= set(refused(asked, attached(role)))


def statements() -> list[tuple[str, dict[str, Any]]]:
    names = [name for name in DELIVERY["attached"]["deploy"] if name.startswith("deploy-")]
    return [(each["Sid"], each) for name in names for each in DELIVERY["policies"][name]["Statement"]]


@pytest.mark.parametrize("sid", sorted(sid for sid, _ in statements()))
def test_without_any_one_statement_a_deployment_is_refused(sid: str) -> None:
    policies = attached("deploy", without=sid)
    assert any(refused(everything(topology), policies) for topology in TOPOLOGIES), sid


def test_the_deploy_role_may_do_no_more_than_the_tables_ask_for() -> None:
    allowed = {action for _, each in statements() for action in _listed(each["Action"])}
    asked = {action for topology in TOPOLOGIES for action, _, _ in everything(topology)}
    assert allowed - asked == set()


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_what_only_a_tag_admits_is_planned_with_it(topology: str) -> None:
    tag = ("aws:requesttag/pipeline", (NAME,))
    by_tag = {each for each, calls in WRITES.items() if any(tag in call.context for call in calls)}
    assert {
        address for address, each in planned(topology).items() if each["type"] in by_tag and not each.get("tagged")
    } == set()
