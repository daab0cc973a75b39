"""The commands. Each returns the exit code or raises Failure."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from terraform.deploy import secret_placeholders
from terraform.deploy.code_deploy import rollout as roll_out
from terraform.deploy.console import Failure, report
from terraform.deploy.deployment import Deployment, require
from terraform.deploy.images import choose_images, keep_deployed, names_worker, previous_tag
from terraform.deploy.losses import losses
from terraform.deploy.migration import expand, migrate

__all__ = ["COMMANDS"]


def plan(deployment: Deployment) -> int:
    """Show the changes."""
    choose_images(deployment)
    file = deployment.options.out or deployment.work / "plan"
    lock = f"-lock={str(deployment.options.lock).lower()}"
    if deployment.options.secrets:
        _make_plan(deployment, file, lock)
    else:
        secret_placeholders.replace_all(deployment)
        _make_plan(deployment, file, lock, "-refresh=false")  # a refresh reads the value of each secret
    return 0


def apply(deployment: Deployment) -> int:
    """Apply a given plan, or plan, ask and apply; then roll the new version out."""
    file = deployment.options.plan
    if file is not None:
        secret_placeholders.fill_in(deployment)
    else:
        file = deployment.work / "plan"
        choose_images(deployment)
        _make_plan(deployment, file)
        if deployment.terraform.changes(file):
            deployment.confirm("apply this? Type yes:", "yes")
    _apply(deployment, file)
    keep_deployed(deployment)
    if deployment.options.rollout:
        roll_out(deployment)
    if url := (deployment.terraform.output("api") or {}).get("url"):
        report(f"the API answers at {url}")
    return 0


def rollout(deployment: Deployment) -> int:
    """Deploy the newest task definition of the ECS service."""
    roll_out(deployment)
    return 0


def smoke(deployment: Deployment) -> int:
    """Run the smoke scenario by tox, which installs what it needs; the API key stays in the environment."""
    require(deployment.target.environment, "tox")
    url = (deployment.terraform.output("api") or {}).get("url")
    if not url:
        raise Failure("there is no API to test: this topology has none, or nothing was applied")
    command = ["tox", "-q", "run", "-e", "smoke", "--", "--url", url]
    command += ["--within-seconds", str(deployment.limits.smoke_seconds)]
    return subprocess.run(command, env=deployment.target.environment, check=False).returncode


def rollback(deployment: Deployment) -> int:
    """Return to the images of an earlier commit. It replaces images and removes nothing else."""
    running = (deployment.terraform.output("images") or {}).get("worker") or ""
    if not running:
        raise Failure("nothing is deployed from images, so there is no version to return to")
    running = running.rpartition(":")[2]
    tag = deployment.options.to or previous_tag(deployment, running)
    if not tag:
        raise Failure(f"there is no image older than {running}; name one by --to TAG")
    report(f"from {running} back to {tag}")
    choose_images(deployment, tag)
    file = deployment.work / "plan"
    _make_plan(deployment, file)
    # In a hurry, a long plan is not read carefully.
    if lost := losses(deployment.terraform.changes(file)):
        raise Failure(
            f"this would remove more than a version, so it is not a rollback: {'; '.join(lost)}",
            "check out the configuration of that commit as well, and `apply`. Nothing was changed.",
        )
    deployment.confirm("roll back? Type yes:", "yes")
    _apply(deployment, file)
    keep_deployed(deployment)
    roll_out(deployment)
    report(f"the images are those of {tag} again")
    return 0


def destroy(deployment: Deployment) -> int:
    """Remove everything."""
    if not names_worker(deployment):
        # A destroy uses no image, but the variables require one, and the running one may be removed already.
        choose_images(deployment, deployment.target.environment.get("IMAGE_TAG") or "none")
    file = deployment.work / "plan"
    _make_plan(deployment, file, "-destroy")
    if not deployment.terraform.changes(file):
        report("there is nothing to destroy")
        return 0
    name = deployment.target.name
    deployment.confirm(f"destroy all of this, recordings and database included? Type the name ({name}):", name)
    _apply(deployment, file)
    return 0


def unlock(deployment: Deployment) -> int:
    """Remove the state lock of a run that died."""
    deployment.confirm("has the run that holds this lock certainly died? Type yes:", "yes")
    deployment.terraform.run("force-unlock", "-force", "-no-color", deployment.options.lock_id or "")
    return 0


def outputs(deployment: Deployment) -> int:
    """Print Terraform's outputs."""
    return deployment.terraform.print_outputs()


def _make_plan(deployment: Deployment, file: Path, *arguments: str) -> None:
    secret_placeholders.fill_in(deployment)
    deployment.terraform.run(
        "plan",
        "-no-color",
        _lock_timeout(deployment),
        f"-var-file=topologies/{deployment.options.topology}.tfvars",
        f"-out={file}",
        *arguments,
        *deployment.options.terraform_arguments,
    )


def _apply(deployment: Deployment, file: Path) -> None:
    secret_placeholders.refuse_to_write(deployment, file)
    deployment.terraform.run("apply", "-no-color", _lock_timeout(deployment), str(file))


def _lock_timeout(deployment: Deployment) -> str:
    return f"-lock-timeout={deployment.limits.lock_timeout_seconds}s"


COMMANDS: Mapping[str, Callable[[Deployment], int]] = {
    "plan": plan,
    "apply": apply,
    "expand": expand,
    "migrate": migrate,
    "rollout": rollout,
    "smoke": smoke,
    "rollback": rollback,
    "outputs": outputs,
    "unlock": unlock,
    "destroy": destroy,
}
