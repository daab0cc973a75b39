"""The internal state of an emulator, as far as the harness can see it."""

from typing import Any, Protocol


class Introspection(Protocol):
    """Implemented by our extension of LocalStack (`EmulatorControl`)."""

    def function_processes(self, function: str) -> list[int]:
        """Process ids that run the function now."""

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Role or user whose name begins with `prefix` → its grants with their use counts, and its refused calls."""


class NoIntrospection:
    """For an emulator without our extension: its processes are unknown, and it counts nothing."""

    def function_processes(self, function: str) -> list[int]:
        raise NotImplementedError(
            f"the processes of {function} are unknown: needs.worker_kills skips scenarios that ask"
        )

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        return {}
