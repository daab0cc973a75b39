"""Skips what LocalStack does at every start, and with every function, without need: a third of its startup time.

- It reads every partition's endpoints to find the regions; they were written down when its environment was built
  (`regions.json` beside the service catalog).
- It loads an OpenAPI validator for its own pages, which is disabled.
- The garbage collector traverses a heap that only grows until everything is imported. Later, because frozen objects do
  not count, it traverses all newer objects again and again: each loaded service, each data point.
- It polls every half second whether a new function is active.

With every request it also matches the address against the patterns of its own pages, all of which begin alike.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import gc
import json
import sys
import types
from functools import cache, partial
from pathlib import Path
from typing import Any

VALIDATION = "localstack.aws.handlers.validation"

POLL_SECONDS = 0.01

COLLECT_AFTER_OBJECTS, COLLECT_OLDER_EVERY = 5_000, 20
"""Instead of 2,000 and 10: cyclic garbage is freed a little later, and live objects are traversed a tenth as often."""


def before_imports() -> None:
    """To be called before LocalStack imports its gateway."""
    gc.disable()
    sys.modules[VALIDATION] = _no_validation()


def after_start() -> None:
    """To be called when LocalStack is up: imported objects stay, so they need not be traversed again."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, COLLECT_OLDER_EVERY, COLLECT_OLDER_EVERY)
    gc.enable()


def install() -> None:
    """Poll more often, and use the regions that were written down."""
    from localstack.services.lambda_ import provider

    provider.poll_condition = partial(provider.poll_condition, interval=POLL_SECONDS)
    _use_written_regions()
    _skip_internal_routes()


def _skip_internal_routes() -> None:
    from localstack.aws.handlers.internal import LocalstackResourceHandler
    from localstack.constants import INTERNAL_RESOURCE_PATH

    stock = LocalstackResourceHandler.__call__

    def serve(handler: Any, chain: Any, context: Any, response: Any) -> None:
        if context.request.path.startswith(INTERNAL_RESOURCE_PATH):
            stock(handler, chain, context, response)

    LocalstackResourceHandler.__call__ = serve


def _use_written_regions() -> None:
    from localstack import config
    from localstack.services import stores
    from localstack.utils.aws import aws_stack

    written_down = Path(config.dirs.static_libs) / "regions.json"
    if not written_down.exists():
        return
    stock = aws_stack.get_valid_regions_for_service
    known: dict[str, list[str]] = json.loads(written_down.read_text(encoding="utf-8"))

    @cache
    def regions(service: str) -> list[str]:
        return known.get(service) or list(stock(service))

    aws_stack.get_valid_regions_for_service = regions
    stores.get_valid_regions_for_service = regions


def _no_validation() -> types.ModuleType:
    class NoValidation:
        def __call__(self, *_: object) -> None:
            """Accepts everything, as LocalStack's own validator does while it is disabled."""

    module = types.ModuleType(VALIDATION)
    vars(module).update(OpenAPIRequestValidator=NoValidation, OpenAPIResponseValidator=NoValidation)
    return module
