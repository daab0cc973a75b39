"""Door: the two Lambda functions. What they run on is built at the first invocation and kept for the next."""

import os
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from rawk import wiring

if TYPE_CHECKING:
    from rawk.pipeline.recovery import Recovery
    from rawk.worker.batch import LambdaContext, Worker


@cache
def _worker() -> "Worker":
    return wiring.build_worker(os.environ)


@cache
def _recovery() -> "Recovery":
    return wiring.build_recovery(os.environ)


def worker_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    return dict(_worker().work_off(event, context))


def relay_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, int]:  # noqa: ARG001
    """Scheduled; the event holds nothing of use. Gives what was brought forward."""
    return asdict(_recovery().run())
