"""Patches moto: a subclass replaces a service's responses, and additional data is stored in moto's backends."""
# mypy: disable-error-code="import-not-found"
# moto is installed in a separate environment

import importlib
from collections.abc import Iterable
from typing import Any

from moto.core.exceptions import JsonRESTError


def patch_responses(service: str, responses: type, paths: Iterable[str] = ()) -> None:
    """Replace a service's responses by `responses`, a subclass of them, at all their paths and at these `paths`."""
    urls = importlib.import_module(f"moto.{service}.urls")
    stock = responses.__mro__[1]
    for path, handler in list(urls.url_paths.items()):
        if getattr(handler, "__self__", None) is stock:  # a bound class method: `Responses.dispatch`
            urls.url_paths[path] = responses.dispatch  # type: ignore[attr-defined]
    for path in paths:
        urls.url_paths[f"{{0}}{path}$"] = responses.dispatch  # type: ignore[attr-defined]


def storage(backend: Any, name: str) -> dict[Any, Any]:
    """A dictionary in one of moto's backends: per account and region, emptied when moto is reset."""
    stored: dict[Any, Any] = vars(backend).setdefault(f"rawk_{name}", {})
    return stored


class Tags:
    """Tags by ARN, stored in a backend, in API calls as lists of Key and Value."""

    def __init__(self, backend: Any) -> None:
        self._by_arn = storage(backend, "tags")

    def of(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self._by_arn.get(arn, {}).items()]

    def add(self, arn: str, tags: Iterable[dict[str, str]]) -> None:
        self._by_arn.setdefault(arn, {}).update({tag["Key"]: tag.get("Value", "") for tag in tags})

    def remove(self, arn: str, keys: Iterable[str]) -> None:
        for key in keys:
            self._by_arn.get(arn, {}).pop(key, None)

    def forget(self, arn: str) -> None:
        self._by_arn.pop(arn, None)


def api_error(code: str, message: str) -> Exception:
    """An error response in AWS's JSON format, status 400."""
    error: Exception = JsonRESTError(code, message)
    return error
