"""Each known failure of Docker becomes one sentence that says what to do."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.engines.base.engine import EngineNotReady
from sim.engines.docker.cli import LEAST_FREE_BYTES, NO_COMMAND, DockerFailed, require_docker, sentence_of

SENTENCES = {
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": (
        "Docker does not answer: start it"
    ),
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get …": (
        "add it to the group docker"
    ),
    "Error response from daemon: driver failed programming external connectivity on endpoint rawk-localstack: "
    "Bind for 127.0.0.1:4566 failed: port is already allocated": "another process listens on 127.0.0.1:4566: stop it",
    "failed to bind host port: listen tcp4 127.0.0.1:8080: bind: address already in use": (
        "another process listens on 127.0.0.1:8080: stop it"
    ),
    "failed to register layer: write /usr/lib/libc.so: no space left on device": "`docker system prune` frees some",
    "docker: 'compose' is not a docker command.\nSee 'docker --help'": "install Docker's compose plugin",
    "unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]": "install Docker's compose plugin",
    "pull access denied for rawk-worker, repository does not exist or may require 'docker login'": (
        "the image rawk-worker is not on this machine and cannot be pulled"
    ),
    'failed to resolve reference "docker.io/library/postgres:16-alpine": …': (
        "the image docker.io/library/postgres:16-alpine is not on this machine and cannot be pulled"
    ),
    "Error response from daemon: No such image: rawk-api:latest": "the image rawk-api:latest is not on this machine",
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host': (
        "images cannot be pulled from registry-1.docker.io"
    ),
    "first line\n\nan unknown failure\n": "Docker said: an unknown failure",
    "\n": "Docker failed without output.",
}


@pytest.mark.parametrize("output", SENTENCES)
def test_dockers_output_becomes_a_sentence(output: str) -> None:
    sentence = sentence_of(output)

    assert SENTENCES[output] in sentence
    assert "\n" not in sentence


def machine(**answers: str | DockerFailed) -> Callable[..., str]:
    """A `docker` with these answers by its first argument, and those of a suitable machine otherwise."""
    good = {"version": '{"Version": "28.5.1"}', "compose": "Docker Compose version v2.40", "info": "/var/lib/docker"}

    def run(*arguments: str) -> str:
        answer = {**good, **answers}[arguments[0]]
        if isinstance(answer, DockerFailed):
            raise answer
        return answer

    return run


def free(count: int | None) -> Callable[[Path], int | None]:
    return lambda _: count


def test_a_suitable_machine_is_accepted() -> None:
    require_docker(machine(), free(LEAST_FREE_BYTES))
    require_docker(machine(version='{"Version": "20.10.24+dfsg1"}'), free(None))  # Docker in a virtual machine


@pytest.mark.parametrize(
    ("answers", "free_bytes", "words"),
    [
        ({"version": DockerFailed(NO_COMMAND)}, None, "there is no `docker` command on this machine"),
        ({"version": DockerFailed(sentence_of("Cannot connect to the Docker daemon"))}, None, "start it"),
        ({"version": '{"Version": "19.03.15"}'}, None, "Docker 19.03.15 is too old: 20.10 or newer is needed"),
        ({"compose": DockerFailed(sentence_of("'compose' is not a docker command"))}, None, "compose plugin"),
        ({}, 1024**3, "1.0 GB are free where Docker keeps images (/var/lib/docker), and 3.0 are needed"),
    ],
    ids=["no docker", "no engine", "old engine", "no compose", "no space"],
)
def test_each_missing_part_is_one_sentence(
    answers: dict[str, str | DockerFailed], free_bytes: int | None, words: str
) -> None:
    with pytest.raises(EngineNotReady, match=re.escape(words)) as refused:
        require_docker(machine(**answers), free(free_bytes))
    assert str(refused.value).startswith("the docker engine cannot run: ")
    assert "\n" not in str(refused.value)
