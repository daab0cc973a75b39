"""A client of the emulator's control API: see introspection/control.py of the extension."""

from typing import Any

from sim.platform.control_token import control_headers
from sim.platform.json_connection import JsonConnection


class EmulatorRefused(Exception):
    """The emulator does not know the request; is the extension loaded?"""


class EmulatorControl:
    """Raises NoAnswer when the emulator does not answer, EmulatorRefused when it does not know the request."""

    def __init__(self, endpoint_url: str, *, from_outside: bool = False) -> None:
        """From outside of its container only LocalStack's gateway can be reached, which answers the same requests."""
        port = _control_address(endpoint_url)["port"]
        self._connection = JsonConnection(
            endpoint_url if from_outside else f"http://127.0.0.1:{port}", control_headers()
        )
        self._prefix = "/_rawk/control" if from_outside else ""

    def close(self) -> None:
        self._connection.close()

    def world(self, patience_seconds: float = 0.0) -> dict[str, Any]:
        """Activities and due moments; the answer waits until the emulator is at rest, for the given time at most."""
        return _body(self._connection.ask("GET", f"{self._prefix}/world?patience_ms={patience_seconds * 1000:g}"))

    def settle(self) -> None:
        """Virtual time has jumped."""
        _body(self._connection.ask("POST", f"{self._prefix}/world/settle"))

    def function_processes(self, function: str) -> list[int]:
        """The ids of the processes that serve the function now."""
        return list(_body(self._connection.ask("GET", f"{self._prefix}/functions/{function}/processes"))["pids"])

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:
        """By role or user with this prefix: `grants` (each with how often it was `used`) and what was `refused`."""
        return dict(_body(self._connection.ask("GET", f"{self._prefix}/iam/{prefix}"))["principals"])

    def event_counts(self, prefix: str) -> dict[str, int] | None:
        """How many events there were about each queue, function, bucket and role whose name begins with the prefix."""
        return dict(_body(self._connection.ask("GET", f"{self._prefix}/events/{prefix}"))["counts"])


def emulator_pid(endpoint_url: str) -> int:
    """The process id of the emulator at this URL. Raises NoAnswer, EmulatorRefused."""
    return int(_control_address(endpoint_url)["pid"])


def _control_address(endpoint_url: str) -> dict[str, Any]:
    gateway = JsonConnection(endpoint_url, control_headers())
    try:
        return _body(gateway.ask("GET", "/_rawk/control"))
    finally:
        gateway.close()


def _body(answer: tuple[int, Any]) -> dict[str, Any]:
    status, body = answer
    if status != 200 or not isinstance(body, dict):
        raise EmulatorRefused(f"the emulator answered {status}: {body}")
    return body
