"""Whose containers, networks and volumes are, so that none is left behind, however the harness ends.

Everything carries two labels. By that of Testcontainers its reaper removes it ten seconds after this process is gone,
`kill -9` included. By ours the next run removes what a dead process left all the same, on a machine without the reaper
or one that lost its power.
"""

from collections.abc import Iterable

from testcontainers.core.labels import SESSION_ID

from sim.engines.docker.cli import DockerTrouble, docker
from sim.platform.process_identity import is_dead, this_process

OWNER = "rawk.owner"
SESSION = "org.testcontainers.session-id"


def labels() -> dict[str, str]:
    return {"org.testcontainers": "true", SESSION: SESSION_ID, OWNER: this_process()}


def label_options() -> list[str]:
    """The same for `docker run`."""
    return [option for name, value in labels().items() for option in ("--label", f"{name}={value}")]


def remove_all(owners: Iterable[str]) -> None:
    """Remove whatever belongs to these. What is gone already, or goes meanwhile, is fine."""
    for name in owners:
        _remove(["ps", "-aq"], ["rm", "-f", "-v"], name)
        _remove(["network", "ls", "-q"], ["network", "rm"], name)
        _remove(["volume", "ls", "-q"], ["volume", "rm", "-f"], name)


def sweep() -> list[str]:
    """Remove what dead owners left; gives their names. Raises DockerTrouble."""
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
        except DockerTrouble:
            continue
