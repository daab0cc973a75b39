"""`sim.next_release()` and `sim.this_release()`: the product in two versions, each rolled out step by step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.app import APP
from sim.engines.base.running_pipeline import RunningPipeline
from sim.provisioning.function_package import build_package
from sim.scenario.memories import Memories
from sim.scenario.operator import Operator


class Release:
    """One release of the product. Each method is one step of a deployment, in whatever order a scenario takes them."""

    def __init__(
        self,
        pipeline: RunningPipeline,
        operator: Operator,
        sources: Path,
        wrote: Callable[[Mapping[str, Any]], bool],
    ) -> None:
        """`wrote` says whether it has written a memory's row last."""
        self._pipeline = pipeline
        self._operator = operator
        self._sources = sources
        self._wrote = wrote

    def migrate(self) -> str:
        """Migrate the database to the newest revision of this release; gives what the command prints."""
        return self._operator.rawk("migrate", environment=self._variables)

    def deploy_functions(self) -> None:
        """Deploy its worker and its relay. Running invocations end on the version that they began with."""
        self._pipeline.worker.deploy(self._package)
        self._pipeline.worker.wait_until_deployed()
        self._pipeline.relay.deploy(self._pipeline.parts.worker_code.new_version(self._package))

    def deploy_api(self) -> None:
        """Start its API and, once that is alive, stop the one before, which finishes its requests.

        As behind a load balancer, whether it is ready does not matter.
        """
        self._pipeline.api.replace(self._variables)

    def before_its_migration(self) -> "BeforeItsMigration":
        """A fault: its functions and its API are deployed over the schema of before. The end of the block migrates."""
        return BeforeItsMigration(self)

    def wrote_last(self, memories: Memories) -> bool:
        """Whether this release has written the row of each of the memories last."""
        rows = self._pipeline.ledger.memories()
        return all(self._wrote(rows[memory_id]) for memory_id in memories.ids)

    @property
    def _variables(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self._sources)}

    @cached_property
    def _package(self) -> bytes:
        return build_package(self._sources / APP.processes.package)


@dataclass(frozen=True)
class BeforeItsMigration:
    """A deployment in the wrong order."""

    release: Release
    family: str = "database"

    def describe(self) -> str:
        return "a release is deployed before its migration"

    def start(self, world: RunningPipeline) -> "ActiveBeforeItsMigration":  # noqa: ARG002
        self.release.deploy_functions()
        self.release.deploy_api()
        return ActiveBeforeItsMigration(self.release)


@dataclass
class ActiveBeforeItsMigration:
    """`stop` migrates."""

    _release: Release
    times_triggered: int = 1
    _stopped: bool = False

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._release.migrate()
