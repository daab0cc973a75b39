"""LocalStack's Chaos API, which its free edition lacks: `/_localstack/chaos/faults` and `/_localstack/chaos/effects`.

rules.py describes the rules. A rule's counts are at `/_rawk/chaos/rules/ID`; DELETE there removes the rule and returns
its last counts. Rules never match calls that LocalStack makes to itself, as published, and never calls of an observer,
which names itself in its User-Agent: a fault must not hide the state of the world.
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

from ..fault_rules.fields import InvalidRequest
from ..gateway.http_server import HAS_LEFT, RESET
from ..gateway.local_callers import guarded
from ..signatures.refusals import service_error
from ..time import clock
from .answers import PARTIAL, is_identifying, nonsense, without_identifiers
from .parsing import read_latency_ms, read_rules
from .rules import ActiveChaosRule, Call, ChaosRules, as_json
from .unanswered import unanswered

LOG = logging.getLogger(__name__)

OBSERVER = "rawk-observer"
"""In the User-Agent of an observer of the world."""

MESSAGE = "Operation failed due to a simulated fault"
MAX_HOLD_SECONDS = 60.0
"""In real time: a rule that its owner forgot does not hold a call for ever."""

CLIENT_POLL_SECONDS = 0.1
"""How soon a call that hangs notices that its client has left."""

_FUNCTIONS_USER_AGENT = "exec-env/AWS_Lambda_"
_NAMING = ("Bucket", "Key", "Prefix")
_NAMING_ENDS = ("Name", "Url", "URL", "Arn", "ARN", "Id", "Identifier")

chaos_rules = ChaosRules()
"""The rules of this emulator."""

_delayed_lock = threading.Lock()
_delayed: dict[str, int] = {}


def install() -> None:
    """Add the API, and apply its rules to every call before and after it takes effect."""
    get_internal_apis().add("/_localstack/chaos/faults", guarded(faults), methods=["GET", "POST", "PATCH", "DELETE"])
    get_internal_apis().add("/_localstack/chaos/effects", guarded(effects), methods=["GET", "POST"])
    ROUTER.add("/_rawk/chaos/rules/<rule_id>", guarded(rule), methods=["GET", "DELETE"])
    handlers.serve_custom_service_request_handlers.append(before_effect)
    handlers.run_custom_response_handlers.append(after_effect)
    _remember_connections()


def faults(request: Request) -> Response:
    """The published path: GET, POST (replaces all rules), PATCH (adds rules), DELETE (removes rules that are equal)."""
    if request.method != "GET":
        with _status_400():
            given = request.get_json(force=True)
            rules = read_rules(given)
            if request.method == "DELETE":
                chaos_rules.remove(lambda rule: rule.given in given)
            else:
                change = chaos_rules.replace if request.method == "POST" else chaos_rules.add
                change(rules, clock.now_seconds())
    return Response.for_json(chaos_rules.given())


def effects(request: Request) -> Response:
    """The published path: the latency of every call, in milliseconds."""
    if request.method == "POST":
        with _status_400():
            chaos_rules.latency_ms = read_latency_ms(request.get_json(force=True))
    return Response.for_json({"latency": chaos_rules.latency_ms})


def rule(request: Request, rule_id: str) -> dict[str, Any]:
    """One rule with its counts."""
    active = chaos_rules.take(rule_id) if request.method == "DELETE" else chaos_rules.find(rule_id)
    if active is None:
        raise NotFound(f"no rule {rule_id}")
    return as_json(active)


@contextmanager
def _status_400() -> Iterator[None]:
    try:
        yield
    except InvalidRequest as error:
        raise BadRequest(str(error)) from error


def before_effect(chain: Any, context: Any, response: Response) -> None:
    """Apply a rule before the call takes effect."""
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
    active = context.chaos_rule = _trigger(call)
    if active and _ends_before_effect(active):
        _end(chain, context, response, active)


def after_effect(chain: Any, context: Any, response: Response) -> None:
    """Apply a rule to the answer of a call that has taken effect."""
    active: ActiveChaosRule | None = context.get("chaos_rule")
    if active is None or context.service_exception:
        return
    if active.rule.effect == "other_content":
        _replace_content(response)
    if active.rule.answer == PARTIAL:
        _leave_out_identifiers(response)
    if not _loses_answer(active):
        return
    if active.rule.refusal is None or active.rule.effect == "hold_answer":
        _reset(chain, context)
        return
    context.service_exception = _error_of(active)
    handlers.handle_service_exception(chain, context.service_exception, context, response)


def _replace_content(response: Response) -> None:
    """Answer with as many zeros, and without the checksums by which a client would notice."""
    content = bytes(int(response.headers["Content-Length"]))
    for name in [name for name, _ in response.headers if name.lower().startswith("x-amz-checksum-")]:
        del response.headers[name]
    response.set_response(content)
    response.headers["Content-Length"] = str(len(content))


@contextmanager
def mapping_call(service: str, operation: str, region: str, resource: str) -> Iterator[None]:
    """A call that an event source mapping makes without HTTP. Raises CommonServiceException when a rule refuses it."""
    active = _trigger(Call(service, operation, region, "mapping", (resource,)))
    if active and _ends_before_effect(active):
        raise _error_of(active)
    yield
    if active and _loses_answer(active):
        raise _error_of(active)


def held_calls(caller: str) -> int:
    """How many calls of this kind of caller wait in a simulated latency now: their callers do no work meanwhile."""
    with _delayed_lock:
        return _delayed.get(caller, 0)


def _trigger(call: Call) -> ActiveChaosRule | None:
    """Count the call, wait for its latency, and return the rule that it triggered."""
    active = chaos_rules.trigger(call, clock.now_seconds())
    latency_seconds = chaos_rules.latency_ms / 1000 + (active.rule.latency_seconds if active else 0.0)
    if latency_seconds:
        _wait(call.caller, latency_seconds, active)
    return active


def _wait(caller: str, seconds: float, active: ActiveChaosRule | None) -> None:
    def count(change: int) -> None:
        with _delayed_lock:
            _delayed[caller] = _delayed.get(caller, 0) + change

    clock.wait(
        seconds,
        ended_early=lambda: active is not None and active.removed.is_set(),
        once_waiting=lambda: count(1),
        before_leaving=lambda: count(-1),
    )


def _ends_before_effect(active: ActiveChaosRule) -> bool:
    """Whether the call ends before it takes effect; a rule that holds it does so first."""
    if active.rule.effect == "hold":
        _hold(active)
        return active.rule.then_reset
    return active.rule.effect in ("error", "reset", "hang") or active.rule.answer not in (None, PARTIAL)


def _loses_answer(active: ActiveChaosRule) -> bool:
    if active.rule.effect == "hold_answer":
        _hold(active)
        return active.rule.then_reset
    return active.rule.effect == "lost_answer"


def _hold(active: ActiveChaosRule) -> None:
    # In real time: the owner of the rule acts on the caller meanwhile, and virtual time must not advance.
    if not active.removed.wait(MAX_HOLD_SECONDS):
        LOG.warning("the rule %s held a call for %s s and was not removed", active.rule.id, MAX_HOLD_SECONDS)


def _end(chain: Any, context: Any, response: Response, active: ActiveChaosRule) -> None:
    match active.rule.effect:
        case "error":
            raise _error_of(active)
        case "answer":
            assert active.rule.answer is not None
            headers, body = nonsense(active.rule.answer)
            response.status_code = 200
            response.headers.clear()
            response.data = body
            response.headers.update(headers)
            chain.terminate()
        case "hang":
            has_left = context.request.environ.get(HAS_LEFT, lambda: False)
            with unanswered(int(context.request.environ.get("REMOTE_PORT", 0))):
                while not active.removed.wait(CLIENT_POLL_SECONDS) and not has_left():
                    pass
            _reset(chain, context)
        case _:
            _reset(chain, context)


def _leave_out_identifiers(response: Response) -> None:
    response.data = without_identifiers(response.data)
    for name in [name for name, _ in response.headers if is_identifying(name)]:
        del response.headers[name]


def _error_of(active: ActiveChaosRule) -> CommonServiceException:
    refusal = active.rule.refusal
    if refusal is None:
        return service_error("ConnectionReset", MESSAGE, 500)
    return service_error(refusal.code, MESSAGE, refusal.status_code)


def _caller_of(context: Any) -> str | None:
    """The kind of caller; None where no rule may match."""
    if context.is_internal_call or not context.service or not context.operation:
        return None
    user_agent = context.request.headers.get("User-Agent", "")
    if OBSERVER in user_agent:
        return None
    return "function" if _FUNCTIONS_USER_AGENT in user_agent else "client"


def _names_in(parameters: Any) -> tuple[str, ...]:
    """The names that the call is about: parameters that name a resource, not those that carry content."""
    return tuple(
        value
        for name, value in dict(parameters).items()
        if isinstance(value, str) and (name in _NAMING or name.endswith(_NAMING_ENDS))
    )


def _remember_connections() -> None:
    """Keep a way to reset the connection of a request, also of one that Twisted serves."""
    stock: Callable[[Any, Any], None] = rolo_twisted.update_wsgi_environment

    def update_wsgi_environment(environ: Any, request: Any) -> None:
        stock(environ, request)
        environ[RESET] = lambda: blockingCallFromThread(reactor, request.channel.transport.abortConnection)

    rolo_twisted.update_wsgi_environment = update_wsgi_environment


def _reset(chain: Any, context: Any) -> None:
    """Reset the connection instead of answering."""
    context.request.environ[RESET]()
    chain.terminate()
