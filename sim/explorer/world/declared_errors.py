"""The errors of an adapter: only those that its port declares may leave it."""

from collections.abc import Callable
from typing import Any

from rawk.domain.errors import RawkError


class DeclaredErrors:
    """The methods of an adapter. Reports every error that is no RawkError, and raises it again."""

    __slots__ = ("_adapter", "_report")

    def __init__(self, adapter: object, report: Callable[[str, Exception], None]) -> None:
        self._adapter = adapter
        self._report = report


def declaring(adapter: object, report: Callable[[str, Exception], None]) -> Any:
    """The adapter, with its errors checked."""
    kind = type(adapter)
    if kind not in _classes:
        names = (name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)))
        methods = {name: _checked(kind, name) for name in names}
        _classes[kind] = type(f"Declaring{kind.__name__}", (DeclaredErrors,), {"__slots__": (), **methods})
    return _classes[kind](adapter, report)


_classes: dict[type, type[DeclaredErrors]] = {}
"""By adapter: one class serves all worlds, which live for a millisecond each."""


def _checked(adapter: type, name: str) -> Callable[..., Any]:
    full_name, opens = f"{adapter.__name__}.{name}", name == "open_upload"

    def call(self: DeclaredErrors, *args: Any) -> Any:
        try:
            answer = getattr(self._adapter, name)(*args)
        except RawkError as error:
            if error.__cause__ is not None:
                # A context manager's frame refers to the cause, and the cause's traceback to the frame.
                error.__cause__.__traceback__ = None
            raise
        except Exception as error:
            self._report(full_name, error)
            raise
        return declaring(answer, self._report) if opens else answer

    return call
