"""The `docker` command, and what this machine lacks of it, each in one clear sentence."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sim.engines.base.engine import EngineNotReady

OLDEST_ENGINE = (20, 10)
"""Knows health checks that can be waited for, and host gateways."""

LEAST_FREE_BYTES = 3 * 1024**3
"""What our images, and what runs from them, take."""

ANSWER_SECONDS = 60.0
INSTALL = "https://docs.docker.com/engine/install/"

Run = Callable[[Sequence[str]], str]


class DockerTrouble(Exception):
    """A `docker` command failed; the text is a sentence where its words are known, else its own last words."""


def docker(
    *arguments: str, timeout_seconds: float = ANSWER_SECONDS, environment: Mapping[str, str] | None = None
) -> str:
    """What the command prints, without blanks around it. Raises DockerTrouble."""
    try:
        ran = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=timeout_seconds,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise DockerTrouble(NO_COMMAND) from error
    except subprocess.TimeoutExpired as error:
        raise DockerTrouble(f"`docker {arguments[0]}` did not end within {timeout_seconds:g} s.") from error
    except subprocess.CalledProcessError as error:
        raise DockerTrouble(sentence_of(f"{error.stdout}\n{error.stderr}")) from error
    return ran.stdout.strip()


NO_COMMAND = f"there is no `docker` command on this machine: install Docker ({INSTALL})."

KNOWN: Mapping[str, str] = {
    r"Cannot connect to the Docker daemon|Is the docker daemon running|error during connect": (
        "Docker does not answer: start it (`systemctl start docker`, or Docker Desktop)."
    ),
    r"permission denied.*docker.*sock": "you may not use Docker: become a member of the group docker, or root.",
    r"(?:Bind for |listen tcp4? )(?P<what>[0-9.:]+[0-9])[^\n]*(?:port is already allocated|address already in use)": (
        "somebody else has {what}: stop it, or choose another port."
    ),
    r"no space left on device": "the disk that Docker keeps images on is full: `docker system prune` frees some.",
    r"unknown command|is not a docker command|unknown shorthand flag: 'f'": (
        "there is no `docker compose`: install Docker's compose plugin (https://docs.docker.com/compose/install/)."
    ),
    r"(?:pull access denied for|manifest for|failed to resolve reference \"?) ?(?P<what>[\w./:-]+)": (
        "the image {what} is neither here nor to be had: is there a way to its registry?"
    ),
    r"(?:No such image:|unable to find image) '?(?P<what>[\w./:-]+)": (
        "the image {what} is not here: `docker build` or `docker pull` it."
    ),
    r"Get \"?https?://(?P<what>[^/\"]+)/[^\n]*(?:dial tcp|no such host|i/o timeout|x509|Forbidden)": (
        "images can not be had from {what}: is there a way to it?"
    ),
}
"""What Docker says, and what that means."""


def sentence_of(told: str) -> str:
    """A sentence for what Docker said, or its own last line."""
    for pattern, sentence in KNOWN.items():
        found = re.search(pattern, told, re.IGNORECASE | re.DOTALL if "space" in pattern else re.IGNORECASE)
        if found:
            return sentence.format(**found.groupdict())
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return f"Docker said: {lines[-1]}" if lines else "Docker failed and said nothing."


def require_docker(run: Callable[..., str] = docker, free_bytes: Callable[[Path], int | None] | None = None) -> None:
    """See that there is an engine that will do. Raises EngineNotReady with a sentence."""
    try:
        version = json.loads(run("version", "--format", "{{json .Server}}"))["Version"]
        if _number(version) < OLDEST_ENGINE:
            oldest = ".".join(map(str, OLDEST_ENGINE))
            raise DockerTrouble(f"Docker {version} is too old: {oldest} or newer is needed.")
        run("compose", "version")
        root = Path(run("info", "--format", "{{.DockerRootDir}}"))
    except DockerTrouble as trouble:
        raise EngineNotReady(f"the docker engine can not play: {trouble}") from trouble
    free = (free_bytes or _free_bytes)(root)
    if free is not None and free < LEAST_FREE_BYTES:
        raise EngineNotReady(
            f"the docker engine can not play: {_gigabytes(free)} GB are free where Docker keeps images ({root}), and "
            f"{_gigabytes(LEAST_FREE_BYTES)} are needed; `docker system prune` frees some."
        )


def _number(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _free_bytes(folder: Path) -> int | None:
    """None where Docker's disk is not this machine's, as in Docker Desktop."""
    return shutil.disk_usage(folder).free if folder.exists() else None


def _gigabytes(count: int) -> str:
    return f"{count / 1024**3:.1f}"
