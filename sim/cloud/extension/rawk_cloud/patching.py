"""How an addition gets into moto: a subclass of a service's responses takes their place, a backend gets a shelf."""
# mypy: disable-error-code="import-not-found"
# moto lives in an environment of its own

import importlib
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError


def graft(service: str, responses: type, paths: Iterable[str] = ()) -> None:
    """Let `responses`, a subclass of moto's own for that service, answer at all its paths and at these `paths`."""
    urls = importlib.import_module(f"moto.{service}.urls")
    stock = responses.__mro__[1]
    for path, handler in list(urls.url_paths.items()):
        if getattr(handler, "__self__", None) is stock:  # a bound class method: `Responses.dispatch`
            urls.url_paths[path] = responses.dispatch  # type: ignore[attr-defined]
    for path in paths:
        urls.url_paths[f"{{0}}{path}$"] = responses.dispatch  # type: ignore[attr-defined]


def shelf(backend: Any, name: str) -> dict[Any, Any]:
    """A place of ours in one of moto's backends: an account's in a region, emptied when moto is told to forget."""
    kept: dict[Any, Any] = vars(backend).setdefault(f"rawk_{name}", {})
    return kept


class Tags:
    """Tags by ARN, kept in a backend and spoken as lists of Key and Value."""

    def __init__(self, backend: Any) -> None:
        self._by_arn = shelf(backend, "tags")

    def of(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self._by_arn.get(arn, {}).items()]

    def add(self, arn: str, tags: Iterable[dict[str, str]]) -> None:
        self._by_arn.setdefault(arn, {}).update({tag["Key"]: tag.get("Value", "") for tag in tags})

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._by_arn.get(arn, {}).pop(key, None)

    def forget(self, arn: str) -> None:
        self._by_arn.pop(arn, None)


def refusal(code: str, message: str) -> Exception:
    """An error in AWS's JSON shape, status 400."""
    refused: Exception = JsonRESTError(code, message)
    return refused
