"""What a pipeline is told of the inside of its emulator, by whoever can look there."""

from typing import Any, Protocol


class Introspection(Protocol):
    """Our extension tells it (`EmulatorControl`)."""

    def function_processes(self, function: str) -> list[int]:
        """Process ids that serve the function now."""

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:
        """By role or user whose name begins so: what was granted, how often it was used, and what was refused."""


class NoIntrospection:
    """An emulator without our extension: it counts nothing, and its processes are its own affair."""

    def function_processes(self, function: str) -> list[int]:
        raise NotImplementedError(f"nobody knows the processes of {function}: needs.worker_kills skips who asks")

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        return {}
