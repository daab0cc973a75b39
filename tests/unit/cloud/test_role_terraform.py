"""Whose keys a command has, and how many Terraforms use a processor at once."""

from collections.abc import Callable
from pathlib import Path
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest

from sim.cloud import role_terraform
from sim.cloud.delivery import Delivery, NoSuchStatement
from sim.cloud.role_terraform import CHANGES, RoleTerraform
from sim.provisioning.errors import TerraformError

LINES = {"apply": ["", "module.a: Creating...", "module.a: Creation complete"], "plan": ["module.a: Reading..."]}


class FakeTerraform:
    """Prints the lines of a command, and notes with whose key and with which free turns."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:  # noqa: ARG002
        self.key, self.exit_code = environment["AWS_ACCESS_KEY_ID"], CHANGES

    def run(self, *arguments: str, progress: Callable[[str], None], **_: object) -> str:
        for line in LINES.get(arguments[0], []):
            progress(line)
        CALLS.append((self.key, *arguments))
        FREE.append(TURNS.acquire(blocking=False))
        if FREE[-1]:
            TURNS.release()
        if "fails" in arguments:
            raise TerraformError("no")
        return "printed"


CALLS: list[tuple[str, ...]] = []
FREE: list[bool] = []
TURNS = Semaphore(1)


@pytest.fixture
def terraform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RoleTerraform:
    CALLS.clear()
    FREE.clear()
    monkeypatch.setattr(role_terraform, "Terraform", FakeTerraform)
    cloud: Any = SimpleNamespace(environment=lambda: {"AWS_ACCESS_KEY_ID": "test"})
    delivery = Delivery(cloud, "rawk")
    monkeypatch.setattr(delivery, "keys", lambda role: {"AWS_ACCESS_KEY_ID": f"key of {role}"})
    return RoleTerraform(tmp_path, cloud, delivery, TURNS, {}, lambda _: None)


def test_each_command_has_the_keys_of_its_role(terraform: RoleTerraform) -> None:
    terraform.bootstrap()
    terraform.init("ecs")
    assert terraform.plan("first", "-var=a=b") == ("printed", True)
    terraform.deploy("apply", "first.tfplan")
    assert [(key, command) for key, command, *_ in CALLS] == [
        ("test", "init"),
        ("test", "apply"),
        ("key of deploy", "init"),
        ("key of plan", "plan"),
        ("key of deploy", "apply"),
    ]
    assert "-lock=false" in CALLS[3]
    assert "-backend-config=key=rawk/ecs.tfstate" in CALLS[2]


def test_an_apply_gives_its_turn_back_when_its_first_resource_has_begun(terraform: RoleTerraform) -> None:
    terraform.plan("first")
    terraform.deploy("apply", "first.tfplan")
    assert FREE == [False, True]


def test_a_failed_command_gives_its_turn_back_once(terraform: RoleTerraform) -> None:
    for _ in range(2):
        with pytest.raises(TerraformError, match="no"):
            terraform.deploy("apply", "fails")
    assert TURNS.acquire(blocking=False)
    assert not TURNS.acquire(blocking=False)
    TURNS.release()


def test_after_an_interruption_no_command_starts(terraform: RoleTerraform) -> None:
    terraform.interrupt()
    with pytest.raises(TerraformError, match="interrupted"):
        terraform.deploy("apply", "first.tfplan")
    assert CALLS == []


class _Identities:
    """IAM with one role, which has one policy."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.document = {"Version": "2012-10-17", "Statement": [{"Sid": "Bucket"}, {"Sid": "Queues"}]}

    def list_attached_role_policies(self, **_: str) -> dict[str, Any]:
        return {"AttachedPolicies": [{"PolicyArn": "arn:policy", "PolicyName": "rawk-deploy-pipeline"}]}

    def get_policy(self, **_: str) -> dict[str, Any]:
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, **_: str) -> dict[str, Any]:
        return {"PolicyVersion": {"Document": self.document}}

    def create_policy_version(self, **given: Any) -> None:
        assert given["SetAsDefault"]
        self.written.append(given["PolicyDocument"])


def test_a_statement_is_taken_out_and_the_others_stay() -> None:
    identities = _Identities()
    cloud: Any = SimpleNamespace(client=lambda _: identities)
    delivery = Delivery(cloud, "rawk")
    assert [(policy, each["Sid"]) for policy, each in delivery.statements("deploy")] == [
        ("deploy-pipeline", "Bucket"),
        ("deploy-pipeline", "Queues"),
    ]
    delivery.take_out("Bucket")
    assert identities.written == ['{"Version": "2012-10-17", "Statement": [{"Sid": "Queues"}]}']
    with pytest.raises(NoSuchStatement, match="no statement Topics; it has Bucket, Queues"):
        delivery.take_out("Topics")
