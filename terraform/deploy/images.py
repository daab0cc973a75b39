"""Which images Terraform deploys."""

from __future__ import annotations

import json
import re

from terraform.deploy.aws_cli import AwsError
from terraform.deploy.console import Failure, misuse, report
from terraform.deploy.deployment import Deployment

__all__ = ["WORKER_IMAGE", "choose_images", "keep_deployed", "names_worker", "previous_tag"]

_DEPLOYED = "deployed-"
"""Prefix of the second tag of images that were deployed; the repositories keep those (modules/delivery/images.tf)."""
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")

WORKER_IMAGE, _API, _PACKAGE = "TF_VAR_worker_image_uri", "TF_VAR_api_image_uri", "TF_VAR_worker_package_path"


def choose_images(deployment: Deployment, tag: str | None = None) -> None:
    """Set Terraform's variables for the images.

    The images of the tag, by default of IMAGE_TAG; else those that the operator's variables name; else the running
    ones. Raises Failure when none of these exists.
    """
    target, variables = deployment.target, deployment.target.environment
    tag = tag or variables.get("IMAGE_TAG")
    if tag:
        if not _TAG.fullmatch(tag):
            raise misuse(f"IMAGE_TAG is not a valid tag: {tag}")
        variables[WORKER_IMAGE] = f"{target.registry}/{target.name}/worker:{tag}"
        if target.has_api:
            variables[_API] = f"{target.registry}/{target.name}/api:{tag}"
    elif not names_worker(deployment):
        running = deployment.terraform.output("images") or {}
        if not running.get("worker"):
            raise Failure(
                "nothing is deployed yet, so name the images: IMAGE_TAG=$(git rev-parse HEAD), after they are pushed"
            )
        variables[WORKER_IMAGE] = running["worker"]
        if running.get("api"):
            variables[_API] = running["api"]
        else:
            variables.pop(_API, None)


def names_worker(deployment: Deployment) -> bool:
    """Whether the operator's variables name the worker's code."""
    variables = deployment.target.environment
    return bool(variables.get(WORKER_IMAGE) or variables.get(_PACKAGE))


def keep_deployed(deployment: Deployment) -> None:
    """Tag the running images, so that the repository keeps them however many newer ones are pushed."""
    for uri in (deployment.terraform.output("images") or {}).values():
        repository, _, tag = (uri or "").partition("/")[2].rpartition(":")
        if not repository:
            continue  # a package, or an image by its digest
        named = ("--repository-name", repository)
        query = ("--query", "images[0].imageManifest", "--output", "text")
        try:
            manifest = deployment.aws.run("ecr", "batch-get-image", *named, "--image-ids", f"imageTag={tag}", *query)
            put = ("--image-tag", f"{_DEPLOYED}{tag}", "--image-manifest", manifest)
            deployment.aws.run("ecr", "put-image", *named, *put)
        except AwsError as error:
            if "ImageAlreadyExistsException" not in str(error) and "ImageTagAlreadyExists" not in str(error):
                report(f"{repository}:{tag} may expire while it runs, because it has no tag {_DEPLOYED}{tag}: {error}")


def previous_tag(deployment: Deployment, running: str) -> str | None:
    """The tag of the newest worker image that was pushed before the running one; None when there is none."""
    repository = f"{deployment.target.name}/worker"
    try:
        listed = deployment.aws.run("ecr", "describe-images", "--repository-name", repository, "--output", "json")
    except AwsError as error:
        raise Failure(f"the images of {repository} cannot be listed: {error}") from error
    images = sorted(json.loads(listed)["imageDetails"], key=lambda each: each["imagePushedAt"])
    tags = [tag for image in images for tag in image.get("imageTags", []) if not tag.startswith(_DEPLOYED)]
    return tags[tags.index(running) - 1] if running in tags[1:] else None
