"""What stands between the product and its ports: every call waits its time, meets its trouble, and is looked at.

The product knows nothing of it: it gets an object with the port's methods. Before the effect of each call everybody
else may go on; between the effect and the next call nothing happens that anybody could see.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from rawk.domain.errors import (
    AIBadAnalysis,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AIRejectedAudio,
    AITransient,
    DatabaseUnavailable,
    QueueUnavailable,
    RawkError,
    StorageUnavailable,
)
from rawk.domain.memory import FailureReason
from sim.explorer.plan.call_sites import SITES_OF_PORT, Site, Trouble
from sim.explorer.plan.decisions import Decider
from sim.explorer.plan.plan import Outage, Struck
from sim.explorer.runtime.scheduler import Actor, Killed, Scheduler

type Watch = Callable[[Actor, tuple[Any, ...], Any, BaseException | None], None]
"""Looks at one call after its effect: who made it, its arguments, and its answer or error."""


class StrangeError(Exception):
    """An error that no port promised: a bug of an adapter, a full disk, whatever nobody thought of."""


_OF_PORT: dict[str, Callable[[], Exception]] = {
    "memories": lambda: DatabaseUnavailable("the database does not answer"),
    "audio": lambda: StorageUnavailable("the store does not answer"),
    "queue": lambda: QueueUnavailable("the queue does not answer"),
    "letters": lambda: QueueUnavailable("the queue does not answer"),
    "openai": lambda: AITransient("OpenAI does not answer"),
}
_OF_TROUBLE: dict[Trouble, Callable[[], Exception]] = {
    Trouble.STRANGE: lambda: StrangeError("nobody thought of this"),
    Trouble.QUOTA: lambda: AIQuotaExhausted("the quota is used up"),
    Trouble.MISCONFIGURED: lambda: AIMisconfigured("wrong key"),
    Trouble.REJECTED: lambda: AIRejectedAudio("the audio can not be read"),
    Trouble.MALFORMED: lambda: AIBadAnalysis("the answer is no analysis"),
    Trouble.REFUSED: lambda: AIBadAnalysis("the model refused", reason=FailureReason.ANALYSIS_REFUSED),
    Trouble.FILTERED: lambda: AIBadAnalysis("filtered", reason=FailureReason.ANALYSIS_FILTERED),
    Trouble.TRUNCATED: lambda: AIBadAnalysis("cut off", reason=FailureReason.ANALYSIS_TRUNCATED),
}
AFTER_EFFECT = frozenset({Trouble.LOST, Trouble.KILLED_AFTER, Trouble.FROZEN, Trouble.BILLED_AND_LOST})


def error_for(site: Site, struck: Struck) -> Exception:
    """What the port raises when this befalls a call."""
    if struck.trouble is Trouble.RATE_LIMITED:
        return AIRateLimited("too many requests", retry_after_seconds=struck.ms / 1000)
    return _OF_TROUBLE.get(struck.trouble, _OF_PORT[site.port])()


class Line:
    """All calls of one world go through here."""

    __slots__ = ("_decider", "_outages", "_scheduler", "_watches", "asking", "noticed", "tell")

    def __init__(self, scheduler: Scheduler, decider: Decider, outages: tuple[Outage, ...]) -> None:
        self._scheduler = scheduler
        self._decider = decider
        self._outages = outages
        self._watches: dict[str, Watch] = {}
        self.asking: Callable[[Actor, Site, tuple[Any, ...]], None] | None = None
        """Hears of every question to OpenAI before it is under way."""
        self.noticed: Callable[[Trouble], None] | None = None
        """Hears of every trouble that befalls a call."""
        self.tell: Callable[[Actor, Site, tuple[Any, ...], Any, str], None] | None = None
        """Hears of every call, with what it gave and what befell it."""

    def watch(self, watches: dict[str, Watch]) -> None:
        """Look at the calls of these sites (`memories.claim`)."""
        self._watches = watches

    def calm(self, decider: Decider) -> None:
        """From now on another one decides, and no port is out."""
        self._decider = decider
        self._outages = ()

    def port(self, name: str, behind: Any, into: Any) -> Any:
        """Put the port's methods on `into`, each going through the line to the one `behind`."""
        for site in SITES_OF_PORT[name]:
            if hasattr(behind, site.method):
                setattr(into, site.method, self.method(site, getattr(behind, site.method)))
        return into

    def method(self, site: Site, effect: Callable[..., Any]) -> Callable[..., Any]:
        return partial(self.call, site, self._watches.get(site.name), effect)

    def call(self, site: Site, watch: Watch | None, effect: Callable[..., Any], *args: Any) -> Any:
        """One call of the outside, from being sent to being answered."""
        scheduler = self._scheduler
        actor = scheduler.running
        assert actor is not None
        actor.calls = number = actor.calls + 1
        limit_ms = site.patience_ms
        if site.is_openai:
            limit_ms = int(args[-1].timeout_seconds * 1000)
            if self.asking is not None:
                self.asking(actor, site, args)
        decided = self._decider.decide(site, actor.name, number)
        if self._outages and type(decided) is int:
            decided = self._out(site) or decided
        if type(decided) is not int:
            return self._struck_call(site, watch, effect, args, actor, decided, limit_ms)  # type: ignore[arg-type]
        if decided > limit_ms:
            scheduler.wait(limit_ms)
            raise _OF_PORT[site.port]()
        scheduler.wait(decided)
        return self._effect(site, watch, effect, args, actor)

    def _effect(
        self,
        site: Site,
        watch: Watch | None,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        befell: str = "",
    ) -> Any:
        try:
            answer = effect(*args)
        except Exception as error:
            if watch is not None:
                watch(actor, args, None, error)
            if self.tell is not None:
                self.tell(actor, site, args, error, befell)
            raise
        if watch is not None:
            watch(actor, args, answer, None)
        if self.tell is not None:
            self.tell(actor, site, args, answer, befell)
        return answer

    def _struck_call(
        self,
        site: Site,
        watch: Watch | None,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        struck: Struck,
        limit_ms: int,
    ) -> Any:
        trouble = struck.trouble
        if self.noticed is not None:
            self.noticed(trouble)
        if trouble is Trouble.SLOW:
            self._scheduler.wait(min(struck.ms, limit_ms))
            if struck.ms >= limit_ms:
                raise _OF_PORT[site.port]()
            return self._effect(site, watch, effect, args, actor, trouble.value)
        if trouble in AFTER_EFFECT:
            return self._struck_after(site, watch, effect, args, actor, struck)
        if trouble is Trouble.KILLED_BEFORE:
            self._note(actor, site, args, trouble)
            self._scheduler.wait(0)
            raise self._die(actor)
        if trouble is Trouble.LATE:
            when_ms = self._scheduler.now_ms + struck.ms
            self._scheduler.at(when_ms, lambda: self._effect_on_its_own(site, watch, effect, args, actor))
        self._note(actor, site, args, trouble)
        self._scheduler.wait(limit_ms if trouble is Trouble.LATE else min(struck.ms, limit_ms))
        raise error_for(site, struck)

    def _struck_after(
        self,
        site: Site,
        watch: Watch | None,
        effect: Callable[..., Any],
        args: tuple[Any, ...],
        actor: Actor,
        struck: Struck,
    ) -> Any:
        self._scheduler.wait(min(site.usual_ms, struck.ms))
        try:
            answer = self._effect(site, watch, effect, args, actor, struck.trouble.value)
        except RawkError:
            if struck.trouble is Trouble.LOST:
                raise error_for(site, struck) from None
            raise
        if struck.trouble is Trouble.KILLED_AFTER:
            raise self._die(actor)
        self._scheduler.wait(struck.ms)
        if struck.trouble is Trouble.FROZEN:
            return answer
        raise error_for(site, struck)

    def _effect_on_its_own(
        self, site: Site, watch: Watch | None, effect: Callable[..., Any], args: tuple[Any, ...], actor: Actor
    ) -> None:
        """A request that arrives long after its sender gave up on it. Nobody hears the answer."""
        try:
            self._effect(site, watch, effect, args, actor, "arrives late")
        except Exception as error:  # noqa: BLE001 - whatever it is, there is nobody to tell
            del error

    def _out(self, site: Site) -> Struck | None:
        now_ms = self._scheduler.now_ms
        for outage in self._outages:
            if outage.begins_ms <= now_ms < outage.ends_ms and outage.port in (site.port, site.name):
                return Struck(outage.trouble, 20_000 if outage.trouble is Trouble.RATE_LIMITED else site.usual_ms)
        return None

    def _note(self, actor: Actor, site: Site, args: tuple[Any, ...], trouble: Trouble) -> None:
        if self.tell is not None:
            self.tell(actor, site, args, None, trouble.value)

    def _die(self, actor: Actor) -> Killed:
        actor.doomed = True
        return Killed()
