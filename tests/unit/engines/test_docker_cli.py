"""What this machine lacks of Docker is one clear sentence, whatever Docker says of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.engines.base.engine import EngineNotReady
from sim.engines.docker.cli import LEAST_FREE_BYTES, NO_COMMAND, DockerTrouble, require_docker, sentence_of

TOLD = {
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": (
        "Docker does not answer: start it"
    ),
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get …": (
        "become a member of the group docker"
    ),
    "Error response from daemon: driver failed programming external connectivity on endpoint rawk-localstack: "
    "Bind for 127.0.0.1:4566 failed: port is already allocated": "somebody else has 127.0.0.1:4566: stop it",
    "failed to bind host port: listen tcp4 127.0.0.1:8080: bind: address already in use": (
        "somebody else has 127.0.0.1:8080: stop it"
    ),
    "failed to register layer: write /usr/lib/libc.so: no space left on device": "`docker system prune` frees some",
    "docker: 'compose' is not a docker command.\nSee 'docker --help'": "install Docker's compose plugin",
    "unknown shorthand flag: 'f' in -f\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]": "install Docker's compose plugin",
    "pull access denied for rawk-worker, repository does not exist or may require 'docker login'": (
        "the image rawk-worker is neither here nor to be had"
    ),
    'failed to resolve reference "docker.io/library/postgres:16-alpine": …': (
        "the image docker.io/library/postgres:16-alpine is neither here nor to be had"
    ),
    "Error response from daemon: No such image: rawk-api:latest": "the image rawk-api:latest is not here",
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host': (
        "images can not be had from registry-1.docker.io"
    ),
    "first line\n\nsomething nobody has seen yet\n": "Docker said: something nobody has seen yet",
    "\n": "Docker failed and said nothing.",
}


@pytest.mark.parametrize("told", TOLD)
def test_dockers_words_become_a_sentence(told: str) -> None:
    sentence = sentence_of(told)

    assert TOLD[told] in sentence
    assert "\n" not in sentence


def machine(**answers: str | DockerTrouble) -> Callable[..., str]:
    """A `docker` that answers so, by its first argument; elsewhere as on a good machine."""
    good = {"version": '{"Version": "28.5.1"}', "compose": "Docker Compose version v2.40", "info": "/var/lib/docker"}

    def run(*arguments: str) -> str:
        answer = {**good, **answers}[arguments[0]]
        if isinstance(answer, DockerTrouble):
            raise answer
        return answer

    return run


def free(count: int | None) -> Callable[[Path], int | None]:
    return lambda _: count


def test_a_machine_with_all_there_is_will_do() -> None:
    require_docker(machine(), free(LEAST_FREE_BYTES))
    require_docker(machine(version='{"Version": "20.10.24+dfsg1"}'), free(None))  # Docker in a machine of its own


@pytest.mark.parametrize(
    ("answers", "free_bytes", "words"),
    [
        ({"version": DockerTrouble(NO_COMMAND)}, None, "there is no `docker` command on this machine"),
        ({"version": DockerTrouble(sentence_of("Cannot connect to the Docker daemon"))}, None, "start it"),
        ({"version": '{"Version": "19.03.15"}'}, None, "Docker 19.03.15 is too old: 20.10 or newer is needed"),
        ({"compose": DockerTrouble(sentence_of("'compose' is not a docker command"))}, None, "compose plugin"),
        ({}, 1024**3, "1.0 GB are free where Docker keeps images (/var/lib/docker), and 3.0 are needed"),
    ],
    ids=["no docker", "no engine", "old engine", "no compose", "no space"],
)
def test_what_is_missing_is_one_sentence(
    answers: dict[str, str | DockerTrouble], free_bytes: int | None, words: str
) -> None:
    with pytest.raises(EngineNotReady, match=re.escape(words)) as refused:
        require_docker(machine(**answers), free(free_bytes))
    assert str(refused.value).startswith("the docker engine can not play: ")
    assert "\n" not in str(refused.value)
