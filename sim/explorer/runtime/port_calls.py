"""Intercepts every call of a port: it takes its time, faults are injected, and observers see its effect.

The product gets an object with the methods of the port, and does not notice. Before the effect of each call other
actors may run. Between the effect of a call and the next call of the same actor, nothing observable happens.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from rawk.domain.errors import (
    AIBadAnalysis,
    AIMalformedTranscription,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    AIUnexplained,
    DatabaseUnavailable,
    RawkError,
)
from rawk.domain.memory import FailureReason
from sim.explorer.plan.call_sites import CALL_SITES_OF_PORT, TRANSCRIBE, CallSite, FaultKind
from sim.explorer.plan.decisions import Decider
from sim.explorer.plan.plan import CallFault, Outage
from sim.explorer.runtime.scheduler import Actor, Killed, Scheduler

type Observer = Callable[[Actor, tuple[Any, ...], Any, BaseException | None], None]
"""Is called after the effect of a call with the actor, the arguments, and the answer or the error."""


class UnexpectedError(Exception):
    """An error that the port does not declare, such as a bug of an adapter or a full disk."""


_PORT_ERRORS: dict[str, Callable[[], Exception]] = {
    "memories": lambda: DatabaseUnavailable("the database does not answer"),
    "s3": lambda: ReadTimeoutError(endpoint_url="s3:///"),
    "sqs": lambda: ReadTimeoutError(endpoint_url="sqs:///"),
    "openai": lambda: AITransient("OpenAI does not answer"),
}
_FAULT_ERRORS: dict[FaultKind, Callable[[], Exception]] = {
    FaultKind.UNEXPECTED: lambda: UnexpectedError("an undeclared error"),
    FaultKind.QUOTA: lambda: AIQuotaExhausted("the quota is used up"),
    FaultKind.MISCONFIGURED: lambda: AIMisconfigured("wrong key"),
    FaultKind.UNEXPLAINED: lambda: AIUnexplained("the request could not be completed"),
    FaultKind.REJECTED: lambda: AIRejectedAudio("the audio cannot be read"),
    FaultKind.MALFORMED: lambda: AIBadAnalysis("the answer is no analysis"),
    FaultKind.REFUSED: lambda: AIBadAnalysis("the model refused", reason=FailureReason.ANALYSIS_REFUSED),
    FaultKind.FILTERED: lambda: AIBadAnalysis("filtered", reason=FailureReason.ANALYSIS_FILTERED),
    FaultKind.TRUNCATED: lambda: AIBadAnalysis("cut off", reason=FailureReason.ANALYSIS_TRUNCATED),
}
_AWS_ERRORS: dict[FaultKind, tuple[str, int]] = {
    FaultKind.ERROR: ("ServiceUnavailable", 503),
    FaultKind.DENIED: ("AccessDenied", 403),
}
_SENT_AGAIN_MS = 1_000
"""Until boto3 sends a request again whose answer was lost."""
_STOP_THE_PROCESS = frozenset({FaultKind.KILLED_BEFORE, FaultKind.KILLED_AFTER, FaultKind.FROZEN, FaultKind.UNEXPECTED})
AFTER_EFFECT = frozenset({FaultKind.LOST, FaultKind.KILLED_AFTER, FaultKind.FROZEN, FaultKind.BILLED_AND_LOST})


def error_for(site: CallSite, fault: CallFault) -> Exception:
    """The error that the port raises for this fault."""
    if fault.kind is FaultKind.RATE_LIMITED:
        return AIRateLimited("too many requests", retry_after_seconds=fault.ms / 1000)
    if fault.kind is FaultKind.MALFORMED and site is TRANSCRIBE:
        return AIMalformedTranscription("the answer has no transcript")
    if fault.kind in _AWS_ERRORS and site.port in ("s3", "sqs"):
        code, status = _AWS_ERRORS[fault.kind]
        answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return ClientError(answer, site.method)
    return _FAULT_ERRORS.get(fault.kind, _PORT_ERRORS[site.port])()


class Intercepted:
    """Its subclasses have the methods of a port. One class serves all worlds, so that a world makes no closures: they
    would refer to each other, and only the garbage collector could free them.
    """

    __slots__ = ("_port_calls", "_target")

    def __init__(self, port_calls: "PortCalls", target: object) -> None:
        self._port_calls = port_calls
        self._target = target


def _method(site: CallSite) -> Callable[..., Any]:
    name = site.method

    def call(self: Intercepted, *args: Any) -> Any:
        return self._port_calls.call(site, getattr(self._target, name), *args)

    return call


def _operation(site: CallSite) -> Callable[..., Any]:
    name = site.method

    def call(self: Intercepted, **arguments: Any) -> Any:
        return self._port_calls.call(site, getattr(self._target, name), arguments)

    return call


_classes: dict[tuple[type, type], type[Intercepted]] = {}
"""By what is intercepted, and the base."""


def _class_of(
    port: str, target: type, method: Callable[[CallSite], Callable[..., Any]], base: type[Intercepted]
) -> type[Intercepted]:
    known = _classes.get((target, base))
    if known is None:
        methods = {site.method: method(site) for site in CALL_SITES_OF_PORT[port] if hasattr(target, site.method)}
        known = type(f"Intercepted{target.__name__}", (base,), {"__slots__": (), **methods})
        _classes[target, base] = known
    return known


class PortCalls:
    """Intercepts the calls of ports in one world."""

    __slots__ = (
        "_decider",
        "_outages",
        "_scheduler",
        "after_effect",
        "before_openai_call",
        "errors_come_soon",
        "last_failure_ms",
        "observers",
        "on_call",
        "on_fault",
    )

    def __init__(self, scheduler: Scheduler, decider: Decider, outages: tuple[Outage, ...]) -> None:
        self._scheduler = scheduler
        self._decider = decider
        self._outages = outages
        self.last_failure_ms: dict[str, int] = {}
        """By port: until when its last failure lasted. `relay` stands for the process of the relay."""
        self.errors_come_soon = False
        """Whether a caller waits for an error as long as for an answer, as in a scenario, and never for its timeout."""
        self.observers: dict[str, Observer] = {}
        """By the name of their call site, such as `memories.claim`."""
        self.before_openai_call: Callable[[Actor, CallSite, tuple[Any, ...]], None] | None = None
        """Is called before each call to OpenAI."""
        self.after_effect: Callable[[CallSite], None] = _nothing
        """Is called after the effect of each call, and after its observer."""
        self.on_fault: Callable[[Actor, CallSite, FaultKind], None] | None = None
        """Is called for each injected fault."""
        self.on_call: Callable[[Actor, CallSite, tuple[Any, ...], Any, str], None] | None = None
        """Is called after each call: actor, call site, arguments, answer or error, and the fault in words."""

    def failed(self, port: str, ms: int) -> None:
        """A failure of the port that lasts so long."""
        until_ms = self._scheduler.now_ms + ms
        self.last_failure_ms[port] = max(self.last_failure_ms.get(port, 0), until_ms)

    def end_faults(self, decider: Decider) -> None:
        """From now on use this decider, and no outage."""
        self._decider = decider
        self._outages = ()

    def port(self, name: str, port: object) -> Any:
        """The methods of the port, each by way of `call`."""
        return _class_of(name, type(port), _method, Intercepted)(self, port)

    def client(self, name: str, service: object, base: type[Intercepted] = Intercepted) -> Any:
        """A client like boto3's: an operation of the service gets its arguments as one dictionary."""
        return _class_of(name, type(service), _operation, base)(self, service)

    def call(self, site: CallSite, effect: Callable[..., Any], *args: Any) -> Any:
        """One call of a port: decide about it, wait, let the effect happen, return the answer or raise."""
        scheduler = self._scheduler
        actor = scheduler.running
        assert actor is not None
        actor.calls += 1
        actor.site = site
        number = actor.calls_of_site[site.index] = actor.calls_of_site.get(site.index, 0) + 1
        limit_ms = site.timeout_ms
        if site.is_openai:
            limit_ms = int(args[-1].timeout_seconds * 1000)
            if self.before_openai_call is not None:
                self.before_openai_call(actor, site, args)
        decided = self._decider.decide(site, actor.name, number)
        if self._outages and type(decided) is int:
            decided = self._outage_fault(site) or decided
        if type(decided) is not int:
            return self._faulty_call(site, effect, args, actor, decided, limit_ms)  # type: ignore[arg-type]
        if decided > site.usual_ms:
            actor.delayed = True
        if decided > limit_ms:
            self.failed(site.port, limit_ms)
            actor.failures.append((site.port, FaultKind.SLOW))
            scheduler.wait(limit_ms)
            raise _PORT_ERRORS[site.port]()
        scheduler.wait(decided)
        return self._effect(site, effect, args, actor)

    def _effect(
        self,
        site: CallSite,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        remark: str = "",
    ) -> Any:
        observer = self.observers.get(site.name)
        try:
            answer = effect(*args)
        except Exception as error:
            if observer is not None:
                observer(actor, args, None, error)
            self.after_effect(site)
            if self.on_call is not None:
                self.on_call(actor, site, args, error, remark)
            raise
        if observer is not None:
            observer(actor, args, answer, None)
        self.after_effect(site)
        if self.on_call is not None:
            self.on_call(actor, site, args, answer, remark)
        return answer

    def _faulty_call(
        self,
        site: CallSite,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        fault: CallFault,
        limit_ms: int,
    ) -> Any:
        kind = fault.kind
        self.failed(site.port, fault.ms)
        if actor.kind == "relay" and kind in _STOP_THE_PROCESS:
            self.failed("relay", fault.ms)
        actor.failures.append((site.port, kind))
        if self.on_fault is not None:
            self.on_fault(actor, site, kind)
        if kind is FaultKind.SLOW:
            self._scheduler.wait(min(fault.ms, limit_ms))
            if fault.ms >= limit_ms:
                raise _PORT_ERRORS[site.port]()
            return self._effect(site, effect, args, actor, kind.value)
        if kind in AFTER_EFFECT:
            return self._fault_after_effect(site, effect, args, actor, fault)
        if kind is FaultKind.PARTIAL:
            self._scheduler.wait(site.usual_ms)
            return self._effect(site, partial(effect, partial=True), args, actor, kind.value)
        if kind is FaultKind.MALFORMED and not site.is_openai:
            self._scheduler.wait(site.usual_ms)
            self._effect(site, effect, args, actor, kind.value)
            return {"ResponseMetadata": {"HTTPStatusCode": 200}}
        if kind is FaultKind.REPEATED:
            self._scheduler.wait(site.usual_ms)
            self._effect(site, effect, args, actor, kind.value)
            self._scheduler.wait(_SENT_AGAIN_MS)
            return self._effect(site, effect, args, actor, "sent again")
        if kind is FaultKind.KILLED_BEFORE:
            self._log_fault(actor, site, args, kind)
            self._scheduler.wait(0)
            raise self._kill(actor)
        if kind is FaultKind.LATE:
            when_ms = self._scheduler.now_ms + fault.ms
            self._scheduler.call_at(when_ms, lambda: self._late_effect(site, effect, args, actor))
        self._log_fault(actor, site, args, kind)
        error_ms = site.usual_ms if self.errors_come_soon else min(fault.ms, limit_ms)
        self._scheduler.wait(limit_ms if kind is FaultKind.LATE else error_ms)
        raise error_for(site, fault)

    def _fault_after_effect(
        self,
        site: CallSite,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        fault: CallFault,
    ) -> Any:
        self._scheduler.wait(min(site.usual_ms, fault.ms))
        try:
            answer = self._effect(site, effect, args, actor, fault.kind.value)
        except (RawkError, ClientError, BotoCoreError):
            if fault.kind is FaultKind.LOST:
                raise error_for(site, fault) from None
            raise
        if fault.kind is FaultKind.KILLED_AFTER:
            raise self._kill(actor)
        lost_soon = self.errors_come_soon and fault.kind is FaultKind.LOST
        self._scheduler.wait(site.usual_ms if lost_soon else fault.ms)
        if fault.kind is FaultKind.FROZEN:
            return answer
        raise error_for(site, fault)

    def _late_effect(self, site: CallSite, effect: Callable[..., Any], args: tuple[Any, ...], actor: Actor) -> None:
        """A request that arrives long after its sender got an error. The answer is dropped."""
        try:
            self._effect(site, effect, args, actor, "arrives late")
        except Exception as error:  # noqa: BLE001 - no caller waits for the answer
            del error

    def _outage_fault(self, site: CallSite) -> CallFault | None:
        now_ms = self._scheduler.now_ms
        if not site.is_remote:
            return None
        for outage in self._outages:
            if outage.begins_ms <= now_ms < outage.ends_ms and outage.port in (site.port, site.name):
                return CallFault(outage.kind, 20_000 if outage.kind is FaultKind.RATE_LIMITED else site.usual_ms)
        return None

    def _log_fault(self, actor: Actor, site: CallSite, args: tuple[Any, ...], kind: FaultKind) -> None:
        if self.on_call is not None:
            self.on_call(actor, site, args, None, kind.value)

    def _kill(self, actor: Actor) -> Killed:
        actor.killed = True
        return Killed()


def _nothing(site: CallSite) -> None: ...
