"""The numbers of the product's modules, and a way to change one wherever it is used."""

import ast
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rawk

TESTED_WITH_THE_POLICIES = "rawk.use_cases"


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(rawk.__path__, "rawk."):
        is_ours = not found.name.startswith((TESTED_WITH_THE_POLICIES, "rawk.adapters.postgres.migrations"))
        if is_ours and found.name not in ("rawk.asgi", "rawk.__main__"):  # they run when they are imported
            yield import_module(found.name)


def numbers() -> dict[str, int | float | timedelta]:
    """`module.NAME`, `module.NAME.field` or `module.function.argument` → number, for every module but use cases."""
    found: dict[str, Any] = {}
    for module in modules():
        for node in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body:
            for name, value in _numbers_of(node, module):
                found[f"{module.__name__.removeprefix('rawk.')}.{name}"] = value
    return found


def _numbers_of(node: ast.stmt, module: ModuleType) -> Iterator[tuple[str, Any]]:
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for name in (target.id for target in targets if isinstance(target, ast.Name)):
            value = getattr(module, name)
            if is_dataclass(value) and not isinstance(value, type):
                for field in fields(value):
                    if is_number(getattr(value, field.name)):
                        yield f"{name}.{field.name}", getattr(value, field.name)
            elif is_number(value) or (isinstance(value, tuple) and value and all(is_number(each) for each in value)):
                yield name, value
    functions = [node] if isinstance(node, ast.FunctionDef) else []
    prefix = ""
    if isinstance(node, ast.ClassDef):
        functions, prefix = [each for each in node.body if isinstance(each, ast.FunctionDef)], f"{node.name}."
    for function in functions:
        for argument, default in _defaults(function.args):
            if isinstance(default, ast.Constant) and is_number(default.value):
                yield f"{prefix}{function.name}.{argument}", default.value


def _defaults(arguments: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    if arguments.defaults:
        yield from (
            (each.arg, default)
            for each, default in zip(positional[-len(arguments.defaults) :], arguments.defaults, strict=True)
        )
    yield from ((each.arg, default) for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True))


def is_number(value: object) -> bool:
    return isinstance(value, int | float | timedelta) and not isinstance(value, bool)


def change(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    """Set the constant in its module and in every module that has imported it."""
    module_name, constant = f"rawk.{name}".rsplit(".", 1)
    module = import_module(module_name)
    usual = getattr(module, constant)
    for other in (*modules(), *(import_module(f"rawk.use_cases.{each}") for each in ("intake", "direct_uploads"))):
        if other is module or (getattr(other, constant, None) == usual and _imports(other, module_name, constant)):
            monkeypatch.setattr(other, constant, value)


def _imports(module: ModuleType, from_module: str, name: str) -> bool:
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.ImportFrom) and node.module == from_module and name in {each.name for each in node.names}
        for node in ast.walk(tree)
    )


class Recording:
    """A module in place of another, one of whose functions writes down an argument of every call."""

    def __init__(self, module: Any, function: str, argument: int = 0) -> None:
        self._module, self._function, self._argument = module, function, argument
        self.values: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._module, name)
        if name != self._function:
            return real

        def call(*arguments: Any, **keywords: Any) -> Any:
            self.values.append(arguments[self._argument])
            return real(*arguments, **keywords)

        return call


def most(fits: Callable[[int], object], at_most: int) -> int:
    """The largest whole number that fits, by bisection; 0 fits always."""
    low, high = 0, at_most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
