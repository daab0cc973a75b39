"""One topology's way round: plan, apply, a plan without changes, a small change, no secret seen, destroy."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sim.cloud.inventory import inventory, left_over, of_name
from sim.cloud.servers import Cloud
from sim.provisioning.errors import TerraformError
from sim.provisioning.render import RENDERED_TOPOLOGIES
from sim.provisioning.terraform import Terraform, copy_configuration

OPENAI_API_KEY = "sk-lap-7c1d0c9be0d94d0b8f7a3f0e6b1a2c54"
API_KEYS_JSON = '{"lap-key-2f9e4a7d10b84c35a6c1": "somebody"}'
LOG_RETENTION_DAYS = 7
"""The small change: what the logs' groups are not kept for before it."""

LONG_ENOUGH_TO_BE_A_SECRET = 12
OPENAI_MADE_UP = "ec2"
"""The topology that goes round with the scenarios' own OpenAI."""

CHANGES = 2
"""Exit code of a plan that would change something, where it is asked to tell."""

COMPLETE = (": Creation complete", ": Modifications complete", ": Destruction complete")
VALUES = "lap.tfvars.json"


class Broken(Exception):
    """What does not hold, in a sentence."""


class Lap:
    """One topology in a folder and with a state of its own, in a cloud that others share."""

    def __init__(
        self,
        topology: str,
        folder: Path,
        cloud: Cloud,
        package: bytes,
        *,
        give_up_at: float,
        say: Callable[[str], None],
    ) -> None:
        """`give_up_at` is when the last wait ends, by the monotonic clock."""
        self.topology, self.name = topology, f"{topology}-lap"
        self.seconds: dict[str, float] = {}
        self.doing = "waits"
        self.resources = 0
        self.swept = 0
        self.problem: str | None = None
        self._cloud, self._give_up_at, self._say = cloud, give_up_at, say
        self._done = 0
        self._texts: dict[str, str] = {}
        work = copy_configuration(folder)
        (work / "package.zip").write_bytes(package)
        (work / VALUES).write_text(json.dumps(_values(topology, self.name)))
        secrets = {"TF_VAR_openai_api_key": OPENAI_API_KEY, "TF_VAR_api_keys_json": API_KEYS_JSON}
        self._terraform = Terraform(work, {**cloud.environment(), **secrets})

    def run(self) -> None:
        """Go round; what broke is in `problem`."""
        steps: Mapping[str, Callable[[], None]] = {
            "init": self._init,
            "validate": self._validate,
            "plan": self._plan,
            "apply": self._apply,
            "again": self._plan_again,
            "change": self._change,
            "secrets": self._look_for_secrets,
            "destroy": self._destroy,
        }
        for name, step in steps.items():
            began, self.doing, self._done = time.monotonic(), name, 0
            try:
                step()
            except (TerraformError, Broken) as error:
                self.problem = f"{name}: {error}"
                break
            finally:
                self.seconds[name] = time.monotonic() - began
            self._say(f"{self.topology}: {name} {self.seconds[name]:.0f} s")
        self.doing = "broke" if self.problem else "done"

    def stop(self) -> None:
        """Interrupt what runs, as Ctrl-C would, and begin nothing more."""
        self._give_up_at = 0.0
        self._terraform.interrupt()

    def progress(self) -> str:
        """What it does just now, and how far it is."""
        of = f" {self._done}/{self.resources}" if self.doing in ("apply", "destroy") else ""
        return f"{self.topology} {self.doing}{of}"

    def _init(self) -> None:
        self._run("init")

    def _validate(self) -> None:
        self._run("validate")

    def _plan(self) -> None:
        planned = self._planned("first")
        self.resources = len([each for each in planned.get("resource_changes", ()) if each["mode"] == "managed"])

    def _apply(self) -> None:
        self._run("apply", "first.tfplan")
        self.swept = len(of_name(inventory(self._cloud), self.name))
        if not self.swept:
            raise Broken("the sweep finds nothing of what was just made: it would find nothing that is left either")

    def _plan_again(self) -> None:
        changes = _changes(self._planned("second"))
        if changes:
            raise Broken(f"a second plan would change {'; '.join(changes)}")

    def _change(self) -> None:
        """Another retention of logs touches the groups of logs and nothing else; then all is at rest again."""
        longer = f"-var=log_retention_days={LOG_RETENTION_DAYS}"
        planned = self._planned("change", longer)
        changes = _changes(planned)
        unexpected = [each for each in changes if not each.endswith(": update retention_in_days")]
        if unexpected or not changes:
            raise Broken(f"log_retention_days would change {'; '.join(unexpected) or 'nothing'}")
        self._run("apply", "change.tfplan")
        if left := _changes(self._planned("changed", longer)):
            raise Broken(f"after the change, a plan would change {'; '.join(left)}")

    def _look_for_secrets(self) -> None:
        """No value that Secrets Manager keeps is in the state, a plan, or what Terraform printed."""
        values = self._secret_values()
        if missing := _written(self.topology, self.name) - {name for name, _ in values}:
            raise Broken(
                f"Secrets Manager keeps nothing in {', '.join(sorted(missing))}: the search would show nothing"
            )
        state = (self._terraform.folder / "terraform.tfstate").read_text(encoding="utf-8")
        for where, text in {"the state": state, **self._texts}.items():
            if found := [name for name, value in values if value in text]:
                raise Broken(f"the value of {found[0]} is in {where}")

    def _destroy(self) -> None:
        self._run("destroy", "-auto-approve", f"-var=log_retention_days={LOG_RETENTION_DAYS}", *self._files())
        if kept := self._terraform.run("state", "list", timeout_seconds=self._left()).split():
            raise Broken(f"the state still has {', '.join(kept)}")
        if left := of_name(left_over(inventory(self._cloud)), self.name):
            raise Broken(f"the cloud still has {'; '.join(left)}")

    def _secret_values(self) -> list[tuple[str, str]]:
        """Every secret by name, and what is in it: the whole, the parts of a JSON object, the password in a URL."""
        secrets = self._cloud.client("secretsmanager")
        found: list[tuple[str, str]] = []
        for each in secrets.list_secrets(MaxResults=100)["SecretList"]:
            if each["Name"].startswith(f"{self.name}/"):
                parts = _parts(_value_of(secrets, each["ARN"]))
                found += [(each["Name"], part) for part in parts if len(part) >= LONG_ENOUGH_TO_BE_A_SECRET]
        return found

    def _planned(self, name: str, *more: str) -> dict[str, Any]:
        """A plan as JSON, kept for the search of secrets; nothing where nothing would change."""
        self._run("plan", f"-out={name}.tfplan", "-detailed-exitcode", *more, *self._files(), accept=(0, CHANGES))
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
        self._texts[f"what {command} printed"] = self._texts.get(f"what {command} printed", "") + printed

    def _count(self, line: str) -> None:
        self._done += any(mark in line for mark in COMPLETE)

    def _left(self) -> float:
        return max(1.0, self._give_up_at - time.monotonic())


def _written(topology: str, name: str) -> set[str]:
    """The secrets that an apply fills."""
    written = {"openai-api-key", "api-keys"}
    written |= {"database-password", "database-url"} if topology not in RENDERED_TOPOLOGIES else set()
    written |= {"openai-simulator-key"} if topology == OPENAI_MADE_UP else set()
    return {f"{name}/{each}" for each in written}


def _value_of(secrets: Any, arn: str) -> str:
    """What is in a secret; nothing in one that somebody has yet to fill, as the core's database URL is."""
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
    # Images for functions are a paid feature of LocalStack's.
    api = {"api_package_path": "package.zip"} if topology == "lambda" else {"api_image_uri": image}
    return {
        "name": name,
        "worker_package_path": "package.zip",
        **({} if topology in RENDERED_TOPOLOGIES else api),
        **(simulator if topology == OPENAI_MADE_UP else {}),
        "secrets_version": 1,
        "alarm_email": "somebody@example.com",
        "secret_recovery_days": 0,
        "audio_force_destroy": True,
        "deletion_protection": False,
        "max_retries": 2,  # an emulator that answers 500 twice will do so for ever
    }


def _changes(planned: Mapping[str, Any]) -> list[str]:
    """`ADDRESS: update attribute, attribute` for each resource that would be touched; outputs by their names."""
    told: list[str] = []
    for each in planned.get("resource_changes", ()):
        change = each["change"]
        if each["mode"] == "managed" and change["actions"] != ["no-op"]:
            told.append(f"{each['address']}: {'+'.join(change['actions'])} {', '.join(_differing(change))}".rstrip())
    for name, change in planned.get("output_changes", {}).items():
        if change["actions"] != ["no-op"]:
            told.append(f"output.{name}: {'+'.join(change['actions'])}")
    return told


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
