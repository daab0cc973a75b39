"""What LocalStack does at every start, and with every function, and need not: together a third of the time it takes.

- It reads every partition's endpoints to learn which regions there are; they were written down when its environment
  was built (`regions.json` beside the service catalog).
- It loads an OpenAPI validator for its own pages, which is switched off.
- The garbage collector walks a heap that only grows until everything is imported; and later, as what is frozen does not
  count, it walks all that came since again and again: each service that is loaded, each data point that is kept.
- It looks every half second whether a function that is made has been made.

And with every request it tries the address against the patterns of its own pages, all of which begin alike.
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

LOOK_EVERY_SECONDS = 0.01

COLLECT_AFTER_OBJECTS, COLLECT_OLDER_EVERY = 5_000, 20
"""Instead of 2,000 and 10: garbage in circles waits a little longer, and what lives is walked a tenth as often."""


def before_imports() -> None:
    """To be called before LocalStack imports its gateway."""
    gc.disable()
    sys.modules[VALIDATION] = _no_validation()


def after_start() -> None:
    """To be called when LocalStack is up: what was imported stays, so it need not be looked at again."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, COLLECT_OLDER_EVERY, COLLECT_OLDER_EVERY)
    gc.enable()


def install() -> None:
    """Look more often, and use the regions that were written down."""
    from localstack.services.lambda_ import provider

    provider.poll_condition = partial(provider.poll_condition, interval=LOOK_EVERY_SECONDS)
    _use_written_regions()
    _pass_aws_requests_by()


def _pass_aws_requests_by() -> None:
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
            """Lets everything pass, as LocalStack's own does while it is switched off."""

    module = types.ModuleType(VALIDATION)
    vars(module).update(OpenAPIRequestValidator=NoValidation, OpenAPIResponseValidator=NoValidation)
    return module
