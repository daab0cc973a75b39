"""The value of an expression in a story's text, without running the story.

Known are constants, what the file gives a name to, what it imports of `sim`, a variant's parameters, and of the
simulation itself its seed and its limits. A fault is a value, and making one breaks nothing (sim/story_rules.py);
each remembers here which function of `sim.faults` made it.
"""

import ast
import builtins
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from sim import faults
from sim.story_rules import part_of_sim

PLAIN_BUILTINS = ("dict", "enumerate", "getattr", "int", "len", "list", "max", "min", "range", "round", "set", "sorted")
BUILTINS = {name: getattr(builtins, name) for name in (*PLAIN_BUILTINS, "str", "tuple", "zip")}


class NotTold(Exception):
    """The text alone does not say it; the message says what is missing."""


@dataclass(frozen=True)
class MadeFault:
    """A fault, and by which function it was made: `queue.throttled`. Its methods narrow it down and keep that."""

    key: str
    fault: Any

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.fault, name)
        return _remembering(self.key, value) if inspect.ismethod(value) else value


class Family:
    """One module of `sim.faults`."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._name = module.__name__.rpartition(".")[2]

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        is_ours = inspect.isfunction(value) and value.__module__ == self._module.__name__
        return _remembering(f"{self._name}.{name}", value) if is_ours else value


class Families:
    """`sim.faults` itself."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(faults, name)
        return Family(value) if inspect.ismodule(value) else value


@cache
def _remembering(key: str, make: Callable[..., Any]) -> Callable[..., Any]:
    def made(*given: Any, **named: Any) -> Any:
        value = make(*given, **named)
        return MadeFault(key, value) if hasattr(value, "describe") else value

    made.__name__ = make.__name__
    return made


class Names:
    """What names stand for in one variant of a story. `given` are known from outside, and go before the file's own."""

    def __init__(self, module: ast.Module, given: Mapping[str, object]) -> None:
        self._definitions = dict(_definitions(module))
        self._imports = dict(_imports(module))
        self._values: dict[str, object] = dict(given)
        self._looking_up: set[str] = set()

    def with_more(self, more: Mapping[str, object]) -> "Names":
        """These, and some more; what is bound there is not bound here."""
        names = Names(ast.Module([], []), {**self._values, **more})
        names._definitions, names._imports = self._definitions, self._imports
        return names

    def bind(self, name: str, node: ast.expr) -> None:
        """A name of the story's own. What can not be told is told when somebody asks for it."""
        try:
            self._values[name] = self.value(node)
        except NotTold:
            self._values.pop(name, None)
            self._definitions = {key: value for key, value in self._definitions.items() if key != name}

    def value(self, node: ast.expr) -> Any:
        """Raises NotTold."""
        scope = {name: self._named(name) for name in sorted(_free_names(node)) if name not in BUILTINS}
        code = compile(ast.Expression(node), "story", "eval")
        try:
            return eval(code, {"__builtins__": BUILTINS, **scope})
        except (ArithmeticError, AttributeError, LookupError, NameError, TypeError, ValueError) as error:
            raise NotTold(f"{ast.unparse(node)}: {error}") from error

    def _named(self, name: str) -> object:
        if name in self._values:
            return self._values[name]
        if name in self._imports:
            return Families() if self._imports[name] == "faults" else part_of_sim(self._imports[name])
        if name not in self._definitions or name in self._looking_up:
            raise NotTold(f"what {name!r} is, is known only while the story runs")
        self._looking_up.add(name)
        try:
            return self._values.setdefault(name, self.value(self._definitions[name]))
        finally:
            self._looking_up.discard(name)


def _definitions(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for each in module.body:
        match each:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                yield name, value


def _imports(module: ast.Module) -> Iterator[tuple[str, str]]:
    for each in ast.walk(module):
        if isinstance(each, ast.ImportFrom) and each.module == "sim" and not each.level:
            yield from ((alias.asname or alias.name, alias.name) for alias in each.names)


def _free_names(node: ast.expr) -> set[str]:
    """Names that an expression takes from outside itself."""
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    own = {part.id for part in names if isinstance(part.ctx, ast.Store)}
    own |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return {part.id for part in names} - own
