"""The judgement of a whole body by a table of parameters."""

from collections.abc import Mapping
from typing import Any

from sim.openai_simulator import errors
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.parameters.kinds import Kind


def judge(body: Mapping[str, Any], table: Mapping[str, Kind]) -> None:
    """Check every parameter that was sent.

    Raises:
        Refusal: one is unknown, not of its kind, or not offered.
    """
    for name in body:
        if name not in table:
            raise Refusal(errors.unknown_parameter(name))
    for name, value in body.items():
        table[name].check(name, value)


def refuse_unrecognised(body: Mapping[str, Any], table: Mapping[str, Kind]) -> None:
    """Refuse unknown parameters in the words of chat completions, which name none in `param`.

    Raises:
        Refusal: there are any.
    """
    unknown = [name for name in body if name not in table]
    if unknown:
        raise Refusal(errors.unrecognised(unknown))
