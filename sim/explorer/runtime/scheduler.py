"""Actors as greenlets, in virtual time: whoever is due next goes next, until its next call of the outside.

Nothing here is left to the machine: what is due at the same millisecond goes in the order in which it was put down.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from greenlet import getcurrent, greenlet

EPOCH = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When every world begins."""
NEVER_MS = 1 << 60
MOST_STEPS = 20_000
"""Of one world. What takes longer never comes to rest."""
_HASH = (1 << 61) - 1


class Killed(BaseException):
    """The process is gone: whatever runs on its way out has no effect."""


class Actor:
    """Somebody that calls the outside. Its own calls are numbered from 1."""

    __slots__ = (
        "about",
        "calls",
        "dies_at_ms",
        "doomed",
        "ended",
        "kind",
        "late_kill",
        "name",
        "number",
        "run",
        "skew_ms",
        "thread",
    )

    def __init__(self, name: str, kind: str, number: int, skew_ms: int, run: Callable[[], None]) -> None:
        self.name = name
        self.kind = kind
        self.number = number
        self.skew_ms = skew_ms
        self.calls = 0
        self.dies_at_ms = NEVER_MS
        self.late_kill = False
        self.doomed = False
        """Whether its process is dead, or dies when it next wakes up."""
        self.ended = False
        self.about: object = None
        self.run = run
        self.thread: _Thread | None = None


def _nothing() -> None: ...


class _Thread(greenlet):
    """Carries one actor after the other: a fresh greenlet costs more than most actors' whole life."""

    __slots__ = ("actor", "hub", "scheduler")
    actor: Actor
    scheduler: "Scheduler"
    hub: greenlet

    def run(self) -> None:
        while True:
            trouble: BaseException | None = None
            try:
                self.actor.run()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 - it is thrown on, where somebody can see it
                trouble = error
            self.actor.ended = True
            self.scheduler.living -= 1
            self.actor.thread = None
            # It may well hold on to its actor, and so in a circle to itself.
            self.actor.run = _nothing
            _idle.append(self)
            if trouble is None:
                self.hub.switch()
            else:
                self.hub.throw(trouble)


_idle: list[_Thread] = []


class Scheduler:
    """One world's time, and who is due when."""

    __slots__ = (
        "_due",
        "_hub",
        "_last",
        "_order",
        "_over",
        "actors",
        "digest",
        "horizon_ms",
        "living",
        "now_ms",
        "running",
        "steps",
        "stopping",
    )

    def __init__(self) -> None:
        self.now_ms = 0
        self.steps = 0
        """How often an actor was let go on: at its start, at each call it made, after each sleep."""
        self.digest = 0
        self.horizon_ms = 0
        """Until then the world has nothing to look at between two steps."""
        self._due: list[tuple[int, int, Actor | Callable[[], None]]] = []
        self._order = 0
        self._over = False
        self._hub = getcurrent()
        self.stopping = False
        """Whether the world ends at the next step: a promise is broken."""
        self.living = 0
        """Actors that have not come to their end."""
        self._last: tuple[int, datetime] = (0, EPOCH)
        self.actors: list[Actor] = []
        self.running: Actor | None = None

    # for the world

    def at(self, at_ms: int, do: Callable[[], None]) -> None:
        """Call a function of the world itself at that time; it must not wait."""
        self._order += 1
        heappush(self._due, (at_ms, self._order, do))

    def start(self, name: str, kind: str, run: Callable[[], None], skew_ms: int = 0) -> Actor:
        actor = Actor(name, kind, len(self.actors) + 1, skew_ms, run)
        self.actors.append(actor)
        self.living += 1
        self._order += 1
        heappush(self._due, (self.now_ms, self._order, actor))
        return actor

    def next_ms(self) -> int:
        """When the next is due; NEVER_MS if nobody is."""
        return self._due[0][0] if self._due else NEVER_MS

    def go_on(self) -> None:
        """Let whoever is due next go on, until it waits again or ends."""
        at_ms, _, who = heappop(self._due)
        if at_ms > self.now_ms:
            self.now_ms = at_ms
        if type(who) is not Actor:
            who()  # type: ignore[operator]
            return
        self.steps += 1
        self.running = who
        self.digest = (self.digest * 1_000_003 + at_ms * 31 + who.number * 7 + who.calls) & _HASH
        if who.thread is None:
            self._carry(who)
        assert who.thread is not None
        who.thread.switch()
        self.running = None

    def _carry(self, actor: Actor) -> None:
        thread = _idle.pop() if _idle else _Thread()
        thread.actor, thread.hub, thread.scheduler = actor, self._hub, self
        actor.thread = thread

    def end(self) -> None:
        """Let go of all actors that are still waiting."""
        self._over = True
        for actor in self.actors:
            if actor.thread is not None:
                actor.doomed = True
                self.running = actor
                actor.thread.throw(Killed())
        self.running = None
        self.actors.clear()
        self._due.clear()

    # for the actor that runs

    def wait(self, ms: int) -> None:
        """Let so much time pass for the one who calls. Raises Killed if its process does not live to see the end."""
        actor = self.running
        assert actor is not None
        if actor.doomed or self._over:
            raise Killed
        if self.stopping:
            self._hub.switch()
        at_ms = self.now_ms + ms
        if at_ms >= actor.dies_at_ms and not actor.late_kill:
            at_ms, actor.doomed = max(actor.dies_at_ms, self.now_ms), True
        if at_ms < self.horizon_ms and (not self._due or at_ms < self._due[0][0]) and self.steps < MOST_STEPS:
            # Nobody else is due before: it goes on at once, and the detour by the hub is saved.
            self.now_ms = at_ms
            self.steps += 1
            self.digest = (self.digest * 1_000_003 + at_ms * 31 + actor.number * 7 + actor.calls) & _HASH
        else:
            self._order += 1
            heappush(self._due, (at_ms, self._order, actor))
            self._hub.switch()
        if actor.doomed:
            raise Killed

    def now(self) -> datetime:
        """The time on the clock of the one who asks."""
        actor = self.running
        ms = self.now_ms if actor is None else self.now_ms + actor.skew_ms
        last_ms, last = self._last
        if ms != last_ms:
            last = EPOCH + timedelta(milliseconds=ms)
            self._last = (ms, last)
        return last

    def true_now(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.now_ms)
