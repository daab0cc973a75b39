"""Labels that name the owner of containers, networks and volumes, so that none is left, however the harness ends.

Everything carries two labels. By the label of Testcontainers its reaper removes it ten seconds after this process has
ended, also after `kill -9`. By our own label the next run removes what is left without the reaper or after a power
failure.
"""

from collections.abc import Iterable

from testcontainers.core.labels import SESSION_ID

from sim.engines.docker.cli import DockerFailed, docker
from sim.platform.process_identity import is_dead, this_process

OWNER = "rawk.owner"
SESSION = "org.testcontainers.session-id"


def labels() -> dict[str, str]:
    return {"org.testcontainers": "true", SESSION: SESSION_ID, OWNER: this_process()}


def label_options() -> list[str]:
    """The labels as options of `docker run`."""
    return [option for name, value in labels().items() for option in ("--label", f"{name}={value}")]


def remove_all(owners: Iterable[str]) -> None:
    """Remove everything of these owners; what is removed meanwhile is ignored."""
    for name in owners:
        _remove(["ps", "-aq"], ["rm", "-f", "-v"], name)
        _remove(["network", "ls", "-q"], ["network", "rm"], name)
        _remove(["volume", "ls", "-q"], ["volume", "rm", "-f"], name)


def sweep() -> list[str]:
    """Remove what owners that have ended left; returns their names. Raises DockerFailed."""
    named = f'{{{{.Label "{OWNER}"}}}}'
    found = [
        docker(*kind, "--filter", f"label={OWNER}", "--format", named)
        for kind in (["ps", "-a"], ["network", "ls"], ["volume", "ls"])
    ]
    dead = sorted({name for lines in found for name in lines.splitlines() if name and is_dead(name)})
    remove_all(dead)
    return dead


def _remove(listing: list[str], removing: list[str], name: str) -> None:
    ids = docker(*listing, "--filter", f"label={OWNER}={name}").split()
    for each in ids:
        try:
            docker(*removing, each)
        except DockerFailed:
            continue
