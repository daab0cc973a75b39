"""The `docker` command; each known failure becomes one sentence that says what to do."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sim.engines.base.engine import EngineNotReady

OLDEST_ENGINE = (20, 10)
"""The first with health checks that compose can wait for, and host gateways."""

LEAST_FREE_BYTES = 3 * 1024**3
"""What the images and their containers need."""

ANSWER_SECONDS = 60.0
INSTALL = "https://docs.docker.com/engine/install/"

Run = Callable[[Sequence[str]], str]


class DockerFailed(Exception):
    """A `docker` command failed; the text is a sentence for a known failure, else the last line of its output."""


def docker(
    *arguments: str, timeout_seconds: float = ANSWER_SECONDS, environment: Mapping[str, str] | None = None
) -> str:
    """The output of the command, stripped. Raises DockerFailed."""
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
        raise DockerFailed(NO_COMMAND) from error
    except subprocess.TimeoutExpired as error:
        raise DockerFailed(f"`docker {arguments[0]}` did not end within {timeout_seconds:g} s.") from error
    except subprocess.CalledProcessError as error:
        raise DockerFailed(sentence_of(f"{error.stdout}\n{error.stderr}")) from error
    return ran.stdout.strip()


NO_COMMAND = f"there is no `docker` command on this machine: install Docker ({INSTALL})."

KNOWN: Mapping[str, str] = {
    r"Cannot connect to the Docker daemon|Is the docker daemon running|error during connect": (
        "Docker does not answer: start it (`systemctl start docker`, or Docker Desktop)."
    ),
    r"permission denied.*docker.*sock": "this user may not use Docker: add it to the group docker, or run as root.",
    r"(?:Bind for |listen tcp4? )(?P<what>[0-9.:]+[0-9])[^\n]*(?:port is already allocated|address already in use)": (
        "another process listens on {what}: stop it, or choose another port."
    ),
    r"no space left on device": "the disk with Docker's images is full: `docker system prune` frees some.",
    r"unknown command|is not a docker command|unknown shorthand flag: 'f'": (
        "there is no `docker compose`: install Docker's compose plugin (https://docs.docker.com/compose/install/)."
    ),
    r"(?:pull access denied for|manifest for|failed to resolve reference \"?) ?(?P<what>[\w./:-]+)": (
        "the image {what} is not on this machine and cannot be pulled: check the connection to its registry."
    ),
    r"(?:No such image:|unable to find image) '?(?P<what>[\w./:-]+)": (
        "the image {what} is not on this machine: `docker build` or `docker pull` it."
    ),
    r"Get \"?https?://(?P<what>[^/\"]+)/[^\n]*(?:dial tcp|no such host|i/o timeout|x509|Forbidden)": (
        "images cannot be pulled from {what}: check the connection to it."
    ),
}
"""Pattern of Docker's output → the sentence for it."""


def sentence_of(output: str) -> str:
    """A sentence for a known failure, or the last line of the output."""
    for pattern, sentence in KNOWN.items():
        found = re.search(pattern, output, re.IGNORECASE | re.DOTALL if "space" in pattern else re.IGNORECASE)
        if found:
            return sentence.format(**found.groupdict())
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return f"Docker said: {lines[-1]}" if lines else "Docker failed without output."


def require_docker(run: Callable[..., str] = docker, free_bytes: Callable[[Path], int | None] | None = None) -> None:
    """Check Docker's version, compose plugin and disk space. Raises EngineNotReady with a sentence."""
    try:
        version = json.loads(run("version", "--format", "{{json .Server}}"))["Version"]
        if _number(version) < OLDEST_ENGINE:
            oldest = ".".join(map(str, OLDEST_ENGINE))
            raise DockerFailed(f"Docker {version} is too old: {oldest} or newer is needed.")
        run("compose", "version")
        root = Path(run("info", "--format", "{{.DockerRootDir}}"))
    except DockerFailed as failure:
        raise EngineNotReady(f"the docker engine cannot run: {failure}") from failure
    free = (free_bytes or _free_bytes)(root)
    if free is not None and free < LEAST_FREE_BYTES:
        raise EngineNotReady(
            f"the docker engine cannot run: {_gigabytes(free)} GB are free where Docker keeps images ({root}), and "
            f"{_gigabytes(LEAST_FREE_BYTES)} are needed; `docker system prune` frees some."
        )


def _number(version: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _free_bytes(folder: Path) -> int | None:
    """None where Docker's disk is in a virtual machine, as with Docker Desktop."""
    return shutil.disk_usage(folder).free if folder.exists() else None


def _gigabytes(count: int) -> str:
    return f"{count / 1024**3:.1f}"
