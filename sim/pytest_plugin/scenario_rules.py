"""The rules that every scenario keeps to, checked on its text before anything is started.

A scenario says what it claims; every wait in it has an end; a fault is spelled as it can be meant. What breaks a
rule is
told with the line to change. A fault made of nothing but constants is really made here (a fault is a value, making one
breaks nothing), so whatever its own module refuses is refused now and not in the middle of a run.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import sim
from sim import faults
from sim.engines.base.engine import NEEDED_BY_DEEDS, NEEDED_BY_FAULTS, Capability
from sim.pytest_plugin.call_checking import BadCall, check_call, dotted
from sim.report.verdicts import stated_claim

type Function = ast.FunctionDef | ast.AsyncFunctionDef

WAITS = {"run_until": "within", "run_for": "duration"}
"""The ways to wait, and the argument that says how long."""
WAIT_POSITIONS = {"run_until": 1, "run_for": 0}


@dataclass(frozen=True, order=True)
class Broken:
    """One rule that a scenario breaks."""

    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


@dataclass(frozen=True)
class ScenarioFile:
    """One file of scenarios, as text; `shown` is its path as people are told it."""

    shown: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path, shown: str) -> "ScenarioFile":
        """Raises OSError and UnicodeDecodeError."""
        return cls(shown, path.read_text(encoding="utf-8"))

    def broken_rules(self) -> list[Broken]:
        """All that is wrong with it, in the order of its lines; a file that is no Python is pytest's to tell."""
        try:
            found = [*self._without_claim(), *self._endless_waits(), *self._impossible_faults()]
        except SyntaxError:
            return []
        return sorted(Broken(self.shown, line, problem) for line, problem in found)

    def needs_of(self, test: str) -> frozenset[Capability]:
        """What the test needs because of what it does, itself or by way of its file's own functions and names."""
        reached, ahead = set[str](), [test]
        while ahead:
            if (name := ahead.pop()) in reached or name not in self._definitions:
                continue
            reached.add(name)
            ahead += [node.id for node in ast.walk(self._definitions[name]) if isinstance(node, ast.Name)]
        faults_used = {fault for name in reached for fault in _faults(self._definitions[name])}
        calls = [call for name in reached for call in _calls(self._definitions[name])]
        deeds = {need for begins, need in NEEDED_BY_DEEDS.items() if any(call.startswith(begins) for call in calls)}
        return frozenset(filter(None, map(_needed_by_fault, faults_used))) | deeds

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def _scenarios(self) -> list[Function]:
        """The tests that take `sim`; a file may hold others, that are no scenarios."""
        functions = [each for each in ast.walk(self._tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        return [each for each in functions if each.name.startswith("test") and "sim" in _arguments(each)]

    @cached_property
    def _definitions(self) -> Mapping[str, ast.stmt]:
        """What the file itself gives a name to, at its top or in a class."""
        bodies = [self._tree.body, *(each.body for each in self._tree.body if isinstance(each, ast.ClassDef))]
        return {name: each for body in bodies for each in body for name in _names_defined(each)}

    @cached_property
    def _known(self) -> Mapping[str, object]:
        """What it imports of `sim`, by the name it has here."""
        known: dict[str, object] = {}
        for each in ast.walk(self._tree):
            if isinstance(each, ast.ImportFrom) and each.module == "sim" and not each.level:
                for alias in each.names:
                    if (value := part_of_sim(alias.name)) is not None:
                        known[alias.asname or alias.name] = value
        return known

    def _without_claim(self) -> Iterator[tuple[int, str]]:
        for scenario in self._scenarios:
            if stated_claim(ast.get_docstring(self._tree), ast.get_docstring(scenario)) is None:
                yield (
                    scenario.lineno,
                    f"{scenario.name} claims nothing: begin a paragraph of its docstring with `Claim:`",
                )

    def _endless_waits(self) -> Iterator[tuple[int, str]]:
        for call in self._calls():
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in WAITS:
                continue
            name = call.func.attr
            given = _argument(call, WAITS[name], WAIT_POSITIONS[name])
            if given is None or (isinstance(given, ast.Constant) and given.value is None):
                example = "run_until(…, within=minutes(5))" if name == "run_until" else "run_for(minutes(5))"
                yield call.lineno, f"a wait without an end: say how long, as in sim.{example}"
            elif self._is_made_of_constants(given):
                yield from self._senseless_wait(given)

    def _senseless_wait(self, given: ast.expr) -> Iterator[tuple[int, str]]:
        try:
            value = self._made(given)
        except (TypeError, ValueError, OverflowError) as error:
            yield given.lineno, f"{ast.unparse(given)}: {error}"
            return
        if not isinstance(value, timedelta):
            yield given.lineno, f"a wait takes a duration such as minutes(5), not {ast.unparse(given)}"
        elif value <= timedelta():
            yield given.lineno, f"a wait of {ast.unparse(given)} ends before it begins"

    def _impossible_faults(self) -> Iterator[tuple[int, str]]:
        for call in self._fault_calls():
            try:
                check_call(call, self._known)
                if self._is_made_of_constants(call):
                    self._made(call)
            except (BadCall, TypeError, ValueError, LookupError, OverflowError) as error:
                yield _line_of(call), f"{dotted(call)}: {error}"

    def _fault_calls(self) -> Iterator[ast.Call]:
        """Each `faults.family.what(…).narrowed(…)`, whole; not again its parts."""
        inner: set[ast.AST] = set()
        for call in self._calls():
            if call not in inner and dotted(call).partition(".")[0] in self._names_of_faults:
                inner.update(part for part in ast.walk(call.func) if isinstance(part, ast.Call))
                yield call

    @property
    def _names_of_faults(self) -> set[str]:
        return {name for name, value in self._known.items() if value is faults}

    def _calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self._tree) if isinstance(node, ast.Call))

    def _is_made_of_constants(self, node: ast.expr) -> bool:
        """Whether it can be made here: all it names comes from `sim`, and it is plain calls, numbers and texts."""
        parts = list(ast.walk(node))
        return all(isinstance(part, PLAIN) for part in parts) and all(
            part.id in self._known for part in parts if isinstance(part, ast.Name)
        )

    def _made(self, node: ast.expr) -> Any:
        code = compile(ast.Expression(node), self.shown, "eval")
        return eval(code, {"__builtins__": {}}, dict(self._known))


PLAIN = (
    *(ast.Attribute, ast.BinOp, ast.Call, ast.Constant, ast.Dict, ast.List, ast.Name, ast.Subscript, ast.Tuple),
    *(ast.UnaryOp, ast.expr_context, ast.keyword, ast.operator, ast.unaryop),
)


def part_of_sim(name: str) -> object:
    """What `from sim import NAME` gives; None where there is nothing of that name."""
    if hasattr(sim, name):
        return getattr(sim, name)
    try:
        return import_module(f"sim.{name}")
    except ModuleNotFoundError:
        return None  # the scenario's own import fails at that line, and says so


def _names_defined(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            return [name]
        case ast.Assign(targets):
            return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
        case ast.AnnAssign(ast.Name(name)):
            return [name]
        case _:
            return []


def _faults(node: ast.AST) -> set[str]:
    """`family.name` of each `faults.family.name`, or the family alone where it is handed on whole."""
    attributes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    families = [each for each in attributes if isinstance(each.value, ast.Name) and each.value.id == "faults"]
    named = [each for each in attributes if each.value in families]
    alone = [each for each in families if each not in [one.value for one in named]]
    return {each.attr for each in alone} | {ast.unparse(each).removeprefix("faults.") for each in named}


def _needed_by_fault(fault: str) -> Capability | None:
    return NEEDED_BY_FAULTS.get(fault) or NEEDED_BY_FAULTS.get(fault.partition(".")[0])


def _calls(node: ast.AST) -> list[str]:
    """Every call as it is written in one line, strings in single quotes."""
    return [ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.Call)]


def _arguments(function: Function) -> list[str]:
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """The argument's value; what is handed on with * or ** counts as given."""
    for keyword in call.keywords:
        if keyword.arg in (name, None):
            return keyword.value
    starred = next((each for each in call.args[: position + 1] if isinstance(each, ast.Starred)), None)
    return starred or (call.args[position] if len(call.args) > position else None)


def _line_of(call: ast.Call) -> int:
    """Where the last of its names stands: a long chain is written over several lines."""
    return call.func.end_lineno or call.lineno


def scenario_files(arguments: list[str], patterns: list[str], left_out: list[str]) -> Iterator[Path]:
    """The files that a command line names, itself or by their folder; `patterns` as pytest's `python_files`."""
    for argument in dict.fromkeys(argument.partition("::")[0] for argument in arguments):
        path = Path(argument)
        if path.is_file():
            yield path
        for folder, inner, names in path.walk():
            inner[:] = sorted(name for name in inner if not any(Path(name).match(pattern) for pattern in left_out))
            yield from (folder / name for name in sorted(names) if any(Path(name).match(each) for each in patterns))
