"""Spans of what the product does, for a collector of traces. No use case knows them: only entry points and adapters."""

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol


class SpanKind(StrEnum):
    """Who waits for whom (OpenTelemetry's kinds of spans)."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"
    INTERNAL = "internal"


class OpenSpan(Protocol):
    def rename(self, name: str) -> None: ...

    def set(self, name: str, value: str | int | float | bool) -> None: ...

    def fail(self, why: str) -> None:
        """`why`: a few words of ours, never a foreign error's text."""


class Telemetry(Protocol):
    def span(
        self, name: str, kind: SpanKind, parent: str | None = None, **attributes: str | int | float | bool
    ) -> AbstractContextManager[OpenSpan]:
        """A span of what happens inside, in the trace of `parent` (a `traceparent`), else in the current one.

        An error that leaves it fails it, by the name of its type.
        """

    def flush(self) -> None:
        """Send what has ended, within two seconds; what cannot be sent is lost. Raises nothing."""

    def close(self) -> None:
        """Flush, and release what it holds. Raises nothing."""
