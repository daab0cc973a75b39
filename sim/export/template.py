"""An experiment template for `aws fis create-experiment-template --cli-input-json`, checked against botocore's model.

botocore itself looks at names and types only; the limits that its model states (lengths, patterns, how many) are
looked at here, and action ids and parameters are held against actions.py.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

from sim.export.actions import (
    ACTIONS,
    LONGEST_MINUTES,
    MOST_ACTIONS,
    MOST_STOP_CONDITIONS,
    RAMP_UP_MINUTES,
    SHORTEST_MINUTES,
)
from sim.export.parts import Decision, Part, Target
from sim.export.place import API_ERRORS, DEAD_LETTERS, OLDEST_JOB, Place
from sim.export.reading import Switched

WAIT = "aws:fis:wait"
LONGEST_TEXT = 512
"""Of the descriptions of a template and of an action."""


class BadTemplate(Exception):
    """AWS would refuse it; the text says why."""


@dataclass(frozen=True)
class Story:
    """What a template says of the story that it comes from."""

    path: str
    function: str
    variant: str
    claim: str
    expects_dead_letters: bool

    @property
    def name(self) -> str:
        return f"{self.function}[{self.variant}]" if self.variant else self.function


def template(
    story: Story,
    decided: list[tuple[Switched, Decision]],
    place: Place,
    *,
    role_arn: str | None = None,
    stop_alarms: list[str] | None = None,
) -> dict[str, Any]:
    """The template of all that could be expressed. Raises BadTemplate."""
    actions: dict[str, Any] = {}
    targets: dict[str, Any] = {}
    for switched, decision in decided:
        if decision.is_expressed:
            targets |= {part.target.name: _target(part.target) for part in decision.parts}
            actions |= _actions(switched, decision)
    made = {
        "description": shortened(story.claim),
        "targets": targets,
        "actions": actions,
        "stopConditions": _stop_conditions(stop_alarms or alarms(story, place)),
        "roleArn": role_arn or place.arn("iam", f"role/{place.name}-fis", region=""),
        "experimentOptions": {"accountTargeting": "single-account", "emptyTargetResolutionMode": "fail"},
        "tags": place.tags(Name=f"{place.name}-{story.function}"[:256], Story=f"{story.path}::{story.function}"[:256]),
    }
    check(made)
    return made


def alarms(story: Story, place: Place) -> list[str]:
    """What an experiment stops for: recordings given up on, jobs that wait longer than they may.

    Where dead letters are what the story is about both must ring; then only an API that answers with errors stops it.
    """
    if story.expects_dead_letters:
        return [place.alarm(API_ERRORS)] if place.shape.api else []
    return [place.alarm(DEAD_LETTERS), *([place.alarm(OLDEST_JOB)] if place.shape.api else [])]


def minutes_of(switched: Switched, part: Part) -> int:
    """How long the action lasts: a minute at least, two with Lambda's extension, which takes one to notice.

    It ends with the experiment, after twelve hours.
    """
    shortest = SHORTEST_MINUTES + (RAMP_UP_MINUTES if ACTIONS[part.action].needs_extension else 0)
    return min(max(_minutes(switched.lasts), shortest), LONGEST_MINUTES - _minutes(switched.starts))


def is_in_time(switched: Switched) -> bool:
    """Whether it begins early enough for an experiment to see something of it."""
    return _minutes(switched.starts) <= LONGEST_MINUTES - SHORTEST_MINUTES - RAMP_UP_MINUTES


def _minutes(duration: timedelta) -> int:
    return math.ceil(duration / timedelta(minutes=1))


def shortened(text: str, longest: int = LONGEST_TEXT) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def iso(minutes: int) -> str:
    """ISO 8601: `PT20M`, `PT3H5M`."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")


def _target(target: Target) -> dict[str, Any]:
    said = {
        "resourceArns": list(target.arns),
        "resourceTags": dict(target.tags),
        "parameters": dict(target.parameters),
    }
    given = {key: value for key, value in said.items() if value}
    return {"resourceType": target.resource_type, **given, "selectionMode": target.selection_mode}


def _actions(switched: Switched, decision: Decision) -> dict[str, Any]:
    assert switched.made is not None
    prefix = f"{switched.number}-{switched.made.key.replace('.', '-').replace('_', '-')}"
    described = shortened(". ".join(part for part in (switched.describe, decision.differs) if part))
    waits: dict[str, Any] = {}
    if switched.starts:
        waits[f"{prefix}-wait"] = {"actionId": WAIT, "parameters": {"duration": iso(_minutes(switched.starts))}}
    actions: dict[str, Any] = dict(waits)
    for part in decision.parts:
        name = prefix if len(decision.parts) == 1 else f"{prefix}-{part.target.name}"
        actions[name] = _action(switched, part, described) | ({"startAfter": list(waits)} if waits else {})
    return actions


def _action(switched: Switched, part: Part, described: str) -> dict[str, Any]:
    action = ACTIONS[part.action]
    duration = {"duration": iso(minutes_of(switched, part))} if action.parameters.get("duration") else {}
    made: dict[str, Any] = {"actionId": part.action, "description": described}
    if parameters := {**part.parameters, **duration}:
        made["parameters"] = parameters
    return made | {"targets": {action.target_key: part.target.name}}


def _stop_conditions(arns: list[str]) -> list[dict[str, str]]:
    return [{"source": "aws:cloudwatch:alarm", "value": arn} for arn in arns] or [{"source": "none"}]


# --- Would AWS take it? ------------------------------------------------------------------------------------------


def check(made: Mapping[str, Any]) -> None:
    """Raises BadTemplate, naming all that is wrong."""
    shape = _input_shape()
    whole = {"clientToken": "the-cli-makes-one-up", **made}
    report = ParamValidator().validate(whole, shape)
    wrong = [report.generate_report()] if report.has_errors() else [*_beyond_limits(whole, shape, "template")]
    wrong += [*_against_the_reference(made), *_beyond_quotas(made)]
    if wrong:
        raise BadTemplate("AWS would refuse the template: " + "; ".join(wrong))


@cache
def _input_shape() -> Shape:
    service = botocore.session.get_session().get_service_model("fis")
    shape = service.operation_model("CreateExperimentTemplate").input_shape
    assert shape is not None
    return shape


def _beyond_limits(value: Any, shape: Any, where: str) -> Iterator[str]:
    match shape.type_name:
        case "structure":
            for name, inner in value.items():
                yield from _beyond_limits(inner, shape.members[name], f"{where}.{name}")
        case "map":
            for name, inner in value.items():
                yield from _beyond_limits(name, shape.key, f"{where}, the name {name}")
                yield from _beyond_limits(inner, shape.value, f"{where}.{name}")
        case "list":
            for number, inner in enumerate(value):
                yield from _beyond_limits(inner, shape.member, f"{where}[{number}]")
    if shape.type_name in ("string", "list", "map"):
        yield from _too_long(value, shape, where)


def _too_long(value: Any, shape: Any, where: str) -> Iterator[str]:
    limits = shape.metadata
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        yield f"{where} has a length of {len(value)}, it may be from {limits.get('min', 0)} to {limits.get('max')}"
    if allowed := limits.get("enum"):
        if value not in allowed:
            yield f"{where} is {value}, it may be {', '.join(allowed)}"
    elif (pattern := limits.get("pattern")) and not re.fullmatch(_for_python(pattern), value):
        yield f"{where} is {value!r}, which does not fit {pattern}"


def _for_python(pattern: str) -> str:
    """Java's classes of letters, spaces and numbers in Python's words; what we name things with is plain."""
    return pattern.replace(r"\p{L}", "a-zA-Z").replace(r"\p{Z}", " ").replace(r"\p{N}", "0-9")


def _beyond_quotas(made: Mapping[str, Any]) -> Iterator[str]:
    for what, most in (("actions", MOST_ACTIONS), ("stopConditions", MOST_STOP_CONDITIONS)):
        if len(made.get(what, ())) > most:
            yield f"it has {len(made[what])} {what}, a template may have {most}"


def _against_the_reference(made: Mapping[str, Any]) -> Iterator[str]:
    for name, each in made["actions"].items():
        action = ACTIONS.get(each["actionId"])
        if action is None:
            yield f"{name}: there is no action {each['actionId']} in actions.py"
            continue
        given = set(each.get("parameters", {}))
        if unknown := given - set(action.parameters):
            yield f"{name}: {each['actionId']} takes no {', '.join(sorted(unknown))}"
        if missing := {key for key, needed in action.parameters.items() if needed} - given:
            yield f"{name}: {each['actionId']} needs {', '.join(sorted(missing))}"
        for key, target in each.get("targets", {}).items():
            if key != action.target_key or made["targets"].get(target, {}).get("resourceType") != action.resource_type:
                yield f"{name}: {each['actionId']} is done to {action.target_key} of type {action.resource_type}"
