"""Faults: things that go wrong on purpose. A fault is a value; the simulation switches it on and off.

    with sim.fault(faults.openai.down(endpoint="chat")):
        ...

Each family is a module of its own. To add a fault, write a frozen value with the three members of `Fault`; `start`
breaks the world and returns what ends it and counts how often it was met (docs/how-to/add-a-fault.md).
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
    """A fault that is on."""

    @property
    def times_triggered(self) -> int:
        """How often something ran into it so far; after `stop`, all in all."""

    def stop(self) -> None:
        """Switches it off; a second time does nothing."""


class Fault[World](Protocol):
    """Something that can go wrong in a world."""

    @property
    def family(self) -> str:
        """What it belongs to, such as `openai`."""

    def describe(self) -> str:
        """One sentence for the report, without its full stop."""

    def start(self, world: World) -> ActiveFault:
        """Switches it on."""
