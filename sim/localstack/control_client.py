"""A client of what our extension adds to the emulator: see `control.py` of the extension."""

from typing import Any

from sim.platform.json_connection import JsonConnection


class EmulatorRefused(Exception):
    """The emulator does not know what it was asked; is the extension loaded?"""


class EmulatorControl:
    """Raises NoAnswer when the emulator does not answer, EmulatorRefused when it has no such thing."""

    def __init__(self, endpoint_url: str, *, from_outside: bool = False) -> None:
        """From outside of its container its lean door can not be reached, but the same is to be had at LocalStack's."""
        port = _at_the_door(endpoint_url)["port"]
        self._line = JsonConnection(endpoint_url if from_outside else f"http://127.0.0.1:{port}")
        self._prefix = "/_rawk/control" if from_outside else ""

    def close(self) -> None:
        self._line.close()

    def world(self, patience_seconds: float = 0.0) -> dict[str, Any]:
        """What goes on and what is due; the answer waits until the emulator is at rest, but so long at most."""
        return _body(self._line.ask("GET", f"{self._prefix}/world?patience_ms={patience_seconds * 1000:g}"))

    def settle(self) -> None:
        """The world's time was moved."""
        _body(self._line.ask("POST", f"{self._prefix}/world/settle"))

    def function_processes(self, function: str) -> list[int]:
        """Process ids that serve the function now."""
        return list(_body(self._line.ask("GET", f"{self._prefix}/functions/{function}/processes"))["pids"])

    def iam(self, prefix: str) -> dict[str, dict[str, Any]]:
        """By role or user whose name begins so: `grants` (each with how often it was `used`) and what was `refused`."""
        return dict(_body(self._line.ask("GET", f"{self._prefix}/iam/{prefix}"))["principals"])


def emulator_pid(endpoint_url: str) -> int:
    """The process id of the emulator that answers there. Raises NoAnswer, EmulatorRefused."""
    return int(_at_the_door(endpoint_url)["pid"])


def _at_the_door(endpoint_url: str) -> dict[str, Any]:
    door = JsonConnection(endpoint_url)
    try:
        return _body(door.ask("GET", "/_rawk/control"))
    finally:
        door.close()


def _body(answer: tuple[int, Any]) -> dict[str, Any]:
    status, body = answer
    if status != 200 or not isinstance(body, dict):
        raise EmulatorRefused(f"the emulator answered {status}: {body}")
    return body
