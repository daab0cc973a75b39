"""Actors as greenlets in virtual time: the next due actor runs until its next call of a port.

The order never depends on the machine: at the same millisecond, what was scheduled first runs first.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from greenlet import getcurrent, greenlet

from sim.explorer.plan.call_sites import CallSite, FaultKind

EPOCH = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When every world begins."""
NEVER_MS = 1 << 60
MOST_STEPS = 20_000
"""The most steps of one world. A world that needs more never comes to rest."""
_HASH = (1 << 61) - 1


class Killed(BaseException):
    """The process of the actor was killed. Handlers that still run while this is raised have no effect."""


class Actor:
    """A client, an operator, a worker or a relay run: it calls ports. Its calls are numbered from 1."""

    __slots__ = (
        "calls",
        "calls_of_site",
        "deadline_ms",
        "delayed",
        "draws",
        "ended",
        "failures",
        "killed",
        "kind",
        "name",
        "number",
        "outlives_deadline",
        "run",
        "site",
        "skew_ms",
        "subject",
        "thread",
    )

    def __init__(self, name: str, kind: str, number: int, skew_ms: int, run: Callable[[], None]) -> None:
        self.name = name
        self.kind = kind
        self.number = number
        self.skew_ms = skew_ms
        self.site: CallSite | None = None
        """Of its latest call."""
        self.calls = 0
        self.calls_of_site: dict[int, int] = {}
        """By index of the call site."""
        self.delayed = False
        """Whether one of its calls took longer than usual."""
        self.failures: list[tuple[str, FaultKind]] = []
        """The port and the kind of each failure of its calls."""
        self.draws = 0
        """How many random numbers and ids it has drawn."""
        self.deadline_ms = NEVER_MS
        self.outlives_deadline = False
        self.killed = False
        """Whether its process was killed, or will be when the actor next runs."""
        self.ended = False
        self.subject: object = None
        """What it concerns: the recording of a client, the deliveries of a worker."""
        self.run = run
        self.thread: _Thread | None = None


def _nothing() -> None: ...


class _Thread(greenlet):
    """Runs one actor after the other: a new greenlet costs more than most actors do."""

    __slots__ = ("actor", "hub", "scheduler")
    actor: Actor
    scheduler: "Scheduler"
    hub: greenlet

    def run(self) -> None:
        while True:
            failure: BaseException | None = None
            try:
                self.actor.run()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 - it is raised again in the hub
                failure = error
            self.actor.ended = True
            self.scheduler.active -= 1
            self.actor.thread = None
            # The function may refer to its actor, which would be a reference cycle.
            self.actor.run = _nothing
            _idle.append(self)
            if failure is None:
                self.hub.switch()
            else:
                self.hub.throw(type(failure), failure, failure.__traceback__)


_idle: list[_Thread] = []


class Scheduler:
    """The virtual time of one world, and which actor is due when."""

    __slots__ = (
        "_due",
        "_ended",
        "_hub",
        "_last",
        "_last_ms",
        "_order",
        "active",
        "actors",
        "after_own_step",
        "digest",
        "horizon_ms",
        "now_ms",
        "own_steps",
        "running",
        "steps",
        "stopping",
    )

    def __init__(self) -> None:
        self.now_ms = 0
        self.steps = 0
        """How often an actor was resumed: at its start, at each of its calls, after each sleep."""
        self.own_steps = 0
        """How often a function of the world itself was called."""
        self.digest = 0
        self.horizon_ms = 0
        """Until then the world itself has nothing to do between two steps."""
        self._due: list[tuple[int, int, Actor | Callable[[], None]]] = []
        self._order = 0
        self._ended = False
        self._hub = getcurrent()
        self.stopping = False
        """Whether the world ends at the next step, because an invariant is violated."""
        self.active = 0
        """The number of actors that have not ended."""
        self._last_ms, self._last = 0, EPOCH
        self.actors: list[Actor] = []
        self.after_own_step: Callable[[], None] = _nothing
        """Is called after each step of the world itself, such as a receive or a move of a dead letter."""
        self.running: Actor | None = None

    # for the world

    def call_at(self, at_ms: int, do: Callable[[], None]) -> None:
        """Call a function of the world itself at that time. The function must not wait."""
        self._order += 1
        heappush(self._due, (at_ms, self._order, do))

    def start(self, name: str, kind: str, run: Callable[[], None], skew_ms: int = 0) -> Actor:
        actor = Actor(name, kind, len(self.actors) + 1, skew_ms, run)
        self.actors.append(actor)
        self.active += 1
        self._order += 1
        heappush(self._due, (self.now_ms, self._order, actor))
        return actor

    def next_due_ms(self) -> int:
        """When the next actor or function is due; NEVER_MS if there is none."""
        return self._due[0][0] if self._due else NEVER_MS

    def run_next(self) -> None:
        """Run the next due actor until it waits or ends, or call the next due function."""
        at_ms, _, who = heappop(self._due)
        if at_ms > self.now_ms:
            self.now_ms = at_ms
        if type(who) is not Actor:
            self.own_steps += 1
            who()  # type: ignore[operator]
            self.after_own_step()
            return
        self.steps += 1
        self.running = who
        self.digest = (self.digest * 1_000_003 + at_ms * 31 + who.number * 7 + who.calls) & _HASH
        if who.thread is None:
            self._assign_thread(who)
        assert who.thread is not None
        who.thread.switch()
        self.running = None

    def _assign_thread(self, actor: Actor) -> None:
        thread = _idle.pop() if _idle else _Thread()
        thread.actor, thread.hub, thread.scheduler = actor, self._hub, self
        actor.thread = thread

    def end(self) -> None:
        """Kill all actors that still wait."""
        self._ended = True
        for actor in self.actors:
            if actor.thread is not None:
                actor.killed = True
                self.running = actor
                actor.thread.throw(Killed())
        self.running = None
        self.actors.clear()
        self._due.clear()

    # for the actor that runs

    def wait(self, ms: int) -> None:
        """Let so much time pass for the running actor. Raises Killed if its process is killed in the meantime."""
        actor = self.running
        assert actor is not None
        if actor.killed or self._ended:
            raise Killed
        if self.stopping:
            self._hub.switch()
        at_ms = self.now_ms + ms
        if at_ms >= actor.deadline_ms and not actor.outlives_deadline:
            at_ms, actor.killed = max(actor.deadline_ms, self.now_ms), True
        if at_ms < self.horizon_ms and (not self._due or at_ms < self._due[0][0]) and self.steps < MOST_STEPS:
            # Nothing else is due before, so the actor continues at once, without a switch to the hub and back.
            self.now_ms = at_ms
            self.steps += 1
            self.digest = (self.digest * 1_000_003 + at_ms * 31 + actor.number * 7 + actor.calls) & _HASH
        else:
            self._order += 1
            heappush(self._due, (at_ms, self._order, actor))
            self._hub.switch()
        if actor.killed:
            raise Killed

    def now(self) -> datetime:
        """The time on the clock of the running actor."""
        actor = self.running
        return self._moment(self.now_ms if actor is None else self.now_ms + actor.skew_ms)

    def true_now(self) -> datetime:
        return self._moment(self.now_ms)

    def _moment(self, ms: int) -> datetime:
        """The same moment is asked for several times in a row."""
        if ms != self._last_ms:
            self._last_ms, self._last = ms, EPOCH + timedelta(0, 0, 0, ms)
        return self._last
