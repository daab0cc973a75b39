"""Functions in containers whose image is here and nowhere else.

Stock LocalStack pulls a runtime's image before it first uses it, and gives up on one that no registry has, such as one
built on this machine and named by LAMBDA_RUNTIME_IMAGE_MAPPING. What is here is taken as it is.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.services.lambda_.invocation import docker_runtime_executor
from localstack.utils.container_utils.container_client import NoSuchImage


def install() -> None:
    """Look before pulling."""
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
