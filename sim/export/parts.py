"""What a decision is made of: an action, what it is done to, and how it differs from the fault it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.export.actions import LONGEST_STARTUP_DELAY_MILLISECONDS
from sim.export.place import Place
from sim.export.shapes import ZONES, Subnets


@dataclass(frozen=True)
class Target:
    """What an action is done to; by tags, by ARN, or by parameters, as AWS takes no two of the first two."""

    name: str
    resource_type: str
    tags: Mapping[str, str] = field(default_factory=dict)
    arns: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    selection_mode: str = "ALL"


@dataclass(frozen=True)
class Part:
    """One action of a template, but for its window."""

    action: str
    target: Target
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """Actions, and how they differ from the fault; or why there are none, and what to do instead."""

    parts: tuple[Part, ...] = ()
    differs: str = ""
    why_not: str = ""
    instead: str = ""

    @property
    def is_expressed(self) -> bool:
        return bool(self.parts)


def on_function(name: str, place: Place) -> Target:
    """By ARN: the pipeline's tags are those of its relay, too."""
    return Target(name, "aws:lambda:function", arns=(place.arn("lambda", f"function:{place.name}-{name}"),))


def subnets(kind: Subnets, place: Place) -> list[Target]:
    """A target for each: they differ in their names only, and a target's tags must all be there."""
    names = [f"{kind}-{zone}" for zone in range(ZONES)]
    return [Target(name, "aws:ec2:subnet", tags=place.tags(Name=f"{place.name}-{name}")) for name in names]


def cut_off(kinds: list[Subnets], scope: str, place: Place) -> tuple[Part, ...]:
    targets = [target for kind in dict.fromkeys(kinds) for target in subnets(kind, place)]
    return tuple(Part("aws:network:disrupt-connectivity", target, {"scope": scope}) for target in targets)


def failing(function: str, place: Place, *, runs: bool) -> tuple[Part, ...]:
    return (
        Part("aws:lambda:invocation-error", on_function(function, place), {"preventExecution": str(not runs).lower()}),
    )


def delayed(function: str, seconds: float, place: Place) -> tuple[Part, ...]:
    milliseconds = min(round(seconds * 1000), LONGEST_STARTUP_DELAY_MILLISECONDS)
    return (
        Part(
            "aws:lambda:invocation-add-delay",
            on_function(function, place),
            {"startupDelayMilliseconds": str(milliseconds)},
        ),
    )


def sentences(*parts: str) -> str:
    """Those that say something, in one line."""
    return "; ".join(part for part in parts if part)
