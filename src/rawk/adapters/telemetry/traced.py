"""A port whose calls are spans. Their names are those of the port's methods; no argument and no result is in them."""

from collections.abc import Callable
from typing import Any, cast

from rawk.ports import SpanKind, Telemetry

QUIET = frozenset({"check", "close", "figures"})
"""Health checks and metrics: regular, and of no recording."""


def traced[Port](port: Port, telemetry: Telemetry, name: str, **attributes: str) -> Port:
    """`name`: of the port, such as `memories`; `attributes` are on each span, such as `db.system.name`."""
    return cast("Port", _Traced(port, telemetry, name, attributes))


class _Traced:
    def __init__(self, port: Any, telemetry: Telemetry, name: str, attributes: dict[str, str]) -> None:
        self._port = port
        self._telemetry = telemetry
        self._name = name
        self._attributes = attributes

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if method in QUIET or not callable(found):
            return found
        return self._call(f"{self._name}.{method}", found)

    def _call(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def in_a_span(*arguments: Any, **keywords: Any) -> Any:
            with self._telemetry.span(name, SpanKind.CLIENT, **self._attributes):
                return call(*arguments, **keywords)

        return in_a_span
