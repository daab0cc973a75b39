"""Rules that every scenario keeps, checked on its text before anything starts.

A scenario states a claim, every wait has an end, and every fault is possible. A violation is reported with file and
line. A fault that is written with constants alone is made here (a fault is a value: making it changes nothing), so its
own module refuses impossible values before the run. Everything else about calls is the type checker's work: scenarios
are annotated (`sim: Simulation`), and `mypy --strict` finds unknown names, wrong arguments and wrong types.
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
from sim.engines.base.engine import NEEDED_BY_CALLS, NEEDED_BY_FAULTS, Capability
from sim.report.verdicts import stated_claim

type Function = ast.FunctionDef | ast.AsyncFunctionDef

WAITS = {"run_until": "within", "run_for": "duration"}
"""The methods that wait, and the argument that says how long."""
WAIT_POSITIONS = {"run_until": 1, "run_for": 0}

IMPOSSIBLE = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""What making an impossible value raises."""


@dataclass(frozen=True, order=True)
class RuleViolation:
    """One rule that a scenario violates, and where."""

    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


class UnreadableFile(Exception):
    """A file of scenarios is not text; the message names it."""


@dataclass(frozen=True)
class ScenarioFile:
    """The text of one file of scenarios; `shown` is its path as messages print it."""

    shown: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: Path, shown: str) -> "ScenarioFile":
        """Raises OSError and UnreadableFile."""
        try:
            return cls(shown, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise UnreadableFile(f"{shown} is not UTF-8 text: {error.reason}") from error

    def violations(self) -> list[RuleViolation]:
        """All violations in the order of their lines. A file with a syntax error has none: pytest reports the error."""
        try:
            found = [*self._without_claim(), *self._endless_waits(), *self._impossible_faults()]
        except SyntaxError:
            return []
        return sorted(RuleViolation(self.shown, line, problem) for line, problem in found)

    def needs_of(self, test: str) -> frozenset[Capability]:
        """What the test needs of an engine because of the faults it uses and the calls it makes.

        Functions and constants of the same file that the test uses are included.
        """
        reached, ahead = set[str](), [test]
        while ahead:
            if (name := ahead.pop()) in reached or name not in self._definitions:
                continue
            reached.add(name)
            ahead += [node.id for node in ast.walk(self._definitions[name]) if isinstance(node, ast.Name)]
        faults_used = {fault for name in reached for fault in _faults(self._definitions[name])}
        calls = [call for name in reached for call in _calls(self._definitions[name])]
        by_calls = {need for begins, need in NEEDED_BY_CALLS.items() if any(call.startswith(begins) for call in calls)}
        return frozenset(filter(None, map(_needed_by_fault, faults_used))) | by_calls

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def _scenarios(self) -> list[Function]:
        """The tests that take `sim`. Other tests in the file are not scenarios."""
        functions = [each for each in ast.walk(self._tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        return [each for each in functions if each.name.startswith("test") and "sim" in _arguments(each)]

    @cached_property
    def _definitions(self) -> Mapping[str, ast.stmt]:
        """The names that the file defines, at module level or in a class."""
        bodies = [self._tree.body, *(each.body for each in self._tree.body if isinstance(each, ast.ClassDef))]
        return {name: each for body in bodies for each in body for name in _names_defined(each)}

    @cached_property
    def _known(self) -> Mapping[str, object]:
        """What the file imports from `sim`, by its name in the file."""
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
                    f"{scenario.name} states no claim: begin a paragraph of its docstring with `Claim:`",
                )

    def _endless_waits(self) -> Iterator[tuple[int, str]]:
        for call in self._calls():
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in WAITS:
                continue
            name = call.func.attr
            given = _argument(call, WAITS[name], WAIT_POSITIONS[name])
            if given is None or (isinstance(given, ast.Constant) and given.value is None):
                example = "run_until(…, within=minutes(5))" if name == "run_until" else "run_for(minutes(5))"
                yield call.lineno, f"this wait has no end: give its duration, as in sim.{example}"
            elif self._is_constant(given):
                yield from self._impossible_wait(given)

    def _impossible_wait(self, given: ast.expr) -> Iterator[tuple[int, str]]:
        try:
            value = self._evaluate(given)
        except IMPOSSIBLE as error:
            yield given.lineno, f"{ast.unparse(given)}: {error}"
            return
        if not isinstance(value, timedelta):
            yield given.lineno, f"a wait takes a duration such as minutes(5), not {ast.unparse(given)}"
        elif value <= timedelta():
            yield given.lineno, f"a wait of {ast.unparse(given)} ends before it begins"

    def _impossible_faults(self) -> Iterator[tuple[int, str]]:
        for call in self._constant_faults():
            try:
                self._evaluate(call)
            except IMPOSSIBLE as error:
                yield call.func.end_lineno or call.lineno, f"{ast.unparse(call)}: {error}"

    def _constant_faults(self) -> Iterator[ast.Call]:
        """Each whole chain of calls such as `faults.openai.down().first(2)` that names constants alone."""
        names = {name for name, value in self._known.items() if value is faults}
        inner: set[ast.AST] = set()
        for call in self._calls():
            if call not in inner and _root(call) in names and self._is_constant(call):
                inner.update(part for part in ast.walk(call.func) if isinstance(part, ast.Call))
                yield call

    def _calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self._tree) if isinstance(node, ast.Call))

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether the expression can be evaluated here: names from `sim`, calls, numbers and strings alone."""
        parts = list(ast.walk(node))
        return all(isinstance(part, PLAIN) for part in parts) and all(
            part.id in self._known for part in parts if isinstance(part, ast.Name)
        )

    def _evaluate(self, node: ast.expr) -> Any:
        code = compile(ast.Expression(node), self.shown, "eval")
        return eval(code, {"__builtins__": {}}, dict(self._known))


PLAIN = (
    *(ast.Attribute, ast.BinOp, ast.Call, ast.Constant, ast.Dict, ast.List, ast.Name, ast.Subscript, ast.Tuple),
    *(ast.UnaryOp, ast.expr_context, ast.keyword, ast.operator, ast.unaryop),
)


def part_of_sim(name: str) -> object:
    """What `from sim import NAME` imports; None if there is no such name."""
    if hasattr(sim, name):
        return getattr(sim, name)
    try:
        return import_module(f"sim.{name}")
    except ModuleNotFoundError:
        return None  # the scenario's own import fails at that line with a message


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
    """`family.name` of each `faults.family.name`; the family alone where the module itself is passed on."""
    attributes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    families = [each for each in attributes if isinstance(each.value, ast.Name) and each.value.id == "faults"]
    named = [each for each in attributes if each.value in families]
    alone = [each for each in families if each not in [one.value for one in named]]
    return {each.attr for each in alone} | {ast.unparse(each).removeprefix("faults.") for each in named}


def _needed_by_fault(fault: str) -> Capability | None:
    return NEEDED_BY_FAULTS.get(fault) or NEEDED_BY_FAULTS.get(fault.partition(".")[0])


def _calls(node: ast.AST) -> list[str]:
    """Every call, written in one line with strings in single quotes."""
    return [ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.Call)]


def _arguments(function: Function) -> list[str]:
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    """The argument's value. An argument passed with * or ** counts as given."""
    for keyword in call.keywords:
        if keyword.arg in (name, None):
            return keyword.value
    starred = next((each for each in call.args[: position + 1] if isinstance(each, ast.Starred)), None)
    return starred or (call.args[position] if len(call.args) > position else None)


def _root(node: ast.expr) -> str | None:
    """The first name of a chain of attributes and calls: `faults` of `faults.openai.down().first(2)`."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else None


def scenario_files(arguments: list[str], patterns: list[str], left_out: list[str]) -> Iterator[Path]:
    """The files that the arguments name, directly or by folder. `patterns` are those of pytest's `python_files`."""
    for argument in dict.fromkeys(argument.partition("::")[0] for argument in arguments):
        path = Path(argument)
        if path.is_file():
            yield path
        for folder, inner, names in path.walk():
            inner[:] = sorted(name for name in inner if not any(Path(name).match(pattern) for pattern in left_out))
            yield from (folder / name for name in sorted(names) if any(Path(name).match(each) for each in patterns))
