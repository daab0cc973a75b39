"""Makes a pipeline from the checked-in rendering, through AWS's API: a second or less, without Terraform.

Resources are made in the order Terraform would, each as soon as what it depends on is there, several
at once. If one fails, those already made are removed again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sim.provisioning.clients import WORKERS, Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.pipeline import CreatedResource, Pipeline
from sim.provisioning.rendering import Rendering, ResourceRendering, resolve
from sim.provisioning.resource_types import KINDS, Material, References

__all__ = ["StoredPackage", "destroy", "provision", "retire"]

_CALL_SECONDS = 60
"""Longest wait for any one resource to be made; each call in it has its own, shorter limit."""

_READY_SECONDS = 30
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class StoredPackage:
    """A zip in S3: for packages that are too large to be sent along with each function."""

    bucket: str
    key: str


def provision(
    rendering: Rendering,
    name: str,
    session: boto3.Session,
    endpoint_url: str,
    worker_package: bytes | Path | StoredPackage,
    extra_environment: Mapping[str, str] | None = None,
) -> Pipeline:
    """Make one pipeline at an endpoint and wait until its functions are active.

    `name` is the prefix of everything in it. `extra_environment` goes into both functions beside what
    Terraform sets; it must not replace any of that. Raises ProvisionError naming the resource and
    AWS's own words; nothing is left behind then.
    """
    clients = Clients.of(session, endpoint_url)
    build = _Build(clients, rendering, Material(_code(worker_package), extra_environment or {}), name)
    try:
        build.make_all()
        outputs = resolve(dict(rendering.outputs), build.known)
    except BaseException:
        _remove_all(clients, build.made)
        raise
    return Pipeline.from_outputs(outputs, tuple(build.made))


def _code(package: bytes | Path | StoredPackage) -> Mapping[str, bytes | str]:
    if isinstance(package, StoredPackage):
        return {"S3Bucket": package.bucket, "S3Key": package.key}
    return {"ZipFile": package.read_bytes() if isinstance(package, Path) else package}


def destroy(pipeline: Pipeline, *, session: boto3.Session, endpoint_url: str) -> None:
    """Remove a pipeline that `provision` made, recordings and messages included.

    What is gone already is fine. Raises ProvisionError naming what could not be removed, after trying all.
    """
    failures = _remove_all(Clients.of(session, endpoint_url), pipeline.resources)
    if failures:
        raise ProvisionError(f"Pipeline {pipeline.name} is not wholly removed: {'; '.join(failures)}")


def retire(pipeline: Pipeline, *, session: boto3.Session, endpoint_url: str) -> None:
    """Remove what acts by itself; what only lies there stays until its world ends. A third of what `destroy` takes.

    Raises ProvisionError as `destroy` does.
    """
    acting = tuple(each for each in pipeline.resources if KINDS[each.type].acts)
    failures = _remove_all(Clients.of(session, endpoint_url), acting)
    if failures:
        raise ProvisionError(f"Pipeline {pipeline.name} does not rest: {'; '.join(failures)}")


class _Build:
    """One pipeline in the making: what is made, and what is known by now for others to refer to."""

    def __init__(self, clients: Clients, rendering: Rendering, material: Material, name: str) -> None:
        self._clients = clients
        self._resources = {each.address: each for each in rendering.resources}
        self._material = material
        self.made: list[CreatedResource] = []
        self.known = {"name": name, "account": clients.account, "region": clients.region}

    def make_all(self) -> None:
        """Make every resource once those it depends on are made."""
        order = TopologicalSorter({each.address: each.depends_on for each in self._resources.values()})
        order.prepare()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="provision") as pool:
            running: dict[Future[None], str] = {}
            try:
                while order.is_active():
                    for address in order.get_ready():
                        running[pool.submit(self._make, self._resources[address])] = address
                    done, _ = wait(running, timeout=_CALL_SECONDS, return_when=FIRST_COMPLETED)
                    if not done:
                        raise ProvisionError(f"Nothing came of {', '.join(running.values())} in {_CALL_SECONDS} s.")
                    for future in done:
                        order.done(running.pop(future))
                        future.result()
            finally:
                wait(running, timeout=_CALL_SECONDS)  # after a failure: what is under way may yet be made

    def _make(self, resource: ResourceRendering) -> None:
        try:
            attributes = resolve(dict(resource.attributes), self.known)
            references = KINDS[resource.type].make(self._clients, attributes, self._material)
        except (BotoCoreError, ClientError) as error:
            raise ProvisionError(f"{resource.address} could not be made: {error}") from error
        self._keep(resource, references)
        self._wait_until_ready(resource, references)

    def _keep(self, resource: ResourceRendering, references: References) -> None:
        self.made.append(CreatedResource(resource.address, resource.type, references))
        self.known.update({f"{resource.address}.{name}": value for name, value in references.items()})

    def _wait_until_ready(self, resource: ResourceRendering, references: References) -> None:
        """As Terraform does before it goes on: LocalStack forgets that a function became active when a
        permission is added to it in the same moment."""
        is_ready = KINDS[resource.type].is_ready
        give_up = time.monotonic() + _READY_SECONDS
        while not is_ready(self._clients, references):
            if time.monotonic() > give_up:
                raise ProvisionError(f"{resource.address} was not ready within {_READY_SECONDS} s.")
            time.sleep(_POLL_SECONDS)


def _remove_all(clients: Clients, made: list[CreatedResource] | tuple[CreatedResource, ...]) -> list[str]:
    """Remove in the reverse order; gives back what could not be removed and why."""
    failures = []
    for each in reversed(made):
        try:
            KINDS[each.type].remove(clients, dict(each.references))
        except (BotoCoreError, ClientError) as error:
            if not _is_gone_already(error):
                failures.append(f"{each.address}: {error}")
    return failures


def _is_gone_already(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent"))
