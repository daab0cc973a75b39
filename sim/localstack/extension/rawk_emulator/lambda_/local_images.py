"""Functions in containers whose image is present locally and in no registry.

Stock LocalStack pulls a runtime's image before it uses it for the first time, and fails for an image that no registry
has, such as one that was built on this machine and is named by LAMBDA_RUNTIME_IMAGE_MAPPING. Here an image that is
present is used as it is.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.services.lambda_.invocation import docker_runtime_executor
from localstack.utils.container_utils.container_client import NoSuchImage


def install() -> None:
    """Look for the image locally before pulling it."""
    pull = docker_runtime_executor._ensure_runtime_image_present

    def ensure_runtime_image_present(image: str, platform: Any) -> None:
        if not _is_here(image):
            pull(image, platform)

    docker_runtime_executor._ensure_runtime_image_present = ensure_runtime_image_present


def _is_here(image: str) -> bool:
    try:
        docker_runtime_executor.CONTAINER_CLIENT.inspect_image(image, pull=False)
    except NoSuchImage:
        return False
    return True
