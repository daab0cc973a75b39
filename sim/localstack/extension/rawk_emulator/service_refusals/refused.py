"""A service's refusal of a call, and the call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """The service refuses the call."""

    def __init__(self, code: str, message: str, status_code: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status_code = status_code


@dataclass(frozen=True)
class Call:
    """A call that is judged: its parameters, as the service's model names them."""

    parameters: Mapping[str, Any]
    account: str
    region: str
    is_by_role: bool = False
    """Whether a role made the call: a session."""

    def text(self, name: str) -> str:
        """A parameter's text; empty where it is missing."""
        return str(self.parameters.get(name) or "")


Check = Callable[[Call], None]
"""Raises Refused where the service refuses the call."""


def is_arn(text: str) -> bool:
    """Whether a text has the form of an ARN. Region and account may be empty."""
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and all(parts[each] for each in (1, 2, 5))
