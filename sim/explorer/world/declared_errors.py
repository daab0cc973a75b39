"""The errors of an adapter: only those that its port declares may leave it."""

from collections.abc import Callable
from typing import Any

from rawk.domain.errors import RawkError

_methods: dict[str, tuple[str, ...]] = {}


def _public_methods(adapter: type) -> tuple[str, ...]:
    """Its names of public methods; looked up once, because a world lives for a millisecond."""
    names = _methods.get(adapter.__qualname__)
    if names is None:
        names = tuple(name for name in dir(adapter) if not name.startswith("_") and callable(getattr(adapter, name)))
        _methods[adapter.__qualname__] = names
    return names


class DeclaredErrors:
    """The methods of an adapter. Reports every error that is no RawkError, and raises it again."""

    def __init__(self, adapter: object, report: Callable[[str, Exception], None]) -> None:
        self._report = report
        for name in _public_methods(type(adapter)):
            setattr(self, name, self._checked(f"{type(adapter).__name__}.{name}", getattr(adapter, name)))

    def _checked(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            try:
                answer = method(*args)
            except RawkError:
                raise
            except Exception as error:
                self._report(name, error)
                raise
            return DeclaredErrors(answer, self._report) if name.endswith(".open_upload") else answer

        return call
