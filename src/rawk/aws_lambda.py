"""Door: the two Lambda functions. What they run on is built once, and kept from invocation to invocation.

It is built in Lambda's init phase, whose time does not count against the function's (`_HANDLER` is Lambda's own
variable: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html); elsewhere at the first call.
"""

import os
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING, Any

from rawk import composition

if TYPE_CHECKING:
    from rawk.use_cases.recovery import Recovery
    from rawk.worker.batch import LambdaContext, Worker


@cache
def _worker() -> "Worker":
    return composition.build_worker(os.environ)


@cache
def _recovery() -> "Recovery":
    return composition.build_recovery(os.environ)


def worker_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    return dict(_worker().work_off(event, context))


def relay_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001
    """Scheduled; the schedule's event holds nothing of use. Gives what was brought forward.

    `{"migrate": "head"}` from whoever may invoke it brings the database to the newest revision instead, and gives the
    one it was at and the one it is at: this function is inside the database's network, and whoever deploys is not.
    """
    if event.get("migrate") == "head":  # forward only: back is `rawk migrate --to`, by somebody who means it
        before, revision = composition.migrate(os.environ, "head")
        return {"before": before, "revision": revision}
    return asdict(_recovery().run())


match os.environ.get("_HANDLER"):
    case "rawk.aws_lambda.worker_handler":
        _worker()
    case "rawk.aws_lambda.relay_handler":
        _recovery()
