"""S3's refusal of a call, and the refusals that several subjects share."""

from collections.abc import Mapping
from typing import Any

Parameters = Mapping[str, Any]


class Refused(Exception):
    """S3 refuses the call."""

    def __init__(self, code: str, message: str, status_code: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status_code = status_code


def malformed_xml() -> Refused:
    return Refused(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )


def invalid_argument(message: str) -> Refused:
    return Refused("InvalidArgument", message)
