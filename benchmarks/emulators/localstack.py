"""LocalStack 4.14 of one environment: with our extension, with its executor alone, and as published."""

from collections.abc import Mapping

from benchmarks.emulators.clients import GIVE_UP, Clients
from sim.clock.clocks import RealClock
from sim.localstack.extension.rawk_emulator.features import FEATURES, WITHOUT_VARIABLE
from sim.localstack.server import EGRESS_GUARD, LocalStack

EXECUTOR_ONLY: Mapping[str, str] = {
    WITHOUT_VARIABLE: ",".join(each.name for each in FEATURES if each.name not in ("process-executor", "memory-limit"))
}
"""Leaves out all features of our extension except the executor that runs a function as a process."""

TUNED: Mapping[str, str] = {
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.01",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.01",
}
"""LocalStack's own settings that make its mapping poll as soon as it can."""


class StockLocalStack(LocalStack):
    """LocalStack as published on PyPI. It cannot run functions here, so it is ready when its services answer."""

    def _environment(self) -> dict[str, str]:
        stock = super()._environment()
        for name in [name for name in stock if name.startswith("SIM_") or name == "LAMBDA_RUNTIME_EXECUTOR"]:
            del stock[name]
        return {**stock, "PYTHONPATH": str(EGRESS_GUARD)}

    def _check_readiness(self) -> str | None:
        clients = Clients(self.endpoint_url)
        if RealClock(poll_seconds=0.02).wait_until(clients.all_answer, GIVE_UP):
            return None
        return "its services do not answer"
