"""The switches of faults: one for each fault of `sim.faults`, with options by its signature.

A fault that needs an object of Python, such as a function, has no switch.
"""

import inspect
import typing
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from sim import faults
from sim.demo.errors import BadArguments, NotPossible
from sim.faults import Fault
from sim.faults.aws import AwsFault
from sim.faults.database import ConnectionsCut, DatabaseRestarted
from sim.faults.openai import OpenAIFault
from sim.faults.worker import Killed
from sim.provisioning.rendering import Rendering
from sim.scenario.simulation import InjectedFault, Simulation

FAMILIES = tuple(name for name in faults.__all__ if name[0].islower() and name != "aws")

FIRST = "first"
"""An option of every fault of calls to OpenAI or AWS: only so many calls."""

DEFAULT_SECONDS = {"delivered_late": 60.0, "latency": 1.0}
"""Durations that the signature leaves open, where ten seconds would be a bad choice."""
DURATION_SECONDS = 10.0
LARGEST_NUMBER = 10_000_000
BEST_CHOICES = {"role": "worker", "action": "s3:GetObject"}
"""Defaults of choices that the signature leaves open; else the first value."""

ROLE_POLICIES = "aws_iam_role_policy"


@dataclass(frozen=True)
class Option:
    """One parameter of a fault. `values` are given for a choice."""

    name: str
    kind: Literal["choice", "number", "duration"]
    default: Any
    values: tuple[Any, ...] = ()
    is_optional: bool = False

    def as_json(self) -> dict[str, Any]:
        values = [[value, "any" if value is None else str(value)] for value in self.values]
        choices = {"values": values} if self.kind == "choice" else {"minimum": 0 if self.kind == "duration" else 1}
        label = self.name.replace("_", " ") if self.name != FIRST else "only the first calls"
        return {"name": self.name, "label": label, "kind": self.kind, "default": self.default, **choices}

    def value_of(self, given: Any) -> Any:
        """Raises BadArguments."""
        if given in (None, ""):
            return self.default
        if self.kind == "choice":
            if given not in self.values:
                raise BadArguments(f"{self.name} is one of {', '.join(map(str, self.values))}, not {given!r}")
            return given
        number = isinstance(given, int | float) and not isinstance(given, bool)
        if not number or not 0 <= given <= LARGEST_NUMBER:
            raise BadArguments(f"{self.name} is a number from 0 to {LARGEST_NUMBER:,}, not {given!r}")
        return given if self.kind == "duration" else int(given)


@dataclass(frozen=True)
class Switch:
    """A fault that viewers can switch on."""

    id: str
    """`openai.down`: its family and its function."""
    make: Callable[..., Any]
    options: tuple[Option, ...]
    about: str

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The value of every option. Raises BadArguments."""
        if unknown := given.keys() - {option.name for option in self.options}:
            raise BadArguments(f"{self.id} has no option {', '.join(sorted(unknown))}")
        return {option.name: option.value_of(given.get(option.name)) for option in self.options}

    def fault(self, given: Mapping[str, Any]) -> Fault[Any]:
        """The fault with these options. Raises BadArguments."""
        arguments = self.arguments(given)
        first = arguments.pop(FIRST, None)
        try:
            fault = self.make(**arguments)
            return fault if first is None else fault.first(first)  # type: ignore[no-any-return]
        except ValueError as error:
            raise BadArguments(str(error)) from error

    def source(self, given: Mapping[str, Any]) -> str:
        """The fault as Python."""
        arguments = self.arguments(given)
        first = arguments.pop(FIRST, None)
        defaults = {name: each.default for name, each in inspect.signature(self.make).parameters.items()}
        written = [f"{name}={value!r}" for name, value in arguments.items() if defaults[name] != value]
        return f"faults.{self.id}({', '.join(written)})" + ("" if first is None else f".first({first})")


def is_momentary(fault: Fault[Any]) -> bool:
    """It happens once, when it is switched on."""
    if isinstance(fault, DatabaseRestarted):
        return fault.before is None
    return isinstance(fault, ConnectionsCut | Killed) or fault.family == "clients"


def granted_actions() -> list[str]:
    """Every action that the policy of a role names: what a role can be denied."""
    policies = [each for each in Rendering.load().resources if each.type == ROLE_POLICIES]
    statements = [each for policy in policies for each in policy.attributes["policy"]["Statement"]]
    actions = [each["Action"] if isinstance(each["Action"], list) else [each["Action"]] for each in statements]
    return sorted({action for each in actions for action in each if "*" not in action})


@cache
def switches() -> dict[str, Switch]:
    """All switches by their id, in the order of families."""
    found = (_switch(family, name) for family in FAMILIES for name in _functions(family))
    return {each.id: each for each in found if each is not None}


def _functions(family: str) -> list[str]:
    module = getattr(faults, family)
    return [
        name
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
    ]


def _switch(family: str, name: str) -> Switch | None:
    """None for a fault that needs an object of Python."""
    make = getattr(getattr(faults, family), name)
    hints = typing.get_type_hints(make)
    options = [
        _option(name, parameter, hints[parameter.name]) for parameter in inspect.signature(make).parameters.values()
    ]
    if any(option is None for option in options):
        return None
    about = " ".join((inspect.getdoc(make) or "").split("\n\n")[0].split())
    switch = Switch(f"{family}.{name}", make, tuple(option for option in options if option is not None), about)
    if isinstance(switch.fault({}), OpenAIFault | AwsFault):
        return Switch(switch.id, make, (*switch.options, Option(FIRST, "number", None, is_optional=True)), about)
    return switch


def _option(fault: str, parameter: inspect.Parameter, hint: Any) -> Option | None:
    alternatives = get_args(hint) if get_origin(hint) in (typing.Union, UnionType) else (hint,)
    kinds = [each for each in alternatives if each is not NoneType]
    optional = len(kinds) < len(alternatives)
    required = parameter.default is inspect.Parameter.empty
    if timedelta in kinds:
        default = DEFAULT_SECONDS.get(fault, DURATION_SECONDS) if required else parameter.default
        return Option(parameter.name, "duration", default, is_optional=optional)
    (kind,) = kinds if len(kinds) == 1 else (None,)
    values: tuple[Any, ...] = get_args(kind) if get_origin(kind) is Literal else ()
    if kind is str and parameter.name == "action":  # any text in the signature
        values = tuple(granted_actions())
    if values:
        values = (None, *values) if optional else values
        default = BEST_CHOICES.get(parameter.name, values[0]) if required else parameter.default
        return Option(parameter.name, "choice", default, values, optional)
    if kind is int:
        return Option(parameter.name, "number", 1 if required else parameter.default, is_optional=optional)
    return None


@dataclass
class Active:
    """A fault that is on."""

    switch: Switch
    name: str
    """In words, with its options."""
    injected: InjectedFault
    ending: ExitStack
    times_triggered: int = 0


class SwitchBoard:
    """The switches of one run. Owned by one thread."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._active: dict[str, Active] = {}
        self._counts: dict[str, int] = {}
        """How often each was triggered when it was on last."""

    def on(self, fault_id: str, options: Mapping[str, Any]) -> dict[str, Any]:
        """Raises NotPossible if it is on already, BadArguments."""
        switch = find(fault_id)
        if fault_id in self._active:
            raise NotPossible(f"{switch.id} is on already: switch it off first")
        fault = switch.fault(options)
        ending = ExitStack()
        try:
            injected = ending.enter_context(self._simulation.fault(fault, allow_untriggered=True))
        except (ValueError, RuntimeError) as error:  # a permission that the role does not have; a part that is down
            raise NotPossible(str(error)) from error
        if is_momentary(fault):
            self._counts[fault_id] = injected.times_triggered
            ending.close()
        else:
            self._active[fault_id] = Active(switch, fault.describe(), injected, ending)
        return {"fault": fault.describe()}

    def off(self, fault_id: str) -> dict[str, Any]:
        """Raises NotPossible if it is off."""
        find(fault_id)
        active = self._active.pop(fault_id, None)
        if active is None:
            raise NotPossible(f"{fault_id} is off already")
        active.ending.close()
        self._counts[fault_id] = active.injected.times_triggered
        return {"times_triggered": self._counts[fault_id]}

    def all_off(self) -> None:
        """Switch all off."""
        for fault_id in list(self._active):
            self.off(fault_id)

    @property
    def active(self) -> list[str]:
        """The ids of those that are on."""
        return list(self._active)

    @property
    def times_triggered(self) -> int:
        """How often those that are on were triggered, when it was last asked."""
        return sum(active.times_triggered for active in self._active.values())

    def count(self) -> None:
        """Ask how often each was triggered. Raises what a service raises that does not answer."""
        for active in self._active.values():
            active.times_triggered = active.injected.times_triggered

    def as_json(self) -> list[dict[str, Any]]:
        """The key `faults` of the state."""
        return [self._shown(switch.id) for switch in switches().values()]

    def _shown(self, fault_id: str) -> dict[str, Any]:
        active = self._active.get(fault_id)
        if active is None:
            return {**_described(fault_id), "active": False, "times_triggered": self._counts.get(fault_id, 0)}
        times_triggered = active.times_triggered
        return {**_described(fault_id), "name": active.name, "active": True, "times_triggered": times_triggered}


def find(fault_id: object) -> Switch:
    """Raises BadArguments."""
    switch = switches().get(str(fault_id))
    if switch is None:
        raise BadArguments(f"there is no fault {fault_id!r}")
    return switch


@cache
def _described(fault_id: str) -> dict[str, Any]:
    switch = switches()[fault_id]
    return {
        "id": switch.id,
        "name": switch.fault({}).describe(),
        "about": switch.about,
        "family": switch.family,
        "options": [option.as_json() for option in switch.options],
        "momentary": is_momentary(switch.fault({})),
    }
