"""The lifecycle of one topology, by the roles of its delivery: from the bootstrap to the destroy."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Semaphore
from typing import Any

from botocore.exceptions import ClientError

from sim.cloud.delivery import REGISTRY, Delivery, NoSuchStatement
from sim.cloud.inventory import inventory, named, unexpected
from sim.cloud.judgements import denials
from sim.cloud.role_terraform import RoleTerraform
from sim.cloud.rollout import RolloutFailed, keep_deployed, shift_traffic
from sim.cloud.second_deployment import arguments
from sim.cloud.servers import Cloud
from sim.provisioning.errors import TerraformError
from sim.provisioning.render import RENDERED_TOPOLOGIES
from sim.provisioning.terraform import copy_configuration
from terraform.deploy.losses import losses
from terraform.deploy.terraform_cli import Change

OPENAI_API_KEY = "sk-lifecycle-7c1d0c9be0d94d0b8f7a3f0e6b1a2c54"
API_KEYS_JSON = '{"lifecycle-key-2f9e4a7d10b84c35a6c1": "tenant"}'
SECRETS = {"TF_VAR_openai_api_key": OPENAI_API_KEY, "TF_VAR_api_keys_json": API_KEYS_JSON}
FIRST_IMAGE, SECOND_IMAGE = "0123456789abcdef", "fedcba9876543210"
"""Tags of the API's images: of the first and of the second deployment."""

LONG_ENOUGH_TO_BE_A_SECRET = 12
WITH_OPENAI_SIMULATOR = "ec2"
"""The topology that is applied with the OpenAI simulator."""

UNCHANGED = (["no-op"], ["read"])
COMPLETE = (": Creation complete", ": Modifications complete", ": Destruction complete")
VALUES = "lifecycle.tfvars.json"


REPLACED_BY_A_VERSION = {
    "ecs": {"module.api_ecs[0].aws_ecs_task_definition.this"},
    "ec2": {"module.api_ec2[0].aws_instance.this", "module.api_ec2[0].aws_eip_association.this"},
}
"""What another image of the API replaces."""

FOLLOW_A_VERSION = frozenset({"aws_apprunner_service", "aws_cloudwatch_metric_alarm", "aws_cloudwatch_dashboard"})
"""Types that another image changes in place: what runs it, and what watches the machine that runs it."""

HOLD_DATA = frozenset({"aws_db_instance", "aws_rds_cluster", "aws_s3_bucket", "aws_secretsmanager_secret"})


class CheckFailed(Exception):
    """A check of the lifecycle failed; the message says which."""


class TopologyLifecycle:
    """One topology with its own roles, folder and state, in a local cloud that other topologies share."""

    def __init__(
        self,
        topology: str,
        name: str,
        folder: Path,
        cloud: Cloud,
        package: bytes,
        *,
        turns: Semaphore,
        say: Callable[[str], None],
        without: str | None = None,
    ) -> None:
        """`turns` limits how many Terraforms start at once. The deploy role is `without` one of its statements."""
        self.topology, self.name, self.without = topology, name, without
        self.delivery = Delivery(cloud, self.name)
        self.seconds: dict[str, float] = {}
        self.step = "waiting"
        self.resources = 0
        self.kept: frozenset[str] = frozenset()
        """What the bootstrap has made, which a destroy keeps."""
        self.failure: str | None = None
        self.failed_step = ""
        self._cloud, self._say = cloud, say
        self._done = 0
        self._texts: dict[str, str] = {}
        work = copy_configuration(folder)
        (work / "backend_override.tf").unlink()  # the state is in the bucket, as deploy.sh keeps it
        (work / "package.zip").write_bytes(package)
        (work / VALUES).write_text(json.dumps(_values(topology, self.name)))
        self._run_as = RoleTerraform(work, cloud, self.delivery, turns, SECRETS, self._count)

    def run(self) -> None:
        """Run all steps until one fails; `failure` then has the step and the reason."""
        steps: Mapping[str, Callable[[], None]] = {
            "bootstrap": self._bootstrap,
            "init": self._init,
            "plan": self._plan,
            "apply": self._apply,
            "replan": self._replan,
            "change": self._change,
            "rollback": self._rollback,
            "secrets": self._look_for_secrets,
            "destroy": self._destroy,
        }
        for name, step in steps.items():
            began, self.step, self._done = time.monotonic(), name, 0
            try:
                step()
                self._no_denials()
            except (TerraformError, CheckFailed, RolloutFailed, NoSuchStatement, ClientError) as error:
                self.failure, self.failed_step = f"{name}: {error}{self._denials()}", name
                self._say(f"{self.topology} failed at {self.failure}")
                break
            finally:
                self.seconds[name] = time.monotonic() - began
            self._say(f"{self.topology}: {name} {self.seconds[name]:.0f} s")
        self.step = "failed" if self.failure else "done"

    def stop(self) -> None:
        """Interrupt the running step, as Ctrl-C would, and start no other."""
        self._run_as.interrupt()

    def progress(self) -> str:
        """The current step and the number of completed resources, in one line."""
        of = f" {self._done}/{self.resources}" if self.step in ("apply", "destroy") else ""
        return f"{self.topology} {self.step}{of}"

    def _bootstrap(self) -> None:
        """As the administrator, once: the bucket of the state, the repositories, the roles."""
        self._run_as.bootstrap()
        self.kept = frozenset(named(inventory(self._cloud), self.name))
        if self.without:
            self.delivery.take_out(self.without)
        self.delivery.push(FIRST_IMAGE)
        self.delivery.push(SECOND_IMAGE)

    def _init(self) -> None:
        self._run_as.init(self.topology)

    def _plan(self) -> None:
        planned = self._planned("first", *self._files(FIRST_IMAGE))
        self.resources = len([each for each in planned.get("resource_changes", ()) if each["mode"] == "managed"])

    def _apply(self) -> None:
        self._applied("first", FIRST_IMAGE)
        if not set(named(inventory(self._cloud), self.name)) - self.kept:
            raise CheckFailed(
                "the inventory finds none of the applied resources, so it could not find remaining ones either"
            )

    def _replan(self) -> None:
        self._must_plan_nothing("second", *self._files(FIRST_IMAGE))

    def _change(self) -> None:
        """The next version with other settings; no data are lost. The next plan shows whether all is applied."""
        changed = _changed(self._planned("change", *self._second(SECOND_IMAGE)))
        if lost := [each.address for each in changed if each.type in HOLD_DATA and "delete" in each.actions]:
            raise CheckFailed(f"other settings would remove {', '.join(lost)}")
        self._applied("change", SECOND_IMAGE)

    def _rollback(self) -> None:
        """The first image again changes what has an image, and nothing else; a rollback may do that."""
        planned = self._planned("rollback", *self._second(FIRST_IMAGE))
        changed = _changed(planned)
        replaced = {each.address for each in changed if {"create", "delete"} & set(each.actions)}
        others = {each.type for each in changed if each.address not in replaced} - FOLLOW_A_VERSION
        if others or replaced != REPLACED_BY_A_VERSION.get(self.topology, set()):
            raise CheckFailed(f"another image would change {'; '.join(_changes(planned)) or 'nothing'}")
        if lost := losses(changed):
            raise CheckFailed(f"a rollback would refuse because of {', '.join(lost)}")
        if changed:
            self._applied("rollback", FIRST_IMAGE)

    def _look_for_secrets(self) -> None:
        """No value of a secret is in the state, in a plan or in Terraform's output."""
        values = self._secret_values()
        if missing := _written(self.topology, self.name) - {name for name, _ in values}:
            raise CheckFailed(
                f"Secrets Manager has no value of {', '.join(sorted(missing))}: the search would find nothing"
            )
        state = self._run_as.deploy("state", "pull")
        for where, text in {"the state": state, **self._texts}.items():
            if found := [name for name, value in values if value in text]:
                raise CheckFailed(f"the value of {found[0]} is in {where}")

    def _destroy(self) -> None:
        given = self._second(FIRST_IMAGE)
        self._remember("destroy", self._run_as.deploy("destroy", "-no-color", "-auto-approve", *given))
        if remaining := self._run_as.deploy("state", "list").split():
            raise CheckFailed(f"the state still has {', '.join(remaining)}")
        if remaining := sorted(set(named(unexpected(inventory(self._cloud)), self.name)) - self.kept):
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

    def _planned(self, name: str, *arguments: str) -> dict[str, Any]:
        """A plan of the plan role as JSON, also kept for the search for secrets; empty when it has no changes."""
        printed, changes = self._run_as.plan(name, *arguments)
        self._remember("plan", printed)
        if not changes:
            return {}
        shown = self._run_as.deploy("show", "-json", f"{name}.tfplan")
        self._texts[f"the plan {name}"] = shown
        planned: dict[str, Any] = json.loads(shown)
        return planned

    def _must_plan_nothing(self, name: str, *arguments: str) -> None:
        if changes := _changes(self._planned(name, *arguments)):
            raise CheckFailed(f"another plan would change {'; '.join(changes)}")

    def _applied(self, plan: str, image: str) -> None:
        """Apply a plan as deploy.sh does: then mark the image, and shift the traffic to it."""
        self._remember("apply", self._run_as.deploy("apply", "-no-color", f"{plan}.tfplan"))
        if self._names_image():
            keys = self._run_as.keys("deploy")
            keep_deployed(self._cloud, keys, f"{self.name}/api", image)
            shift_traffic(self._cloud, keys, json.loads(self._run_as.deploy("output", "-json", "api")))

    def _names_image(self) -> bool:
        return self.topology not in (*RENDERED_TOPOLOGIES, "lambda")

    def _files(self, image: str) -> tuple[str, ...]:
        return f"-var-file=topologies/{self.topology}.tfvars", f"-var-file={VALUES}", *self._image(image)

    def _second(self, image: str) -> tuple[str, ...]:
        return *arguments(self.topology, VALUES), *self._image(image)

    def _image(self, tag: str) -> tuple[str, ...]:
        return (f"-var=api_image_uri={REGISTRY}/{self.name}/api:{tag}",) if self._names_image() else ()

    def _remember(self, command: str, printed: str) -> None:
        self._texts[f"the output of {command}"] = self._texts.get(f"the output of {command}", "") + printed

    def _count(self, line: str) -> None:
        self._done += any(mark in line for mark in COMPLETE)

    def _no_denials(self) -> None:
        """Also a refused call that the provider has got over, by its silence or by another call."""
        if self.kept and denials(self._cloud, self.delivery):
            raise CheckFailed("a role was refused a call")

    def _denials(self) -> str:
        return "".join(f"\n  {each}" for each in denials(self._cloud, self.delivery)) if self.kept else ""


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
    simulator = {
        "openai_simulator_image_uri": f"{REGISTRY}/{name}/openai-simulator:0123456789abcdef",
        "openai_simulator_allowed_cidrs": ["0.0.0.0/0"],
    }
    # Functions from images are a paid feature of LocalStack.
    return {
        "name": name,
        "worker_package_path": "package.zip",
        **({"api_package_path": "package.zip"} if topology == "lambda" else {}),
        **(simulator if topology == WITH_OPENAI_SIMULATOR else {}),
        "secrets_version": 1,
        "alarm_email": "operator@example.com",
        "secret_recovery_days": 0,
        "audio_force_destroy": True,
        "deletion_protection": False,
    }


def _changed(planned: Mapping[str, Any]) -> list[Change]:
    """The planned changes of resources."""
    changes = [each for each in planned.get("resource_changes", ()) if each["change"]["actions"] not in UNCHANGED]
    return [Change(tuple(each["change"]["actions"]), each["type"], each["address"]) for each in changes]


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
