"""A client of the simulator's control API, for the harness.

server = OpenAIServer("http://127.0.0.1:4321")
space = server.space("scenario-7")
space.base_url, space.api_key            # for the pipeline
fault_id = space.add_fault({"effect": {"kind": "status", "status": 503}})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sim.platform.control_token import control_headers
from sim.platform.json_connection import JsonConnection, NoAnswer

JSON = dict[str, Any]


class ControlError(Exception):
    """The simulator refused a control request, or did not answer; the text says which and why."""


class OpenAIServer:
    """A simulator, by its URL and, where it has one, its key."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._line = JsonConnection(self.url, {"Authorization": f"Bearer {key}"} if key else control_headers())

    def space(self, name: str, api_key: str | None = None) -> "Space":
        """The space of that name, created if it does not exist; the key given becomes its valid key.

        Raises:
            ControlError: the name is invalid, or the simulator does not answer.
        """
        wanted = {} if api_key is None else {"api_key": api_key}
        made = self.call("PUT", f"/spaces/{quote(name, safe='')}", wanted)
        return Space(self, name, made["api_key"])

    def close(self) -> None:
        self._line.close()

    def drop_space(self, name: str) -> None:
        self.call("DELETE", f"/spaces/{quote(name, safe='')}")

    def clock(self) -> JSON:
        """`now`, `offset_seconds`, `held` (answers held back) and `next_due` (None without any)."""
        return self.call("GET", "/clock")

    def set_clock(self, offset_seconds: float) -> JSON:
        """Set the clock ahead of real time; held answers that become due are sent.

        Raises:
            ControlError: it would turn time back.
        """
        return self.call("PUT", "/clock", {"offset_seconds": offset_seconds})

    def call(self, method: str, path: str, body: Any = None) -> JSON:
        """One control request.

        Raises:
            ControlError: it was refused, or there was no answer.
        """
        try:
            status, answer = self._line.ask(method, f"/_sim{path}", body)
        except NoAnswer as error:
            raise ControlError(f"the OpenAI simulator at {self.url} does not answer: {error}") from error
        if status != 200:
            raise ControlError(answer["error"])
        result: JSON = answer
        return result


@dataclass
class Space:
    """The space of one pipeline."""

    server: OpenAIServer = field(repr=False)
    name: str
    api_key: str = field(repr=False)

    @property
    def base_url(self) -> str:
        return f"{self.server.url}/{self.name}/v1"

    def set_api_key(self, api_key: str) -> None:
        """From now on only this key is valid."""
        self.api_key = self.server.call("PUT", f"/spaces/{self.name}", {"api_key": api_key})["api_key"]

    def set_models(self, names: list[str]) -> None:
        """From now on only these models exist."""
        self.server.call("PUT", f"/spaces/{self.name}", {"models": names})

    def journal(self, after: int = 0) -> list[JSON]:
        """The records (see `journal.Record`) after the given number, in the order of the requests."""
        records: list[JSON] = self.server.call("GET", f"/spaces/{self.name}/journal?after={after}")["records"]
        return records

    def add_fault(self, rule: Mapping[str, Any], fault_id: str | None = None) -> str:
        """Add a rule; returns its id.

        Raises:
            ControlError: the rule is invalid; the text says why.
        """
        fault_id = fault_id or f"fault-{uuid4().hex[:12]}"
        self.server.call("PUT", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}", dict(rule))
        return fault_id

    def fault(self, fault_id: str) -> JSON:
        """One rule with its counts `calls` and `times_triggered`."""
        return self.server.call("GET", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}")

    def remove_fault(self, fault_id: str) -> JSON:
        """Remove a rule; returns it with its last counts."""
        return self.server.call("DELETE", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}")

    def faults(self) -> list[JSON]:
        """The rules in effect, in the order in which they are considered."""
        rules: list[JSON] = self.server.call("GET", f"/spaces/{self.name}/faults")["faults"]
        return rules

    def reset(self) -> None:
        """As new: no faults, an empty journal, its first key, all models."""
        self.api_key = self.server.call("POST", f"/spaces/{self.name}/reset")["api_key"]
