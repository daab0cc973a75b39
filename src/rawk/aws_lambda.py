"""Entry points of the two Lambda functions. Worker and relay are built once and reused by later invocations.

They are built in Lambda's init phase, whose time does not count against the function's timeout (`_HANDLER` is Lambda's
own variable: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html); elsewhere at the first call.
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from rawk import composition

if TYPE_CHECKING:
    from rawk.worker.batch import LambdaContext, Worker
    from rawk.worker.relay import Relay


@cache
def _worker() -> "Worker":
    return composition.build_worker(os.environ)


@cache
def _relay() -> "Relay":
    return composition.build_relay(os.environ)


def worker_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """SQS event in, partial batch response out."""
    return dict(_worker().process_batch(event, context))


def relay_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001
    """Run the recovery; gives the counts of `Recovered`. The schedule's event has no content.

    The event `{"migrate": "head"}` migrates the database to the newest revision instead; gives the revision before and
    the one after. A deployment uses it, because this function is in the database's network and the deployment is not.
    """
    if event.get("migrate") == "head":  # forward only; an operator downgrades by `rawk migrate --to`
        before, revision = composition.migrate(os.environ, "head")
        return {"before": before, "revision": revision}
    return _relay().run()._asdict()


match os.environ.get("_HANDLER"):
    case "rawk.aws_lambda.worker_handler":
        _worker()
    case "rawk.aws_lambda.relay_handler":
        _relay()
