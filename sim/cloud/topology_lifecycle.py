"""The lifecycle of one topology: init, validate, plan, apply, replan, change, search for secrets, destroy."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.cloud.inventory import inventory, named, unexpected
from sim.cloud.servers import Cloud
from sim.provisioning.errors import TerraformError
from sim.provisioning.render import RENDERED_TOPOLOGIES
from sim.provisioning.terraform import Terraform, copy_configuration
from terraform.deploy.losses import losses
from terraform.deploy.terraform_cli import Change

OPENAI_API_KEY = "sk-lifecycle-7c1d0c9be0d94d0b8f7a3f0e6b1a2c54"
API_KEYS_JSON = '{"lifecycle-key-2f9e4a7d10b84c35a6c1": "tenant"}'
LOG_RETENTION_DAYS = 7
"""The value of the small change. The log groups have another retention before it."""

LONG_ENOUGH_TO_BE_A_SECRET = 12
WITH_OPENAI_SIMULATOR = "ec2"
"""The topology that is applied with the OpenAI simulator."""

CHANGES = 2
"""Exit code of `terraform plan -detailed-exitcode` when the plan has changes."""

COMPLETE = (": Creation complete", ": Modifications complete", ": Destruction complete")
VALUES = "lifecycle.tfvars.json"


REPLACED_BY_A_VERSION = {
    "ecs": {"module.api_ecs[0].aws_ecs_task_definition.this"},
    "ec2": {"module.api_ec2[0].aws_instance.this", "module.api_ec2[0].aws_eip_association.this"},
}
"""What another image of the API replaces; the other topologies change it in place."""


class CheckFailed(Exception):
    """A check of the lifecycle failed; the message says which."""


class TopologyLifecycle:
    """One topology with its own folder and state, in a local cloud that other topologies share."""

    def __init__(
        self,
        topology: str,
        folder: Path,
        cloud: Cloud,
        package: bytes,
        *,
        deadline: float,
        say: Callable[[str], None],
    ) -> None:
        """`deadline` is the end of all waits, in seconds of the monotonic clock."""
        self.topology, self.name = topology, f"{topology}-lifecycle"
        self.seconds: dict[str, float] = {}
        self.step = "waiting"
        self.resources = 0
        self.found_resources = 0
        self.failure: str | None = None
        self._cloud, self._deadline, self._say = cloud, deadline, say
        self._done = 0
        self._texts: dict[str, str] = {}
        work = copy_configuration(folder)
        (work / "package.zip").write_bytes(package)
        (work / VALUES).write_text(json.dumps(_values(topology, self.name)))
        secrets = {"TF_VAR_openai_api_key": OPENAI_API_KEY, "TF_VAR_api_keys_json": API_KEYS_JSON}
        self._terraform = Terraform(work, {**cloud.environment(), **secrets})

    def run(self) -> None:
        """Run all steps until one fails; `failure` then has the step and the reason."""
        steps: Mapping[str, Callable[[], None]] = {
            "init": self._init,
            "validate": self._validate,
            "plan": self._plan,
            "apply": self._apply,
            "replan": self._replan,
            "change": self._change,
            "version": self._another_version,
            "secrets": self._look_for_secrets,
            "destroy": self._destroy,
        }
        for name, step in steps.items():
            began, self.step, self._done = time.monotonic(), name, 0
            try:
                step()
            except (TerraformError, CheckFailed) as error:
                self.failure = f"{name}: {error}"
                break
            finally:
                self.seconds[name] = time.monotonic() - began
            self._say(f"{self.topology}: {name} {self.seconds[name]:.0f} s")
        self.step = "failed" if self.failure else "done"

    def stop(self) -> None:
        """Interrupt the running step, as Ctrl-C would, and start no other."""
        self._deadline = 0.0
        self._terraform.interrupt()

    def progress(self) -> str:
        """The current step and the number of completed resources, in one line."""
        of = f" {self._done}/{self.resources}" if self.step in ("apply", "destroy") else ""
        return f"{self.topology} {self.step}{of}"

    def _init(self) -> None:
        self._run("init")

    def _validate(self) -> None:
        self._run("validate")

    def _plan(self) -> None:
        planned = self._planned("first")
        self.resources = len([each for each in planned.get("resource_changes", ()) if each["mode"] == "managed"])

    def _apply(self) -> None:
        self._run("apply", "first.tfplan")
        self.found_resources = len(named(inventory(self._cloud), self.name))
        if not self.found_resources:
            raise CheckFailed(
                "the inventory finds none of the applied resources, so it could not find remaining ones either"
            )

    def _replan(self) -> None:
        changes = _changes(self._planned("second"))
        if changes:
            raise CheckFailed(f"a second plan would change {'; '.join(changes)}")

    def _change(self) -> None:
        """Another log retention changes the log groups and nothing else; the plan after it has no changes."""
        longer = f"-var=log_retention_days={LOG_RETENTION_DAYS}"
        planned = self._planned("change", longer)
        changes = _changes(planned)
        others = [each for each in changes if not each.endswith(": update retention_in_days")]
        if others or not changes:
            raise CheckFailed(f"log_retention_days would change {'; '.join(others) or 'nothing'}")
        self._run("apply", "change.tfplan")
        if left := _changes(self._planned("changed", longer)):
            raise CheckFailed(f"after the change, a plan would change {'; '.join(left)}")

    def _another_version(self) -> None:
        """Another image replaces what holds nothing, and a rollback may do that."""
        given = json.loads((self._terraform.folder / VALUES).read_text(encoding="utf-8"))
        image = str(given.get("api_image_uri", ""))
        other = [f"-var=api_image_uri={image.rpartition(':')[0]}:fedcba9876543210"] if image else []
        longer = f"-var=log_retention_days={LOG_RETENTION_DAYS}"
        planned = self._planned("version", longer, *other).get("resource_changes", ())
        changes = [Change(tuple(each["change"]["actions"]), each["type"], each["address"]) for each in planned]
        replaced = {each.address for each in changes if {"create", "delete"} & set(each.actions)}
        if replaced != REPLACED_BY_A_VERSION.get(self.topology, set()):
            raise CheckFailed(f"another image would replace {', '.join(sorted(replaced)) or 'nothing'}")
        if lost := losses(changes):
            raise CheckFailed(f"a rollback would refuse because of {', '.join(lost)}")

    def _look_for_secrets(self) -> None:
        """No value of a secret is in the state, in a plan or in Terraform's output."""
        values = self._secret_values()
        if missing := _written(self.topology, self.name) - {name for name, _ in values}:
            raise CheckFailed(
                f"Secrets Manager has no value of {', '.join(sorted(missing))}: the search would find nothing"
            )
        state = (self._terraform.folder / "terraform.tfstate").read_text(encoding="utf-8")
        for where, text in {"the state": state, **self._texts}.items():
            if found := [name for name, value in values if value in text]:
                raise CheckFailed(f"the value of {found[0]} is in {where}")

    def _destroy(self) -> None:
        self._run("destroy", "-auto-approve", f"-var=log_retention_days={LOG_RETENTION_DAYS}", *self._files())
        if remaining := self._terraform.run("state", "list", timeout_seconds=self._left()).split():
            raise CheckFailed(f"the state still has {', '.join(remaining)}")
        if remaining := named(unexpected(inventory(self._cloud)), self.name):
            raise CheckFailed(f"the cloud still has {'; '.join(remaining)}")

    def _secret_values(self) -> list[tuple[str, str]]:
        """Pairs of a secret's name and a value: the whole, the parts of a JSON object, the password in a URL."""
        secrets = self._cloud.client("secretsmanager")
        found: list[tuple[str, str]] = []
        for each in secrets.list_secrets(MaxResults=100)["SecretList"]:
            if each["Name"].startswith(f"{self.name}/"):
                parts = _parts(_value_of(secrets, each["ARN"]))
                found += [(each["Name"], part) for part in parts if len(part) >= LONG_ENOUGH_TO_BE_A_SECRET]
        return found

    def _planned(self, name: str, *more: str) -> dict[str, Any]:
        """A plan as JSON, also stored for the search for secrets; empty when the plan has no changes."""
        self._run("plan", f"-out={name}.tfplan", "-detailed-exitcode", *self._files(), *more, accept=(0, CHANGES))
        if self._terraform.exit_code != CHANGES:
            return {}
        shown = self._terraform.run("show", "-json", f"{name}.tfplan", timeout_seconds=self._left())
        self._texts[f"the plan {name}"] = shown
        planned: dict[str, Any] = json.loads(shown)
        return planned

    def _files(self) -> tuple[str, str]:
        return f"-var-file=topologies/{self.topology}.tfvars", f"-var-file={VALUES}"

    def _run(self, command: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> None:
        printed = self._terraform.run(
            command, "-no-color", *arguments, timeout_seconds=self._left(), progress=self._count, accept=accept
        )
        self._texts[f"the output of {command}"] = self._texts.get(f"the output of {command}", "") + printed

    def _count(self, line: str) -> None:
        self._done += any(mark in line for mark in COMPLETE)

    def _left(self) -> float:
        return max(1.0, self._deadline - time.monotonic())


def _written(topology: str, name: str) -> set[str]:
    """The secrets that an apply writes."""
    written = {"openai-api-key", "api-keys"}
    written |= {"database-password", "database-url"} if topology not in RENDERED_TOPOLOGIES else set()
    written |= {"openai-simulator-key"} if topology == WITH_OPENAI_SIMULATOR else set()
    return {f"{name}/{each}" for each in written}


def _value_of(secrets: Any, arn: str) -> str:
    """The value of a secret; empty when it has none yet, as core's database URL."""
    try:
        return str(secrets.get_secret_value(SecretId=arn)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        return ""


def _values(topology: str, name: str) -> dict[str, Any]:
    registry = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
    image = f"{registry}/rawk-api:0123456789abcdef"
    simulator = {
        "openai_simulator_image_uri": f"{registry}/rawk/openai-simulator:0123456789abcdef",
        "openai_simulator_allowed_cidrs": ["0.0.0.0/0"],
    }
    # Functions from images are a paid feature of LocalStack.
    api = {"api_package_path": "package.zip"} if topology == "lambda" else {"api_image_uri": image}
    return {
        "name": name,
        "worker_package_path": "package.zip",
        **({} if topology in RENDERED_TOPOLOGIES else api),
        **(simulator if topology == WITH_OPENAI_SIMULATOR else {}),
        "secrets_version": 1,
        "alarm_email": "operator@example.com",
        "secret_recovery_days": 0,
        "audio_force_destroy": True,
        "deletion_protection": False,
        "max_retries": 2,  # an emulator that answers 500 twice will always do so
    }


def _changes(planned: Mapping[str, Any]) -> list[str]:
    """`ADDRESS: update attribute, attribute` for each resource that the plan changes, and for outputs their names."""
    changed: list[str] = []
    for each in planned.get("resource_changes", ()):
        change = each["change"]
        if each["mode"] == "managed" and change["actions"] != ["no-op"]:
            changed.append(f"{each['address']}: {'+'.join(change['actions'])} {', '.join(_differing(change))}".rstrip())
    for name, change in planned.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            changed.append(f"output.{name}: {'+'.join(change['actions'])}")
    return changed


def _differing(change: Mapping[str, Any]) -> list[str]:
    before, after = change["before"] or {}, change["after"] or {}
    unknown = change.get("after_unknown") or {}
    return sorted({key for key in {*before, *after} if before.get(key) != after.get(key)} | {*unknown} - {*before})


def _parts(value: str) -> list[str]:
    parts = [value]
    if value.startswith("{"):
        parts += [word for pair in json.loads(value).items() for word in pair]
    if "://" in value:
        parts.append(value.partition("@")[0].rpartition(":")[2])
    return parts
