"""A client of what our extension adds to the emulator under `/_rawk/`."""

from typing import Any

import httpx

TIMEOUT_SECONDS = 10.0


class EmulatorControl:
    """Raises httpx.HTTPError when the emulator does not answer or has no such path."""

    def __init__(self, endpoint_url: str) -> None:
        self._http = httpx.Client(base_url=f"{endpoint_url}/_rawk", timeout=TIMEOUT_SECONDS, trust_env=False)

    def world(self) -> dict[str, Any]:
        """What goes on and what is due: see `control.py` of the extension."""
        return dict(self._http.get("/world").raise_for_status().json())

    def settle(self) -> None:
        """The world's time was moved."""
        self._http.post("/world/settle").raise_for_status()

    def close(self) -> None:
        self._http.close()

    def function_processes(self, function: str) -> list[int]:
        """Process ids that serve the function now."""
        return list(self._http.get(f"/functions/{function}/processes").raise_for_status().json()["pids"])
