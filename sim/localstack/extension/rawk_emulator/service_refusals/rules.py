"""Refusals of EventBridge: schedules and event patterns of rules, targets, buses.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from .refused import Call, Check, Refused, is_arn
from .schedules import is_rate_or_cron

MAX_TARGETS = 5
INPUTS = ("Input", "InputPath", "InputTransformer")


def checks(violation_of: Callable[[str], str | None], targets_of: Callable[[Call], set[str]]) -> dict[str, Check]:
    """The checks by operation.

    `violation_of` names what is wrong with an event pattern, `targets_of` finds the targets of the call's rule.
    """

    def check_pattern(call: Call) -> None:
        pattern = call.parameters.get("EventPattern")
        if pattern and (violation := empty_object(pattern) or violation_of(pattern)):
            raise Refused("InvalidEventPatternException", f"Event pattern is not valid. Reason: {violation}")

    def check_rule(call: Call) -> None:
        expression = call.text("ScheduleExpression")
        if expression and not is_rate_or_cron(expression):
            raise _invalid("Parameter ScheduleExpression is not valid.")
        check_pattern(call)

    def check_targets(call: Call) -> None:
        targets = call.parameters.get("Targets") or ()
        for each in targets:
            _check_target(each)
        if len({each.get("Id") for each in targets} | targets_of(call)) > MAX_TARGETS:
            raise Refused("LimitExceededException", "The requested resource exceeds the maximum number allowed.")

    return {
        "CreateArchive": check_pattern,
        "CreateEventBus": _check_bus,
        "PutRule": check_rule,
        "PutTargets": check_targets,
        "TestEventPattern": check_pattern,
        "UpdateArchive": check_pattern,
    }


def empty_object(pattern: str) -> str | None:
    """The reason why a pattern with an object without fields is refused; None where there is no such object."""
    try:
        document = json.loads(pattern)
    except ValueError:
        return None
    return "Empty objects are not allowed" if _has_empty_object(document) else None


def _has_empty_object(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    return not value or any(_has_empty_object(each) for each in value.values())


def _check_target(target: Mapping[str, Any]) -> None:
    arn, name = str(target.get("Arn") or ""), target.get("Id")
    if not is_arn(arn):
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    if sum(target.get(each) is not None for each in INPUTS) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}.")
    if target.get("Input") is not None:
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise _invalid(f"JSON syntax error in input for target {name} : {error}") from None


def _check_bus(call: Call) -> None:
    name = call.text("Name")
    if call.parameters.get("EventSourceName"):
        return  # the bus of a partner has the name of its source
    if "/" in name:
        raise _invalid("Event bus name must not contain '/'.")
    if name.startswith("aws."):
        raise _invalid("Event bus name starting with 'aws.' is not valid.")


def _invalid(message: str) -> Refused:
    return Refused("ValidationException", message)
