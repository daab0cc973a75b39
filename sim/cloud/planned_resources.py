"""Records what each topology plans: the names and types of its resources, and the policies of the delivery's roles.

Terraform evaluates all topologies with every option that adds resources, by `terraform test` with a mocked provider: it
needs no credentials and no network. `tox -e render` writes `sim/cloud/planned`, and `--check` compares it. The unit
tests of the roles judge the recorded names without Terraform.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.provisioning.errors import ProvisionError, RenderingError
from sim.provisioning.render import PASSWORDS
from sim.provisioning.terraform import Terraform, copy_configuration

__all__ = ["ACCOUNT", "NAME", "PLANNED", "REGION", "main"]

PLANNED = Path(__file__).parent / "planned"
NAME, ACCOUNT, REGION = "rawk", "123456789012", "us-east-1"

_TEST_FILE = "tests/planned.tftest.hcl"
_SECONDS = 240
_REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"

_EVERYWHERE: dict[str, Any] = {
    "worker_image_uri": f"{_REGISTRY}/{NAME}/worker:abc",
    "alarm_email": "operator@example.com",
    "openai_api_key": "sk-0123456789abcdefghij",
    "api_keys_json": json.dumps({"key-of-acme-0123456789abcdef": "acme"}),
    "generate_database_password": False,
    "database_password": "correct-horse-battery-staple",
    "generate_openai_simulator_key": False,
    "openai_simulator_key": "generated-0123456789abcdefghijklmnopqrstuv",
}
_API_IMAGE: dict[str, Any] = {"api_image_uri": f"{_REGISTRY}/{NAME}/api:abc", "monthly_budget_dollars": 50}
_SIMULATOR: dict[str, Any] = {
    "openai_simulator_image_uri": f"{_REGISTRY}/{NAME}/openai-simulator:abc",
    "openai_simulator_allowed_cidrs": ["0.0.0.0/0"],
}
_CERTIFICATE: dict[str, Any] = {
    "certificate_arn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0f1e2d3c",
    "server_name": "api.example.com",
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "apprunner": _API_IMAGE | {"tracing": True},
    "ec2": _API_IMAGE | _SIMULATOR | {"tracing": True},
    "ecs": _API_IMAGE | _CERTIFICATE | {"tracing": True, "vpc_endpoints": True},
    "apprunner-private": _API_IMAGE | {"tracing": True, "vpc_endpoints": True},
    "lambda": {"api_image_uri": f"{_REGISTRY}/{NAME}/api:abc"},
}
"""Topology -> its options beside its file: all that add resources."""

_PAGES: dict[str, Any] = {"cors_allowed_origins": ["https://app.example.com"]}

_NAME = re.compile(rf"[\w.:/*@-]*\b{NAME}\b[\w.:/*@-]*")
"""An attribute that is a name or an address of the pipeline, and no text and no document."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the recordings, or with --check compare them. Exit code 0: done or fresh, 1: stale, 2: not evaluated."""
    parser = argparse.ArgumentParser(prog="tox -e render", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 when a recording is stale")
    parser.add_argument("--skip-without-terraform", action="store_true", help="without terraform, exit with 0")
    given = parser.parse_args(arguments)
    if given.skip_without_terraform and shutil.which("terraform") is None:
        print("planned: skipped: there is no terraform on the PATH", file=sys.stderr)
        return 0
    try:
        recorded = _recorded()
    except ProvisionError as error:
        print(f"planned: {error}", file=sys.stderr)
        return 2
    return _compare(recorded) if given.check else _write(recorded)


def _recorded() -> dict[str, str]:
    """The text of each file in `PLANNED`, by its name. Raises RenderingError or TerraformError."""
    with tempfile.TemporaryDirectory(prefix="rawk-planned-") as folder:
        terraform = Terraform(copy_configuration(Path(folder)))
        (terraform.folder / _TEST_FILE).write_text(_test_file(terraform.folder / "topologies"), encoding="utf-8")
        terraform.run("init", "-backend=false", "-no-color", timeout_seconds=_SECONDS)
        arguments = ("test", "-json", "-verbose", f"-filter={_TEST_FILE}")
        printed = terraform.run(*arguments, timeout_seconds=_SECONDS, accept=(0, 1))
    messages = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    if errors := [_error(each) for each in messages if each["@level"] == "error"]:
        raise RenderingError(f"Terraform refuses to plan: {'; '.join(errors)}")
    plans = {each["@testrun"]: each["test_plan"] for each in messages if each["type"] == "test_plan"}
    delivery = {name: each.get("after") for name, each in plans.pop("delivery")["output_changes"].items()}
    documents = {name.replace("_", "-"): _resources(plan) for name, plan in plans.items()}
    policies = {name: json.loads(policy) for name, policy in delivery["policies"].items()}
    documents["delivery"] = {"attached": delivery["attached"], "policies": policies}
    return {f"{name}.json": json.dumps(document, indent=1) + "\n" for name, document in documents.items()}


def _error(message: Mapping[str, Any]) -> str:
    return f"{message['@message']}: {message.get('diagnostic', {}).get('detail', '')}"


def _resources(plan: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Address -> the type, and the attributes that are names; `tagged` where the plan sets the pipeline's tag."""
    found = {}
    for each in plan["resource_changes"]:
        if each["mode"] == "managed":
            after = each["change"]["after"]
            names = {key: value for key, value in after.items() if isinstance(value, str) and _NAME.fullmatch(value)}
            tagged = {"tagged": True} if (after.get("tags") or {}).get("Pipeline") == NAME else {}
            found[each["address"]] = {"type": each["type"], **dict(sorted(names.items())), **tagged}
    return dict(sorted(found.items()))


def _test_file(topologies: Path) -> str:
    data: dict[str, dict[str, Any]] = {
        "aws_availability_zones": {"names": ["us-east-1a", "us-east-1b"]},
        "aws_caller_identity": {"account_id": ACCOUNT},
        "aws_partition": {"partition": "aws"},
        "aws_region": {"id": REGION},
        "aws_ssm_parameter": {"value": "ami-0123456789abcdef0"},
    }
    mocks = "\n".join(f'  mock_data "{each}" {{ defaults = {_hcl(values)} }}' for each, values in data.items())
    blocks = [f'mock_provider "aws" {{\n  override_during = plan\n{mocks}\n}}', PASSWORDS]
    for topology, options in _OPTIONS.items():
        file = (topologies / f"{topology}.tfvars").read_text(encoding="utf-8")
        given = {name: value for name, value in (_EVERYWHERE | _PAGES | options).items() if f"\n{name} " not in file}
        lines = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in given.items())
        blocks.append(_run(topology, f"  variables {{\n{file}\n{lines}  }}\n"))
    delivery = {
        "name": NAME,
        "github_repository": "example/memories",
        "state_bucket_arn": f"arn:aws:s3:::terraform-state-{NAME}-{ACCOUNT}",
    }
    blocks.append(_run("delivery", f'  module {{ source = "./modules/delivery" }}\n  variables = {_hcl(delivery)}\n'))
    return "\n\n".join(blocks).replace("  variables = {", "  variables {") + "\n"


def _run(name: str, body: str) -> str:
    return f'run "{name.replace("-", "_")}" {{\n  command = plan\n{body}}}'


def _hcl(values: Mapping[str, Any]) -> str:
    return "{\n" + "".join(f"    {name} = {json.dumps(value)}\n" for name, value in values.items()) + "  }"


def _write(recorded: Mapping[str, str]) -> int:
    PLANNED.mkdir(exist_ok=True)
    for name, text in recorded.items():
        (PLANNED / name).write_text(text, encoding="utf-8")
        print(f"planned: {name} written")
    return 0


def _compare(recorded: Mapping[str, str]) -> int:
    stale = False
    for name, text in recorded.items():
        file = PLANNED / name
        present = file.read_text(encoding="utf-8") if file.is_file() else ""
        lines = difflib.unified_diff(present.splitlines(keepends=True), text.splitlines(keepends=True), name, "now")
        differing = list(lines)
        sys.stdout.writelines(differing)
        stale = stale or bool(differing)
        print(f"planned: {name} {'is stale; run tox -e render' if differing else 'is up to date'}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
