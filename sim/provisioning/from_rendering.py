"""Makes a pipeline from the checked-in rendering, through AWS's API: in a second or less, without Terraform.

Resources are created in Terraform's order, in parallel, each as soon as its dependencies exist. If one cannot be
created, those that were created before are removed again.
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
from sim.provisioning.resources import RESOURCE_TYPES, FunctionInputs, References

__all__ = ["StoredPackage", "destroy", "provision", "retire"]

_CALL_SECONDS = 60
"""Longest wait for one resource; each call for it has its own, shorter timeout."""

_READY_SECONDS = 30
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class StoredPackage:
    """A zip in S3, for packages that are too large for the CreateFunction request."""

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

    `name` is the prefix of all names in it. Both functions get `extra_environment` in addition to the variables that
    Terraform sets; it must not replace any of these. Raises ProvisionError with the resource and AWS's error message;
    nothing is left behind then.
    """
    clients = Clients.of(session, endpoint_url)
    build = _Build(clients, rendering, FunctionInputs(_code(worker_package), extra_environment or {}), name)
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

    Resources that no longer exist are ignored. Raises ProvisionError with what could not be removed, after trying all.
    """
    failures = _remove_all(Clients.of(session, endpoint_url), pipeline.resources)
    if failures:
        raise ProvisionError(f"Pipeline {pipeline.name} is not completely removed: {'; '.join(failures)}")


def retire(pipeline: Pipeline, *, session: boto3.Session, endpoint_url: str) -> None:
    """Remove the active resources; the passive ones stay until the world ends. Takes a third of the time of `destroy`.

    Raises ProvisionError as `destroy` does.
    """
    active = tuple(each for each in pipeline.resources if RESOURCE_TYPES[each.type].is_active)
    failures = _remove_all(Clients.of(session, endpoint_url), active)
    if failures:
        raise ProvisionError(f"Pipeline {pipeline.name} is still active: {'; '.join(failures)}")


class _Build:
    """One pipeline that is being created: its resources, and what other resources may refer to by now."""

    def __init__(self, clients: Clients, rendering: Rendering, inputs: FunctionInputs, name: str) -> None:
        self._clients = clients
        self._resources = {each.address: each for each in rendering.resources}
        self._inputs = inputs
        self.made: list[CreatedResource] = []
        self.known = {"name": name, "account": clients.account, "region": clients.region}

    def make_all(self) -> None:
        """Make every resource once its dependencies exist."""
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
                        raise ProvisionError(f"{', '.join(running.values())} did not exist after {_CALL_SECONDS} s.")
                    for future in done:
                        order.done(running.pop(future))
                        future.result()
            finally:
                wait(
                    running, timeout=_CALL_SECONDS
                )  # after a failure: calls that are still running may create resources

    def _make(self, resource: ResourceRendering) -> None:
        try:
            attributes = resolve(dict(resource.attributes), self.known)
            references = RESOURCE_TYPES[resource.type].make(self._clients, attributes, self._inputs)
        except (BotoCoreError, ClientError) as error:
            raise ProvisionError(f"{resource.address} could not be created: {error}") from error
        self._keep(resource, references)
        self._wait_until_ready(resource, references)

    def _keep(self, resource: ResourceRendering, references: References) -> None:
        self.made.append(CreatedResource(resource.address, resource.type, references))
        self.known.update({f"{resource.address}.{name}": value for name, value in references.items()})

    def _wait_until_ready(self, resource: ResourceRendering, references: References) -> None:
        """As Terraform does: LocalStack loses the state Active when a permission is added at that moment."""
        is_ready = RESOURCE_TYPES[resource.type].is_ready
        give_up = time.monotonic() + _READY_SECONDS
        while not is_ready(self._clients, references):
            if time.monotonic() > give_up:
                raise ProvisionError(f"{resource.address} was not ready within {_READY_SECONDS} s.")
            time.sleep(_POLL_SECONDS)


def _remove_all(clients: Clients, made: list[CreatedResource] | tuple[CreatedResource, ...]) -> list[str]:
    """Remove in the reverse order; returns what could not be removed, and why."""
    failures = []
    for each in reversed(made):
        try:
            RESOURCE_TYPES[each.type].remove(clients, dict(each.references))
        except (BotoCoreError, ClientError) as error:
            if not _does_not_exist(error):
                failures.append(f"{each.address}: {error}")
    return failures


def _does_not_exist(error: Exception) -> bool:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return any(word in code for word in ("NotFound", "NoSuch", "NonExistent"))
