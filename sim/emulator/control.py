"""A client of what our extension adds to the emulator under `/_rawk/`."""

import httpx

TIMEOUT_SECONDS = 10.0


class EmulatorControl:
    """Raises httpx.HTTPError when the emulator does not answer or has no such path."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = f"{endpoint_url}/_rawk"

    def function_processes(self, function: str) -> list[int]:
        """Process ids that serve the function now."""
        answer = httpx.get(f"{self._url}/functions/{function}/processes", timeout=TIMEOUT_SECONDS, trust_env=False)
        answer.raise_for_status()
        return list(answer.json()["pids"])
