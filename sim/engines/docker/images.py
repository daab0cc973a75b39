"""The images that containers of the docker engine start from: ours are built, the others come from their registries."""

import subprocess
from collections.abc import Callable

from testcontainers.core.config import testcontainers_config

from sim.app import APP
from sim.engines.base.engine import EngineNotReady
from sim.engines.docker.cli import DockerTrouble, docker, sentence_of
from sim.platform.paths import REPOSITORY

API = APP.images.api.name
WORKER = APP.images.worker.name
LOCALSTACK = "rawk-localstack"
POSTGRES = "postgres:16-alpine"
OPENAI_SIMULATOR = "rawk-openai-simulator"
"""For compose and for AWS; the docker engine's simulator is a process of the harness."""

DOCKERFILES = {
    API: APP.images.api.dockerfile,
    WORKER: APP.images.worker.dockerfile,
    LOCALSTACK: "sim/localstack/extension/Dockerfile",
}
OPENAI_SIMULATOR_DOCKERFILE = "sim/openai_simulator/Dockerfile"

BUILD_SECONDS = 900.0


def build_images(say: Callable[[str], None]) -> None:
    """Build ours, and see that the others are here; what has not changed takes seconds. Raises EngineNotReady."""
    for image, dockerfile in DOCKERFILES.items():
        say(f"building the image {image} from {dockerfile} ...")
        build(image, dockerfile)
    try:
        for image in (POSTGRES, testcontainers_config.ryuk_image):
            if not docker("images", "-q", image):
                say(f"pulling {image} ...")
                docker("pull", "-q", image, timeout_seconds=BUILD_SECONDS)
    except DockerTrouble as trouble:
        raise EngineNotReady(f"the docker engine can not play: {trouble}") from trouble


def build(image: str, dockerfile: str) -> None:
    """From the root of the repository. Raises EngineNotReady."""
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
