"""Faults: failures that a scenario injects. A fault is a value; `sim.fault` activates it for the length of a block.

    with sim.fault(faults.openai.down(endpoint="chat")):
        ...

Each family is one module. docs/how-to/add-a-fault.md explains how to add a fault, docs/reference/faults.md lists all.
"""

from typing import Protocol

from sim.faults import api, aws, clients, database, network, openai, permissions, queue, storage, worker

__all__ = [
    "ActiveFault",
    "Fault",
    "api",
    "aws",
    "clients",
    "database",
    "network",
    "openai",
    "permissions",
    "queue",
    "storage",
    "worker",
]


class ActiveFault(Protocol):
    """A fault while it is active."""

    @property
    def times_triggered(self) -> int:
        """How often it was triggered: until now, or until `stop`."""

    def stop(self) -> None:
        """Deactivate it. A second call does nothing."""


class Fault[World](Protocol):
    """A failure that can be injected into a pipeline and its surroundings."""

    @property
    def family(self) -> str:
        """The name of its module, such as `openai`."""

    def describe(self) -> str:
        """One sentence for the report, without a full stop."""

    def start(self, world: World) -> ActiveFault:
        """Activate it."""
