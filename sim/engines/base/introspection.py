"""The internal state of an emulator, as far as the harness can see it."""

from typing import Any, Protocol


class Introspection(Protocol):
    """Implemented by our extension of LocalStack (`EmulatorControl`)."""

    def function_processes(self, function: str) -> list[int]:
        """Process ids that run the function now."""

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Role or user whose name begins with `prefix` → its grants with their use counts, and its refused calls."""

    def event_counts(self, prefix: str) -> dict[str, int] | None:
        """How many events were recorded about each queue, function, bucket and role with this prefix; None where
        events are not observed."""


class NoIntrospection:
    """For an emulator without our extension: its processes are unknown, and it counts nothing."""

    def function_processes(self, function: str) -> list[int]:
        raise NotImplementedError(
            f"the processes of {function} are unknown: needs.worker_kills skips scenarios that ask"
        )

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        return {}

    def event_counts(self, prefix: str) -> dict[str, int] | None:  # noqa: ARG002
        return None
