"""LocalStack's Chaos API, which its free edition lacks: `/_localstack/chaos/faults` and `/_localstack/chaos/effects`.

What rules may say stands in chaos_rules.py. A rule's counts are at `/_rawk/chaos/rules/ID`; DELETE there removes the
rule and gives its last counts. Calls that LocalStack makes to itself are never hit, as published; nor are those of an
observer, who says so in its User-Agent: looking at a broken world must not be broken.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.internal import get_internal_apis
from rolo.serving import twisted as rolo_twisted
from twisted.internet import reactor
from twisted.internet.threads import blockingCallFromThread
from werkzeug.exceptions import BadRequest, NotFound

from ..gateway.http_server import RESET
from ..time import clock
from .parsing import BadRule, read_latency_ms, read_rules
from .rules import Book, Call, Placed

LOG = logging.getLogger(__name__)

OBSERVER = "rawk-observer"
"""In a User-Agent: whoever looks at the world from outside."""

MESSAGE = "Operation failed due to a simulated fault"
LONGEST_HOLD_SECONDS = 60.0
"""In real time: nobody may forget a call for ever."""

_FUNCTIONS_USER_AGENT = "exec-env/AWS_Lambda_"
_NAMING = ("Bucket", "Key", "Prefix")
_NAMING_ENDS = ("Name", "Url", "URL", "Arn", "ARN", "Id", "Identifier")

book = Book()
"""The rules of this emulator."""

_waiting_lock = threading.Lock()
_waiting: dict[str, int] = {}


def install() -> None:
    """Add the API, and look at every call before and after its effect."""
    get_internal_apis().add("/_localstack/chaos/faults", faults, methods=["GET", "POST", "PATCH", "DELETE"])
    get_internal_apis().add("/_localstack/chaos/effects", effects, methods=["GET", "POST"])
    ROUTER.add("/_rawk/chaos/rules/<rule_id>", rule, methods=["GET", "DELETE"])
    handlers.serve_custom_service_request_handlers.append(before_effect)
    handlers.run_custom_response_handlers.append(after_effect)
    _remember_connections()


def faults(request: Request) -> Response:
    """The published paths: GET, POST (instead of all), PATCH (in addition), DELETE (in exactly these words)."""
    if request.method != "GET":
        with _bad_rules_are_bad_requests():
            given = request.get_json(force=True)
            rules = read_rules(given)
            if request.method == "DELETE":
                book.remove(given)
            else:
                change = book.replace if request.method == "POST" else book.add
                change(rules, clock.now_seconds())
    return Response.for_json(book.given())


def effects(request: Request) -> Response:
    """The published path: a latency for every call, in milliseconds."""
    if request.method == "POST":
        with _bad_rules_are_bad_requests():
            book.latency_ms = read_latency_ms(request.get_json(force=True))
    return Response.for_json({"latency": book.latency_ms})


def rule(request: Request, rule_id: str) -> dict[str, Any]:
    """One rule with its counts."""
    placed = book.take_out(rule_id) if request.method == "DELETE" else book.find(rule_id)
    if placed is None:
        raise NotFound(f"no rule {rule_id}")
    return placed.as_json()


@contextmanager
def _bad_rules_are_bad_requests() -> Iterator[None]:
    try:
        yield
    except BadRule as error:
        raise BadRequest(str(error)) from error


def before_effect(chain: Any, context: Any, response: Response) -> None:  # noqa: ARG001
    """What a fault does before a call is carried out."""
    caller = _caller_of(context)
    if caller is None:
        return
    call = Call(
        context.service.service_name,
        context.operation.name,
        context.region,
        caller,
        _names_in(context.service_request or {}),
    )
    placed = context.chaos_met = _meet(call)
    if placed and _ends_before_effect(placed):
        _reset_or_raise(chain, context, placed)


def after_effect(chain: Any, context: Any, response: Response) -> None:
    """What a fault does to the answer of a call that was carried out."""
    placed: Placed | None = context.get("chaos_met")
    if placed is None or context.service_exception or not _loses_answer(placed):
        return
    if placed.rule.refusal is None or placed.rule.effect == "hold_answer":
        _reset(chain, context)
        return
    context.service_exception = _error_of(placed)
    handlers.handle_service_exception(chain, context.service_exception, context, response)


@contextmanager
def mapping_call(service: str, operation: str, region: str, resource: str) -> Iterator[None]:
    """A call that an event source mapping makes without HTTP. Raises CommonServiceException when a fault hits it."""
    placed = _meet(Call(service, operation, region, "mapping", (resource,)))
    if placed and _ends_before_effect(placed):
        raise _error_of(placed)
    yield
    if placed and _loses_answer(placed):
        raise _error_of(placed)


def held_calls(caller: str) -> int:
    """How many calls of a caller sit in a simulated latency now: whoever made them is not at work meanwhile."""
    with _waiting_lock:
        return _waiting.get(caller, 0)


def _meet(call: Call) -> Placed | None:
    """Count the call, let its latency pass, and give the rule it met."""
    placed = book.meet(call, clock.now_seconds())
    latency_seconds = book.latency_ms / 1000 + (placed.rule.latency_seconds if placed else 0.0)
    if latency_seconds:
        _wait(call.caller, latency_seconds, placed)
    return placed


def _wait(caller: str, seconds: float, placed: Placed | None) -> None:
    def count(change: int) -> None:
        with _waiting_lock:
            _waiting[caller] = _waiting.get(caller, 0) + change

    clock.wait(
        seconds,
        ended_early=lambda: placed is not None and placed.removed.is_set(),
        once_waiting=lambda: count(1),
        before_leaving=lambda: count(-1),
    )


def _ends_before_effect(placed: Placed) -> bool:
    """Whether the call ends here, once nothing holds it any more."""
    if placed.rule.effect == "hold":
        _hold(placed)
        return placed.rule.then_reset
    return placed.rule.effect in ("error", "reset")


def _loses_answer(placed: Placed) -> bool:
    if placed.rule.effect == "hold_answer":
        _hold(placed)
        return placed.rule.then_reset
    return placed.rule.effect == "lost_answer"


def _hold(placed: Placed) -> None:
    # In real time: whoever holds a call does something to its caller meanwhile, and the world must not run on.
    if not placed.removed.wait(LONGEST_HOLD_SECONDS):
        LOG.warning("the rule %s held a call for %s s and was not removed", placed.rule.id, LONGEST_HOLD_SECONDS)


def _reset_or_raise(chain: Any, context: Any, placed: Placed) -> None:
    if placed.rule.effect == "error":
        raise _error_of(placed)
    _reset(chain, context)


def _error_of(placed: Placed) -> CommonServiceException:
    refusal = placed.rule.refusal
    if refusal is None:
        return CommonServiceException("ConnectionReset", MESSAGE, status_code=500)
    return CommonServiceException(refusal.code, MESSAGE, status_code=refusal.status_code)


def _caller_of(context: Any) -> str | None:
    """Who calls; None where no fault may hit."""
    if context.is_internal_call or not context.service or not context.operation:
        return None
    user_agent = context.request.headers.get("User-Agent", "")
    if OBSERVER in user_agent:
        return None
    return "function" if _FUNCTIONS_USER_AGENT in user_agent else "client"


def _names_in(parameters: Any) -> tuple[str, ...]:
    """What the call is about: every parameter that names something, but nothing of what it carries."""
    return tuple(
        value
        for name, value in dict(parameters).items()
        if isinstance(value, str) and (name in _NAMING or name.endswith(_NAMING_ENDS))
    )


def _remember_connections() -> None:
    """So that a handler can reset the connection its request came by, also one that Twisted serves."""
    stock: Callable[[Any, Any], None] = rolo_twisted.update_wsgi_environment

    def update_wsgi_environment(environ: Any, request: Any) -> None:
        stock(environ, request)
        environ[RESET] = lambda: blockingCallFromThread(reactor, request.channel.transport.abortConnection)

    rolo_twisted.update_wsgi_environment = update_wsgi_environment


def _reset(chain: Any, context: Any) -> None:
    """End the connection with a reset instead of an answer."""
    context.request.environ[RESET]()
    chain.terminate()
