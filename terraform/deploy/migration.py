"""Migrations of the database, which functions run: they have its secret and are inside its network, unlike a CI job."""

from __future__ import annotations

import json
from typing import Any

from terraform.deploy.aws_cli import AwsError
from terraform.deploy.console import Failure, report
from terraform.deploy.deployment import Deployment
from terraform.deploy.images import WORKER_IMAGE, choose_images

__all__ = ["expand", "migrate"]


def migrate(deployment: Deployment) -> int:
    """Migrate by the deployed relay."""
    function = deployment.terraform.output("relay_function")
    if not function:
        raise Failure("nothing is deployed yet, so no function can run the migration: apply first")
    _run(deployment, function, log=function)
    return 0


def expand(deployment: Deployment) -> int:
    """Migrate by the new version's code before any of it serves: by a copy of the relay with the new image."""
    relay = deployment.terraform.output("relay_function")
    if not relay:
        report("nothing is deployed yet: after the apply, `migrate` creates the schema")
        return 0
    choose_images(deployment)
    image = deployment.target.environment.get(WORKER_IMAGE)
    settings = json.loads(_lambda(deployment, "get-function-configuration", relay, "--output", "json"))
    if image is None or settings["PackageType"] != "Image":
        raise Failure("a package has no image to migrate by: `apply`, then `migrate`. Nothing was changed.")
    name = f"{deployment.target.name}-migration"
    _remove(deployment, name)  # that of a run that died
    request = deployment.work / "function"
    request.write_text(json.dumps(_copy(settings, name, image)), encoding="utf-8")
    try:
        deployment.aws.run("lambda", "create-function", "--cli-input-json", f"file://{request}")
        deployment.aws.run("lambda", "wait", "function-active-v2", "--function-name", name)
        _run(deployment, name, log=relay)
    except AwsError as refused:
        raise Failure(f"the migration could not be prepared: {refused}", "Nothing was changed.") from refused
    finally:
        _remove(deployment, name)
    return 0


def _copy(settings: dict[str, Any], name: str, image: str) -> dict[str, Any]:
    network = settings.get("VpcConfig") or {}
    kept = {key: network[key] for key in ("SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack") if key in network}
    return {
        "FunctionName": name,
        "Description": "Migrates the database; exists during a deployment only.",
        "PackageType": "Image",
        "Code": {"ImageUri": image},
        "ImageConfig": settings["ImageConfigResponse"]["ImageConfig"],
        **{key: settings[key] for key in ("Role", "Timeout", "MemorySize", "Architectures", "Environment")},
        **({"VpcConfig": kept} if kept.get("SubnetIds") else {}),
        # Its role may write to the relay's log group alone.
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{settings['FunctionName']}"},
    }


def _run(deployment: Deployment, function: str, *, log: str) -> None:
    request, response = deployment.work / "request", deployment.work / "response"
    request.write_text('{"migrate": "head"}', encoding="utf-8")
    invoke = ("lambda", "invoke", "--function-name", function, "--payload", f"fileb://{request}")
    query = ("--query", "FunctionError", "--output", "text")
    try:
        error = deployment.aws.run(*invoke, *query, str(response), read_timeout_seconds=300)
    except AwsError as refused:
        raise Failure(f"the migration could not be started: {refused}") from refused
    answer = response.read_text(encoding="utf-8", errors="replace")
    if error != "None":
        raise Failure(
            f"the migration failed and changed nothing: {answer[:500]}",
            f"its log: aws logs tail /aws/lambda/{log} --since 10m",
        )
    report(f"the database is at revision {json.loads(answer).get('revision')}")


def _lambda(deployment: Deployment, operation: str, function: str, *more: str) -> str:
    return deployment.aws.run("lambda", operation, "--function-name", function, *more)


def _remove(deployment: Deployment, function: str) -> None:
    try:
        _lambda(deployment, "delete-function", function)
    except AwsError as error:
        if "ResourceNotFoundException" not in str(error):
            report(f"the function {function} remains: {error}")
