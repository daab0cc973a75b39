"""Compares a call in a scenario's text with what is really called: is there such a name, and does it take these
options?

Knows chains, `faults.openai.down(endpoint="chat").first(2)`, by what each function says that it gives.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any


class BadCall(Exception):
    """There is no such name, or it takes no such options; the text says what there is."""


INCONCLUSIVE = object()
"""What can not be told from the text alone."""


def dotted(node: ast.AST) -> str:
    """The names of a chain, without what its calls are given: `faults.openai.down.first`; empty for anything else."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            before = dotted(value)
            return f"{before}.{name}" if before else ""
        case ast.Call(func):
            return dotted(func)
        case _:
            return ""


def check_call(call: ast.Call, known: Mapping[str, object]) -> None:
    """Check every call of a chain, the first one first. Raises BadCall."""
    _given_by(call, known)


def _given_by(node: ast.AST, known: Mapping[str, object]) -> object:
    """What a part of the chain is: a module, a function, or the class of what a call gives. Raises BadCall."""
    match node:
        case ast.Name(name):
            return known.get(name, INCONCLUSIVE)
        case ast.Attribute(value, name):
            return _attribute(_given_by(value, known), name)
        case ast.Call(func):
            called = _given_by(func, known)
            if called is INCONCLUSIVE or not callable(called):
                return INCONCLUSIVE
            _check_arguments(
                node, called, is_method=isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call)
            )
            return _result_of(called)
        case _:
            return INCONCLUSIVE


def _attribute(owner: object, name: str) -> object:
    if owner is INCONCLUSIVE:
        return INCONCLUSIVE
    fields = getattr(owner, "__dataclass_fields__", {})
    if not hasattr(owner, name) and name not in fields:
        raise BadCall(f"there is no {name!r}; there is {', '.join(_offered_by(owner))}")
    return getattr(owner, name, INCONCLUSIVE)


def _offered_by(owner: object) -> list[str]:
    names = getattr(owner, "__all__", None) or [name for name in vars(owner) if not name.startswith("_")]
    return sorted(name for name in names if _is_its_own(owner, getattr(owner, name, None)))


def _is_its_own(owner: object, value: object) -> bool:
    """A family of faults, or a function that the module itself defines: not what it imports."""
    own = getattr(value, "__module__", None) == getattr(owner, "__module__", getattr(owner, "__name__", None))
    return inspect.ismodule(value) or (inspect.isfunction(value) and own)


def _check_arguments(call: ast.Call, called: Callable[..., Any], *, is_method: bool) -> None:
    signature = inspect.signature(called)
    if is_method:
        signature = signature.replace(parameters=list(signature.parameters.values())[1:])
    named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    is_open = len(named) < len(call.keywords) or any(isinstance(each, ast.Starred) for each in call.args)
    bind = signature.bind_partial if is_open else signature.bind
    try:
        bind(*[each for each in call.args if not isinstance(each, ast.Starred)], **named)
    except TypeError as error:
        takes = ", ".join(str(each).partition(":")[0] for each in signature.parameters.values()) or "nothing"
        raise BadCall(f"{error}; it takes {takes}") from error


def _result_of(called: Callable[..., Any]) -> object:
    """The class that a function is annotated to give."""
    given = inspect.signature(called).return_annotation
    module = sys.modules[called.__module__]
    found = getattr(module, given, INCONCLUSIVE) if isinstance(given, str) else given
    return found if inspect.isclass(found) else INCONCLUSIVE
