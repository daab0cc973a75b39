"""When which fault is on in a story, read from its text: every variant, every `with sim.fault(…)`, every wait.

A story waits until something is so, for so long at most: that longest time is taken. An experiment then lasts no
shorter than what the story says may be needed.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from types import SimpleNamespace
from typing import TypeGuard

from sim.export.expressions import MadeFault, Names, NotTold
from sim.export.place import Place
from sim.story_rules import WAIT_POSITIONS, WAITS

type Function = ast.FunctionDef


@dataclass(frozen=True)
class Switched:
    """One fault of a story: what it is, from when on, and for how long at most.

    `made` is None when the text does not tell it, and `untold` says why.
    """

    number: int
    line: int
    text: str
    made: MadeFault | None
    starts: timedelta
    lasts: timedelta
    untold: str = ""

    @property
    def describe(self) -> str:
        return self.made.fault.describe() if self.made else self.text


@dataclass(frozen=True)
class Variant:
    """One way in which a story is told; `id` as pytest prints it, empty when there is but one."""

    id: str
    faults: tuple[Switched, ...]


def variants(module: ast.Module, function: Function, place: Place, seed: int = 0) -> list[Variant]:
    """Every variant of a story, with its faults in the order of its text."""
    world = SimpleNamespace(seed=seed, limits=place.limits, survival_seconds=place.survival_seconds)
    names = Names(module, {"sim": world})
    read = []
    for given in product(*(_cases(decorator, names) for decorator in reversed(function.decorator_list))):
        parameters = {name: value for _, case in given for name, value in case.items()}
        walk = _Walk(names.with_more(parameters))
        walk.through(function.body)
        read.append(Variant("-".join(part for part, _ in given if part), tuple(walk.faults)))
    return read


def expects_dead_letters(function: Function) -> bool:
    """Whether dead letters are what the story is about: an alarm on them is then no reason to stop."""
    text = ast.unparse(function)
    return any(word in text for word in ("operator.redrive(", "operator.is_alarmed", "all_failed"))


@dataclass
class _Walk:
    """Through the statements, from top to bottom, with a watch."""

    names: Names
    now: timedelta = field(default_factory=timedelta)
    faults: list[Switched] = field(default_factory=list)

    def through(self, body: list[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.With(items, inner):
                    self._with([item.context_expr for item in items], inner)
                case ast.If(_, inner, otherwise) | ast.For(_, _, inner, otherwise) | ast.While(_, inner, otherwise):
                    self.through([*inner, *otherwise])
                case ast.Try(inner, _, otherwise, finally_):
                    self.through([*inner, *otherwise, *finally_])
                case _:
                    self._simple(statement)

    def _with(self, items: list[ast.expr], inner: list[ast.stmt]) -> None:
        begun = []
        for call in items:
            if _is_fault(call):
                begun.append(self._switched(call))
                self.faults.append(begun[-1])
        self.through(inner)
        for each in begun:
            self.faults[each.number - 1] = _window(each, self.now - each.starts)

    def _switched(self, call: ast.Call) -> Switched:
        number, shown = len(self.faults) + 1, ast.unparse(call.args[0]) if call.args else ast.unparse(call)
        made, untold = None, "it is made while the story runs"
        try:
            value = self.names.value(call.args[0])
        except (NotTold, IndexError) as error:
            untold = str(error)
        else:
            made, untold = (value, "") if isinstance(value, MadeFault) else (None, untold)
        return Switched(number, call.lineno, shown, made, self.now, timedelta(), untold)

    def _simple(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAITS:
                self.now += self._waited(node, node.func.attr)
        match statement:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                self.names.bind(name, value)

    def _waited(self, call: ast.Call, wait: str) -> timedelta:
        named = [keyword.value for keyword in call.keywords if keyword.arg == WAITS[wait]]
        given = named or call.args[WAIT_POSITIONS[wait] :]
        try:
            value = self.names.value(given[0])
        except (NotTold, IndexError):
            return timedelta()
        return value if isinstance(value, timedelta) else timedelta()


def _window(fault: Switched, block: timedelta) -> Switched:
    """From when on and how long, its own `.during(…)` within its block looked at too."""
    after, lasting = _own_window(fault)
    starts = fault.starts + after
    left = max(block - after, timedelta())
    if lasting is None:
        return replace(fault, starts=starts, lasts=left)
    return replace(fault, starts=starts, lasts=min(lasting, left) if left else lasting)


def _own_window(fault: Switched) -> tuple[timedelta, timedelta | None]:
    """What `.during(lasting, after)` said: an AWS fault keeps it in its rule, OpenAI's in whom it hits."""
    if fault.made is None:
        return timedelta(), None
    window = getattr(fault.made.fault, "rule", {}).get("window")
    if window:
        return timedelta(seconds=window["after"]), timedelta(seconds=window["for"])
    match = getattr(fault.made.fault, "match", {})
    lasting = match.get("for_seconds")
    after = timedelta(seconds=match.get("after_seconds", 0.0))
    return after, None if lasting is None else timedelta(seconds=lasting)


def _is_fault(node: ast.expr) -> TypeGuard[ast.Call]:
    """Whether it is `sim.fault(…)`."""
    match node:
        case ast.Call(ast.Attribute(ast.Name("sim"), "fault")):
            return True
        case _:
            return False


def _cases(decorator: ast.expr, names: Names) -> list[tuple[str, Mapping[str, object]]]:
    """What `@pytest.mark.parametrize(names, values)` gives: an id, and the parameters by name; of other marks nothing.

    Raises NotTold when the values are known only to a running story.
    """
    match decorator:
        case ast.Call(ast.Attribute(ast.Attribute(ast.Name("pytest"), "mark"), "parametrize"), [argument, values, *_]):
            named = names.value(argument)
            parameters = [each.strip() for each in named.split(",")] if isinstance(named, str) else list(named)
            rows = [[value] if len(parameters) == 1 else list(value) for value in names.value(values)]
            return [
                ("-".join(_id(value, name, number) for value, name in zip(row, parameters, strict=True)), case)
                for number, row in enumerate(rows)
                if (case := dict(zip(parameters, row, strict=True)))
            ]
        case _:
            return [("", {})]


def _id(value: object, name: str, number: int) -> str:
    """As pytest makes it: plain values as they are, functions by their name, others counted."""
    if value is None or isinstance(value, str | int | float | bool):
        return str(value)
    return str(getattr(value, "__name__", f"{name}{number}"))
