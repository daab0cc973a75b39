"""One world: the product's use cases on in-memory ports, the people and machines around them, and how it all ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from rawk.adapters.openai.in_memory import spoken_in
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryJobQueue, InMemoryQueue, QueuedMessage
from rawk.domain.memory import Analysis, Status
from rawk.ports import AICall, Delivery, Transcription
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.direct_uploads import DirectUploads
from rawk.use_cases.intake import Intake
from rawk.use_cases.processing import JobOutcome, Processing, ProcessingServices
from rawk.use_cases.recovery import Recovery
from rawk.use_cases.retry_memory import RetryMemory
from rawk.worker.batch import Worker
from sim.explorer.coverage.points import Mark
from sim.explorer.coverage.recorder import Sightings
from sim.explorer.invariants.invariants import DRAINS, NO_CRASH, Promises
from sim.explorer.plan.call_sites import ABORT, COMPLETE, OLDER_THAN, OPEN_UPLOAD, WRITE, Site, Trouble
from sim.explorer.plan.decisions import Decider, Usual
from sim.explorer.plan.plan import HOUR_MS, Plan
from sim.explorer.runtime.ledger import Books
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.port_calls import Line, StrangeError
from sim.explorer.runtime.scheduler import MOST_STEPS, Actor, Scheduler
from sim.explorer.world.clients import ApiClients
from sim.explorer.world.dead_letters import Letters
from sim.explorer.world.functions import LONGEST_REST_MS, Functions, RelaySchedule
from sim.explorer.world.observers import Watching

BILLED_SECONDS = 5.0
_HASH = (1 << 61) - 1
_STATUSES = {status: number for number, status in enumerate(Status)}

type Statuses = dict[str, tuple[str, str | None]]
"""By a memory's name in the story: its status, and why it or its analysis failed."""

type Tell = Callable[[int, str, str], None]
"""Hears what happened: when (ms), who, what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one world ended. `digest` tells whether two runs were the same, step for step."""

    broken: tuple[str, str] | None
    reached: int
    steps: int
    virtual_ms: int
    digest: int
    statuses: "Statuses"
    at_rest: "Statuses"
    """The same before the last redrive: what became of each without an operator's help."""


class Ids:
    """`ports.Randomness` of one world: ids in order, and jitter from how many were drawn."""

    __slots__ = ("_drawn", "_ids")

    def __init__(self) -> None:
        self._drawn = 0
        self._ids = 0

    def random(self) -> float:
        self._drawn += 1
        return self._drawn * 0.618034 % 1.0

    def new_id(self) -> str:
        self._ids += 1
        return f"00000000-0000-4000-8000-{self._ids:012x}"


class WorldClock:
    """`ports.Clock`: for the product, each process with a clock of its own."""

    __slots__ = ("_scheduler", "now")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.now = scheduler.now

    def sleep(self, seconds: float) -> None:
        self._scheduler.wait(int(seconds * 1000) + 1)


class TrueClock:
    """For what is no process of ours: SQS and S3."""

    __slots__ = ("now",)

    def __init__(self, scheduler: Scheduler) -> None:
        self.now = scheduler.true_now

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a service does not sleep, least of all {seconds} s")


class Through:
    """A port whose methods all go through the line."""


class World:
    """Made for one run of one plan."""

    def __init__(self, plan: Plan, decider: Decider, tell: Tell | None = None) -> None:
        self.plan = plan
        self.decider = decider
        self.scheduler = Scheduler()
        self.books = Books()
        self._tell = tell
        self._make_parts()
        self._make_product()
        self.people = ApiClients(self)
        self.functions = Functions(self)
        self.relay = RelaySchedule(self)

    def run(self) -> Outcome:
        scheduler = self.scheduler
        for act in self.plan.acts:
            scheduler.at(act.at_ms, lambda act=act: self.people.do(act))  # type: ignore[misc]
        self._go_on_until(self.plan.calm_at_ms, at_rest=None)
        self.decider = Usual()
        self.line.calm(self.decider)
        self._come_to_rest()
        scheduler.end()
        outcome = self._outcome()
        self._fall_apart()
        return outcome

    def _fall_apart(self) -> None:
        """Its parts know each other in circles: taken apart they are freed at once, and no collector need look."""
        self.line.watch({})
        self.line.asking = self.line.noticed = self.line.tell = None
        self.__dict__.clear()

    # how it goes

    def _come_to_rest(self) -> None:
        """Everything drains; a redrive brings back what failed; after a day the sweep has cleared up."""
        self._rest(LONGEST_REST_MS + 2 * HOUR_MS)
        self._at_first_rest = self._statuses()
        if self.dead.held and self.promises.broken is None:
            self.say("redrives all that is left, in fine weather", "operator")
            self.scheduler.start("the last redrive", "operator", self._redrive)
            self._rest(LONGEST_REST_MS)
        if self.has_orphans() and self.promises.broken is None:
            self._go_on_until(self.scheduler.now_ms + 26 * HOUR_MS, at_rest=lambda: not self.has_orphans())
        if self.promises.broken is None:
            self.promises.check_end()

    def _redrive(self) -> None:
        self.office.redrive_all(None)

    def _rest(self, within_ms: int) -> None:
        if self.promises.broken is not None:
            return
        if not self._go_on_until(self.scheduler.now_ms + within_ms, at_rest=self._at_rest):
            self.promises.break_(DRAINS, self._what_is_left())

    def _go_on_until(self, end_ms: int, at_rest: Callable[[], bool] | None) -> bool:
        """Whether it came to rest before the end."""
        scheduler, relay, promises = self.scheduler, self.relay, self.promises
        while promises.broken is None and scheduler.steps < MOST_STEPS:
            next_ms = scheduler.next_ms()
            if at_rest is not None and at_rest():
                return True
            if next_ms > relay.tick * 60_000 and relay.before(min(next_ms, end_ms)):
                continue
            if next_ms > end_ms:
                scheduler.now_ms = end_ms
                break
            scheduler.horizon_ms = min(end_ms, relay.tick * 60_000)
            scheduler.go_on()
        return False

    def _at_rest(self) -> bool:
        if self.scheduler.living or self.jobs.held or self.store.outbox or self.letters.moving:
            return False
        # A queued memory whose message died before a worker could claim it waits for the operator, as its letter does.
        return all(
            row.memory.status is not Status.PROCESSING and row.memory.analysis_due_at is None
            for row in self.store.rows.values()
        )

    def _what_is_left(self) -> str:
        unrested = [
            f"{self.promises.label(row.memory.id)} is {row.memory.status}"
            for row in self.store.rows.values()
            if row.memory.status in _ON_THE_WAY or row.memory.analysis_due_at is not None
        ]
        left = f"{len(self.jobs.held)} messages, {len(self.store.outbox)} outbox rows"
        return f"after {(self.scheduler.now_ms - self.plan.calm_at_ms) / HOUR_MS:.1f} h of calm: {left}; " + ", ".join(
            unrested
        )

    def has_orphans(self) -> bool:
        """Audio that no memory knows, or a memory that waits for a submission."""
        if any(row.memory.status is Status.UPLOADING for row in self.store.rows.values()):
            return True
        known = {row.memory.audio_key for row in self.store.rows.values()}
        return any(key not in known for key in self.audio.objects)

    def _outcome(self) -> Outcome:
        digest = self.scheduler.digest
        for row in self.store.rows.values():
            digest = (digest * 31 + _STATUSES[row.memory.status] * 7 + row.memory.attempts) & _HASH
        return Outcome(
            broken=self.promises.broken,
            reached=self.sightings.reached,
            steps=self.scheduler.steps,
            virtual_ms=self.scheduler.now_ms,
            digest=(digest * 31 + self.sightings.reached) & _HASH,
            statuses=self._statuses(),
            at_rest=self._at_first_rest,
        )

    def _statuses(self) -> Statuses:
        statuses: Statuses = {}
        for memory_id, row in self.store.rows.items():
            reason = row.memory.failure_reason
            told = (row.memory.status.value, reason.value if reason is not None else None)
            statuses[self.books.label(memory_id)] = told
        return statuses

    def ended_with(self, actor: Actor, error: Exception) -> None:
        """A use case let an error out that it does not speak of: fine if it was the world that threw it."""
        if not isinstance(error, StrangeError):
            self.promises.break_(NO_CRASH, f"{actor.name} ended with {error!r}")
        elif actor.kind == "worker":
            self.sightings.mark(Mark.WORKER_CRASHED)

    # what is told, if anybody listens

    def say(self, what: str, who: str | None = None) -> None:
        if self._tell is not None:
            actor = self.scheduler.running
            self._tell(self.scheduler.now_ms, who or (actor.name if actor is not None else "the world"), what)

    def label_of(self, body: str) -> str:
        memory_id = self.promises.memory_named_in(body)
        return self.books.label(memory_id) if memory_id else "poison"

    def note_buried(self, message: QueuedMessage) -> None:
        """A message has just worn out."""
        self.say(f"the message of {self.label_of(message.body)} is dead-lettered", "SQS")
        memory_id = self.promises.memory_named_in(message.body)
        row = self.store.rows.get(memory_id)
        self.sightings.mark(Mark.DEAD_LETTER if memory_id else Mark.POISON_DEAD)
        if row is not None and row.memory.status is Status.PROCESSING:
            self.sightings.mark(Mark.WORN_OUT_UNTOLD)

    def say_queue(self, message: QueuedMessage, delivery: Delivery, befell: Trouble | None) -> None:
        if self._tell is not None:
            how = f", {befell}" if befell is not None else ""
            what = (
                f"the message of {self.label_of(message.body)} is received for the {_nth(delivery.receive_count)} time"
            )
            self.say(what + how, "SQS")

    def say_moved(self, body: str) -> None:
        if self._tell is not None:
            self.say(f"the dead letter of {self.label_of(body)} is moved back", "SQS")

    # what it is made of

    def _make_parts(self) -> None:
        scheduler, limits = self.scheduler, policies().limits
        clock = TrueClock(scheduler)
        self.store = InMemoryMemoryStore()
        self.audio = InMemoryAudioStore(clock)
        self.dead = InMemoryQueue(clock, limits.visibility_timeout_seconds, name="dead")
        self.jobs = InMemoryQueue(
            clock,
            limits.visibility_timeout_seconds,
            dead_letters=self.dead,
            max_receive_count=limits.max_receive_count,
        )
        self.promises = Promises(scheduler, self.books, self.store, self.audio, self.jobs, self.dead)
        self.sightings = Sightings(scheduler, self.books)
        self.line = Line(scheduler, self.decider, self.plan.outages)
        watching = Watching(self.books, self.promises, self.sightings)
        self.line.watch({**watching.watches(), "queue.send": self._after_send, "queue.postpone": self._after_postpone})
        self.line.asking = watching.asking
        self.line.noticed = self.sightings.noticed
        if self._tell is not None:
            self.line.tell = self._tell_call

    def _make_product(self) -> None:
        """As `rawk.composition` does, on other adapters."""
        numbers, line = policies(), self.line
        clock, chance = WorldClock(self.scheduler), Ids()
        memories: Any = line.port("memories", self.store, Through())
        audio: Any = line.port("audio", self.audio, Through())
        audio.open_upload = self._open_upload
        audio.older_than = line.method(OLDER_THAN, self._older_than)
        queue: Any = line.port("queue", InMemoryJobQueue(self.jobs), Through())
        openai: Any = line.port("openai", _OpenAI(), Through())
        self.letters = Letters(self)
        self.memories = memories
        self.intake = Intake(memories, audio, queue, clock, chance, numbers.outbox_grace)
        self.direct = DirectUploads(memories, audio, queue, clock, chance, numbers.outbox_grace)
        self.again = RetryMemory(memories, queue, clock, numbers.outbox_grace)
        self.forget = DeleteMemory(memories, audio, clock)
        services = ProcessingServices(memories, audio, openai, openai, clock, chance, numbers.processing)
        self.worker = Worker(_Overseen(Processing(services), self), queue, clock)  # type: ignore[arg-type]
        self.recovery = Recovery(memories, audio, queue, clock, numbers.recovery)
        self.office = DeadLetterOperations(self.letters, memories, clock)

    def _older_than(self, moment: datetime) -> Iterator[str]:
        self.relay.swept_at = self.scheduler.true_now()
        return iter(list(self.audio.older_than(moment)))

    def _open_upload(self, key: str, content_type: str) -> Any:
        upload = self.line.call(OPEN_UPLOAD, None, self.audio.open_upload, key, content_type)
        through: Any = Through()
        for site in (WRITE, COMPLETE, ABORT):
            setattr(through, site.method, partial(self.line.call, site, None, getattr(upload, site.method)))
        return through

    def _after_send(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del answer, error
        memory_id = args[0].memory_id
        if actor.kind == "relay":
            memory = self.books.seen.get(memory_id)
            if memory is not None and memory.analysis_attempts == 0:
                self.sightings.mark(Mark.RELAY_SENT)
        named = self.promises.memory_named_in
        if len([message for message in self.jobs.held.values() if named(message.body) == memory_id]) > 1:
            self.sightings.mark(Mark.SENT_TWICE)
        if actor is not self.scheduler.running:
            self.sightings.mark(Mark.SEND_ARRIVED_LATE)
        self.functions.look_again()

    def _after_postpone(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, args, answer, error
        self.functions.look_again()

    def _tell_call(self, actor: Actor, site: Site, args: tuple[Any, ...], answer: Any, befell: str) -> None:
        from sim.explorer.world.call_descriptions import told

        self.say(told(self, site, args, answer, befell), actor.name)


_ON_THE_WAY = frozenset({Status.QUEUED, Status.PROCESSING})


class _Overseen:
    """`Processing`, with somebody who hears of errors that the batch processor keeps to itself."""

    __slots__ = ("_processing", "_world")

    def __init__(self, processing: Processing, world: World) -> None:
        self._processing = processing
        self._world = world

    def handle(self, delivery: Delivery, deadline: datetime) -> JobOutcome:
        try:
            return self._processing.handle(delivery, deadline)
        except Exception as error:
            actor = self._world.scheduler.running
            assert actor is not None
            self._world.ended_with(actor, error)
            raise


class _OpenAI:
    """Hears what was said and thinks about it; whatever goes wrong is the line's doing."""

    __slots__ = ()

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:  # noqa: ARG002
        return Transcription(spoken_in(audio), BILLED_SECONDS)

    def analyse(self, transcript: str, call: AICall) -> Analysis:  # noqa: ARG002
        return Analysis(title=transcript[:40], summary=transcript, topics=("voice",), people=(), mood="neutral")


def _nth(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
