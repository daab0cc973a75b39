"""The aws engine: scenarios on a pipeline in real AWS, with the user's own credentials, settings and proxies.

It deploys nothing and injects faults into OpenAI alone, which is the simulator there too: the deployed worker's
OPENAI_BASE_URL names it. Transcripts of a real model cannot be predicted, so without the simulator
only `tox -e sim -- smoke` works.
"""

import os
from contextlib import suppress
from typing import Self

from sim.clock.clocks import WaitingClock
from sim.engines.aws.cost import Estimate
from sim.engines.aws.deployment import Deployed, read_outputs
from sim.engines.aws.pipeline import (
    DeployedDatabase,
    DeployedPipeline,
    LocalCommands,
    no_api_process,
    operator_environment,
)
from sim.engines.base.credentials import TENANTS, Credentials
from sim.engines.base.engine import EngineNotReady, Place, Preparation, Say, WorldPlan
from sim.engines.base.identities import HarnessIdentity
from sim.engines.base.introspection import NoIntrospection
from sim.engines.base.running_pipeline import PipelineParts
from sim.engines.base.worker_control import LocalFunctionProcesses, WorkerCode
from sim.journal.journal import Journal
from sim.openai_simulator.client import ControlError


def prepare(say: Say, place: Place) -> Preparation:
    """Check account, consent and reachability before anything costs money. Raises EngineNotReady."""
    if not place.topology:
        raise EngineNotReady("--engine aws needs --topology NAME, the deployed one")
    outputs = read_outputs(place.outputs)
    deployed = Deployed.of(outputs, place.topology, place.api_url)
    deployed.require_account(place.account)
    lacking = deployed.lacking(deployed.tenant_keys(os.environ))
    estimate = Estimate(deployed.worker_megabytes())
    if not place.yes_this_costs_money:
        raise EngineNotReady(f"{estimate}: pass --yes-this-costs-money to run all the same")
    say(f"running on account {place.account}, {deployed.pipeline.name}: {estimate}")
    deployed.openai_api_key()
    deployed.openai()
    deployed.require_database()
    return Preparation(lacking, outputs)


class AwsWorld:
    """The deployed pipeline as a world; nothing is created."""

    def __init__(self, plan: WorldPlan) -> None:
        self._logs = plan.folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        assert plan.place.topology is not None, "checked by prepare"
        self._deployed = Deployed.of(read_outputs(plan.place.outputs), plan.place.topology, plan.place.api_url)
        self._keys = self._deployed.tenant_keys(os.environ)
        self.clock = WaitingClock(poll_seconds=1.0)

    def __enter__(self) -> Self:
        self._openai = self._deployed.openai()
        self._database_url = self._deployed.database_url()
        self._openai_api_key = self._deployed.openai_api_key()
        self._lock = self._deployed.lock()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ControlError):
            self._openai.reset()
            self._openai.set_api_key(self._openai_api_key)
        self._lock.close()

    def offset_seconds(self) -> float:
        """Real time."""
        return 0.0

    def pipeline(self, name: str, journal: Journal, seed: int) -> DeployedPipeline:  # noqa: ARG002
        """The deployed pipeline, for one scenario."""
        pipeline, database = self._deployed.pipeline, DeployedDatabase(self._database_url)
        return DeployedPipeline(
            PipelineParts(
                pipeline=pipeline,
                session=self._deployed.session,
                endpoint_url=None,
                identities=HarnessIdentity(),
                introspection=NoIntrospection(),
                database=database,
                openai=self._openai,
                credentials=Credentials(self._openai_api_key, dict(zip(TENANTS, self._keys, strict=False))),
                commands=LocalCommands(),
                new_api=no_api_process,
                processes=LocalFunctionProcesses(NoIntrospection()),
                worker_code=WorkerCode(b""),
                environment=operator_environment(self._database_url),
                log_folder=self._logs / name,
                journal=journal,
                clock=self.clock,
            ),
            tenants=list(self._keys.values()),
        )
