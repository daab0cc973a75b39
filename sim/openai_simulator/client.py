"""Steers a running simulator: a small client of its control plane, for the harness.

server = OpenAIServer("http://127.0.0.1:4321")
space = server.space("scenario-7")
space.base_url, space.api_key            # what the pipeline is given
fault_id = space.add_fault({"effect": {"kind": "status", "status": 503}})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from sim.platform.json_connection import JsonConnection, NoAnswer

JSON = dict[str, Any]


class ControlError(Exception):
    """The simulator refused a control request, or did not answer; the message is its sentence."""


class OpenAIServer:
    """A simulator, by its URL and, where it has one, its key."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._line = JsonConnection(self.url, {"Authorization": f"Bearer {key}"} if key else None)

    def space(self, name: str, api_key: str | None = None) -> "Space":
        """The space of that name, made if it is not there yet; the key given becomes its right one.

        Raises:
            ControlError: the name is not one, or the simulator does not answer.
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
        """Sets the clock ahead of real time; held answers that become due go on.

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
    """One pipeline's own OpenAI."""

    server: OpenAIServer = field(repr=False)
    name: str
    api_key: str = field(repr=False)

    @property
    def base_url(self) -> str:
        return f"{self.server.url}/{self.name}/v1"

    def set_api_key(self, api_key: str) -> None:
        """From now on only this key is right."""
        self.api_key = self.server.call("PUT", f"/spaces/{self.name}", {"api_key": api_key})["api_key"]

    def set_models(self, names: list[str]) -> None:
        """From now on only these models exist."""
        self.server.call("PUT", f"/spaces/{self.name}", {"models": names})

    def journal(self, after: int = 0) -> list[JSON]:
        """The records (see `journal.Record`), those after a number, in the order the requests came."""
        records: list[JSON] = self.server.call("GET", f"/spaces/{self.name}/journal?after={after}")["records"]
        return records

    def add_fault(self, rule: Mapping[str, Any], fault_id: str | None = None) -> str:
        """Puts a rule in place; its id.

        Raises:
            ControlError: with the sentence that says what is wrong with the rule.
        """
        fault_id = fault_id or f"fault-{uuid4().hex[:12]}"
        self.server.call("PUT", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}", dict(rule))
        return fault_id

    def fault(self, fault_id: str) -> JSON:
        """One rule with its counts `calls` and `times_triggered`."""
        return self.server.call("GET", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}")

    def remove_fault(self, fault_id: str) -> JSON:
        """Takes a rule away; the rule with its final counts."""
        return self.server.call("DELETE", f"/spaces/{self.name}/faults/{quote(fault_id, safe='')}")

    def faults(self) -> list[JSON]:
        """The rules in place, in the order they are asked."""
        rules: list[JSON] = self.server.call("GET", f"/spaces/{self.name}/faults")["faults"]
        return rules

    def reset(self) -> None:
        """As new: no faults, an empty journal, its first key, all models."""
        self.api_key = self.server.call("POST", f"/spaces/{self.name}/reset")["api_key"]
