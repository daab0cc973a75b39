"""The images of the docker engine: ours are built, the others are pulled."""

import subprocess
from collections.abc import Callable

from testcontainers.core.config import testcontainers_config

from sim.app import APP
from sim.engines.base.engine import EngineNotReady
from sim.engines.docker.cli import DockerFailed, docker, sentence_of
from sim.platform.paths import REPOSITORY

API = APP.images.api.name
WORKER = APP.images.worker.name
LOCALSTACK = "rawk-localstack"
POSTGRES = "postgres:16-alpine"
OPENAI_SIMULATOR = "rawk-openai-simulator"
"""For compose and for AWS. The docker engine runs the simulator as a process of the harness."""

DOCKERFILES = {
    API: APP.images.api.dockerfile,
    WORKER: APP.images.worker.dockerfile,
    LOCALSTACK: "sim/localstack/extension/Dockerfile",
}
OPENAI_SIMULATOR_DOCKERFILE = "sim/openai_simulator/Dockerfile"

BUILD_SECONDS = 900.0


def build_images(say: Callable[[str], None]) -> None:
    """Build our images and pull the missing ones; unchanged images take seconds. Raises EngineNotReady."""
    for image, dockerfile in DOCKERFILES.items():
        say(f"building the image {image} from {dockerfile} ...")
        build(image, dockerfile)
    try:
        for image in (POSTGRES, testcontainers_config.ryuk_image):
            if not docker("images", "-q", image):
                say(f"pulling {image} ...")
                docker("pull", "-q", image, timeout_seconds=BUILD_SECONDS)
    except DockerFailed as failure:
        raise EngineNotReady(f"the docker engine cannot run: {failure}") from failure


def build(image: str, dockerfile: str) -> None:
    """Build an image from the root of the repository. Raises EngineNotReady."""
    command = ["docker", "build", "-t", image, "-f", dockerfile, "."]
    try:
        built = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise EngineNotReady(f"the image {image} was not built within {BUILD_SECONDS:g} s.") from error
    if built.returncode:
        why = sentence_of(f"{built.stdout}\n{built.stderr}")
        raise EngineNotReady(f"the image {image} could not be built from {dockerfile}: {why}")
