"""Lints IAM policies with parliament, offline: `python tests/security/iam_lint.py`, by `tox -e security`.

It reads the policies of the pipeline from the checked-in renderings, and, where there is a `terraform`, those of the
delivery module from a plan against a mocked provider. A finding that is meant stands in MEANT, with the reason; one
that is meant and does not turn up any more is a finding, too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it is written for older Pythons
    import parliament

ROOT = Path(__file__).parents[2]
RENDERINGS = ROOT / "sim" / "provision" / "rendered"
TERRAFORM_SECONDS = 300

DUMP = """
mock_provider "aws" {
  override_during = plan
  mock_data "aws_caller_identity" { defaults = { account_id = "123456789012" } }
  mock_data "aws_partition" { defaults = { partition = "aws" } }
  mock_data "aws_region" { defaults = { name = "us-east-1" } }
}

run "policies" {
  command = plan
  module { source = "./modules/delivery" }
  variables {
    name              = "memo"
    github_repository = "somebody/memories"
    state_bucket_arn  = "arn:aws:s3:::terraform-state-memo-123456789012"
  }
}
"""

# What a rendering leaves open until it is provisioned, filled in with anything of the right shape.
STAND_INS = {
    "${region}": "us-east-1",
    "${account}": "123456789012",
    "${name}": "memo",
}
ARNS = {
    "aws_sqs_queue": "arn:aws:sqs:us-east-1:123456789012:memo",
    "aws_s3_bucket": "arn:aws:s3:::memo",
    "aws_secretsmanager_secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:memo",
    "aws_cloudwatch_log_group": "arn:aws:logs:us-east-1:123456789012:log-group:memo",
}
REFERENCE = re.compile(r"\$\{(aws_\w+)\.[^}]*\}")

MEANT = {
    ("deploy-compute", "UNKNOWN_CONDITION_FOR_ACTION"): "IfExists: tagging does not tell which service it is about",
    ("deploy-entrances", "UNKNOWN_ACTION"): "apigateway:TagResource is newer than parliament's data",
    (
        "deploy-entrances",
        "RESOURCE_MISMATCH",
    ): "parliament asks for network load balancers beside ours, which are applications'",
    (
        "deploy-network",
        "RESOURCE_MISMATCH",
    ): "parliament asks each statement for all resources of RunInstances and its like; they stand in several, by tag",
    (
        "deploy-pipeline",
        "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
    ): "who sets a bucket up can open it: behind the approval, told in docs/how-to/deploy.md",
    (
        "plan-look",
        "RESOURCE_STAR",
    ): "describing is asked for by AWS without names, and a plan looks at what is not ours, too",
    ("plan-look", "RESOURCE_MISMATCH"): "public parameters are in no account, which parliament does not know",
}


def main() -> int:
    found: list[str] = []
    met: set[tuple[str, str]] = set()
    policies = dict(of_renderings())
    if shutil.which("terraform"):
        policies |= dict(of_delivery())
    elif os.environ.get("CI"):
        found.append("there is no terraform on the PATH, so that nobody looked at the policies of delivery")
    for name, policy in policies.items():
        for finding in parliament.analyze_policy_string(policy).findings:
            known = (name.rpartition(":")[2], finding.issue)
            met.add(known)
            if known not in MEANT:
                found.append(f"{name}: {finding.issue}: {str(finding.detail)[:300]}")
    if any(name.startswith("delivery:") for name in policies):
        found += [
            f"{name}: {issue} does not turn up any more; take it out of MEANT" for name, issue in MEANT.keys() - met
        ]
    else:
        say("iam: no terraform here, so the policies of delivery were not looked at")
    for line in found:
        say(f"iam: {line}")
    say(f"iam: {len(policies)} policies, {len(found)} findings")
    return 1 if found or not policies else 0


def of_renderings() -> Iterator[tuple[str, str]]:
    """Every policy in the checked-in renderings, by where it stands."""
    for file in sorted(RENDERINGS.glob("*.json")):
        for place, policy in policies_in(json.loads(file.read_text(encoding="utf-8"))):
            yield f"{file.stem}:{place}", filled_in(policy)


def filled_in(policy: dict[str, object]) -> str:
    text = json.dumps(policy).replace('\\"', "'")
    for placeholder, value in STAND_INS.items():
        text = text.replace(placeholder, value)
    return REFERENCE.sub(lambda reference: ARNS[reference[1]], text)


def policies_in(value: object, place: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Identity policies anywhere below: objects, or text of objects, that have statements with resources."""
    if isinstance(value, str) and '"Statement"' in value:
        value = json.loads(value)
    if isinstance(value, dict):
        statements = value.get("Statement")
        if isinstance(statements, list) and all("Resource" in each and "Principal" not in each for each in statements):
            yield place, value
            return
        for name, inside in value.items():
            yield from policies_in(inside, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            yield from policies_in(inside, f"{place}/{number}")


def of_delivery() -> Iterator[tuple[str, str]]:
    """The policies that modules/delivery gives its roles; needs terraform and the AWS provider, and no account."""
    with tempfile.TemporaryDirectory(prefix="rawk-iam-") as folder:
        copy = Path(folder) / "terraform"
        shutil.copytree(
            ROOT / "terraform", copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tftest.hcl")
        )
        (copy / "tests").mkdir(exist_ok=True)
        (copy / "tests" / "dump.tftest.hcl").write_text(DUMP, encoding="utf-8")
        terraform(copy, "init", "-backend=false", "-no-color")
        for line in terraform(copy, "test", "-json", "-verbose").splitlines():
            if '"test_plan"' in line:
                outputs = json.loads(line).get("test_plan", {}).get("output_changes", {})
                for name, policy in outputs.get("policies", {}).get("after", {}).items():
                    yield f"delivery:{name}", policy
                return
    raise SystemExit("iam: terraform planned no delivery module")


def terraform(folder: Path, *arguments: str) -> str:
    ended = subprocess.run(
        ["terraform", *arguments],
        cwd=folder,
        env=os.environ | {"TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        timeout=TERRAFORM_SECONDS,
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"iam: terraform {arguments[0]} failed: {ended.stderr or ended.stdout[-2000:]}")
    return ended.stdout


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
