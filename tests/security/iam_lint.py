"""Lints IAM policies with parliament, offline: `python tests/security/iam_lint.py`, by `tox -e security`.

It reads the policies of the pipeline from the checked-in rendering, and those of the delivery module from the
recording of its plan; `tox -e terraform` compares both with what Terraform evaluates. ACCEPTED has the accepted
findings with their reasons. An accepted finding that does not occur any more is a finding, too.
"""

import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # parliament is written for older versions of Python
    import parliament

ROOT = Path(__file__).parents[2]
RENDERINGS = ROOT / "sim" / "provisioning" / "rendered"
DELIVERY = ROOT / "sim" / "cloud" / "planned" / "delivery.json"

# Placeholders of a rendering, and values of the right format.
PLACEHOLDERS = {
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

ACCEPTED = {
    ("deploy-compute", "UNKNOWN_CONDITION_FOR_ACTION"): "IfExists: tagging has no condition key for the service",
    ("deploy-entrances", "UNKNOWN_ACTION"): "apigateway:TagResource is newer than parliament's data",
    (
        "deploy-entrances",
        "RESOURCE_MISMATCH",
    ): "parliament also requires network load balancers; ours are application load balancers",
    (
        "deploy-network",
        "RESOURCE_MISMATCH",
    ): "parliament requires all resources of RunInstances and the like in one statement; they are in several",
    (
        "deploy-pipeline",
        "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
    ): "a role that configures a bucket can make it public: it requires the approval, see docs/how-to/deploy.md",
    (
        "preview-look",
        "RESOURCE_STAR",
    ): "AWS supports no resources for these read actions, and a plan also reads resources of others",
    ("preview-look", "RESOURCE_MISMATCH"): "public parameters belong to no account, which parliament does not support",
}


def main() -> int:
    found: list[str] = []
    occurred: set[tuple[str, str]] = set()
    delivery = json.loads(DELIVERY.read_text(encoding="utf-8"))["policies"]
    policies = dict(of_renderings()) | {f"delivery:{name}": json.dumps(policy) for name, policy in delivery.items()}
    for name, policy in policies.items():
        for finding in parliament.analyze_policy_string(policy).findings:
            known = (name.rpartition(":")[2], finding.issue)
            occurred.add(known)
            if known not in ACCEPTED:
                found.append(f"{name}: {finding.issue}: {str(finding.detail)[:300]}")
    stale = ACCEPTED.keys() - occurred
    found += [f"{name}: {issue} does not occur any more; remove it from ACCEPTED" for name, issue in stale]
    for line in found:
        say(f"iam: {line}")
    say(f"iam: {len(policies)} policies, {len(found)} findings")
    return 1 if found or not policies else 0


def of_renderings() -> Iterator[tuple[str, str]]:
    """Every policy in the checked-in rendering, by its place. Overlays are not merged, so they cannot change
    policies."""
    for file in sorted(RENDERINGS.glob("overlays/*.json")):
        for address, changes in json.loads(file.read_text(encoding="utf-8"))["resources"].items():
            changed = [pointer for pointer in changes if pointer.startswith(("/policy", "/assume_role_policy"))]
            assert not changed, f"{file} changes a policy of {address}"
    for file in sorted(RENDERINGS.glob("*.json")):
        for place, policy in policies_in(json.loads(file.read_text(encoding="utf-8"))):
            yield f"{file.stem}:{place}", resolved(policy)


def resolved(policy: dict[str, object]) -> str:
    text = json.dumps(policy).replace('\\"', "'")
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return REFERENCE.sub(lambda reference: ARNS[reference[1]], text)


def policies_in(value: object, place: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Identity policies at any depth: objects, or JSON of objects, that have statements with resources."""
    if isinstance(value, str) and '"Statement"' in value:
        value = json.loads(value)
    if isinstance(value, dict):
        statements = value.get("Statement")
        if isinstance(statements, list) and all("Resource" in each and "Principal" not in each for each in statements):
            yield place, value
            return
        for name, inner in value.items():
            yield from policies_in(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from policies_in(inner, f"{place}/{number}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
