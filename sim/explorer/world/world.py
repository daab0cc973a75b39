"""One world: the product's use cases on in-memory ports, with clients, operator, queues and functions around them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.s3.store import S3AudioStore
from rawk.adapters.sqs.in_memory import InMemoryQueue, QueuedMessage
from rawk.adapters.sqs.queue import SqsDeadLetters, SqsJobQueue
from rawk.domain.memory import RECORDING_FAULTS, Memory, Status
from rawk.ports import Delivery
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.direct_uploads import DirectUploads
from rawk.use_cases.intake import Intake
from rawk.use_cases.processing import JobOutcome, Processing, ProcessingServices
from rawk.use_cases.recovery import Recovery
from rawk.use_cases.retry_memory import RetryMemory
from rawk.worker.batch import Worker
from sim.explorer.coverage.points import CoveragePoint
from sim.explorer.coverage.recorder import CoverageRecorder
from sim.explorer.invariants.checks import Invariants
from sim.explorer.invariants.conservation import ConservationCheck
from sim.explorer.invariants.economy import CountingCalls, difference
from sim.explorer.invariants.names import DRAINS, ECONOMY, NO_UNDECLARED_ERROR, Violation
from sim.explorer.invariants.time_limits import TimeLimits
from sim.explorer.plan.call_sites import CallSite, FaultKind
from sim.explorer.plan.decisions import Decider, NoFaults
from sim.explorer.plan.plan import HOUR_MS, Plan
from sim.explorer.runtime.endless import ended_after
from sim.explorer.runtime.ledger import Ledger
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.port_calls import PortCalls, UnexpectedError
from sim.explorer.runtime.scheduler import MOST_STEPS, Actor, Scheduler
from sim.explorer.world.call_descriptions import describe_call
from sim.explorer.world.clients import ApiClients
from sim.explorer.world.declared_errors import declaring
from sim.explorer.world.event_source_mapping import EventSourceMapping
from sim.explorer.world.message_names import MessageNames
from sim.explorer.world.observers import Observers
from sim.explorer.world.ports import DeterministicRandomness, ProcessClock, ServiceClock, SimulatedOpenAI
from sim.explorer.world.relay_schedule import RelaySchedule
from sim.explorer.world.s3 import BUCKET, PART_BYTES, S3Bucket, S3Client
from sim.explorer.world.sqs import DEAD_URL, JOBS_URL, SqsService

DAY_MS = 24 * HOUR_MS
LONGEST_DRAIN_MS = 12 * HOUR_MS
"""Longer than the longest visibility timeout that a job may get."""

LONGEST_WORLD_SECONDS = 20.0
"""Of processor time; the longest take half a second."""

_HASH = (1 << 61) - 1
_STATUSES = {status: number for number, status in enumerate(Status)}

type Statuses = dict[str, tuple[str, str | None]]
"""By a memory's name in reports: its status, and why it or its analysis failed."""

type EventListener = Callable[[int, str, str], None]
"""Is called with each event: when (ms), who, what."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one world ended. Two runs with the same `digest` were the same, step by step."""

    violation: Violation | None
    reached: int
    """One bit for each coverage point."""
    steps: int
    virtual_ms: int
    digest: int
    statuses: "Statuses"
    statuses_at_rest: "Statuses"
    """The same before the final redrive: how each memory ended without the operator."""


class World:
    """One world, for one run of one plan."""

    def __init__(self, plan: Plan, decider: Decider, on_event: EventListener | None = None) -> None:
        self.plan = plan
        self.decider = CountingCalls() if plan.quiet else decider
        self.scheduler = Scheduler()
        self.ledger = Ledger()
        self._on_event = on_event
        self._make_parts()
        self._make_product()
        self.clients = ApiClients(self)
        self.event_source_mapping = EventSourceMapping(self)
        self.relay = RelaySchedule(self)

    def run(self) -> Outcome:
        """Raises EndlessWorld if that takes too long."""
        with ended_after(LONGEST_WORLD_SECONDS):
            return self._run()

    def _run(self) -> Outcome:
        scheduler = self.scheduler
        for action in self.plan.actions:
            scheduler.call_at(action.at_ms, lambda action=action: self.clients.start(action))  # type: ignore[misc]
        self._run_until(self.plan.faults_end_ms, is_at_rest=None)
        if not self.plan.quiet:
            self.decider = NoFaults()
            self.port_calls.end_faults(self.decider)
        self._drain()
        scheduler.end()
        outcome = self._outcome()
        self._release()
        return outcome

    def _release(self) -> None:
        """Break the reference cycles between the parts: they are freed at once, without the garbage collector."""
        self.port_calls.observers = {}
        self.port_calls.before_openai_call = self.port_calls.on_fault = self.port_calls.on_call = None
        self.port_calls.after_effect = self.scheduler.after_own_step = _nothing
        self.audio.on_write = None
        self.__dict__.clear()

    # how it runs

    def _drain(self) -> None:
        """Run until everything drains; redrive and retry what failed; run until the sweep has removed unknown audio."""
        self._run_until_at_rest(LONGEST_DRAIN_MS + 2 * HOUR_MS)
        self._statuses_at_rest = self._statuses()
        if self.plan.days and self.invariants.violation is None:
            self._let_days_pass()
        if self.dead_queue.held and self.invariants.violation is None:
            self.log_event("redrives all dead letters, after the faults have ended", "operator")
            self.scheduler.start("final redrive", "operator", self._redrive)
            self._run_until_at_rest(LONGEST_DRAIN_MS)
        if self._refused_recordings() and self.invariants.violation is None:
            self.log_event("retry their refused recordings, after the faults have ended", "the owners")
            self.scheduler.start("final retry", "api", self._retry_refused)
            self._run_until_at_rest(LONGEST_DRAIN_MS)
        if self.has_unknown_audio() and self.invariants.violation is None:
            self._run_until(
                self.scheduler.now_ms + 26 * HOUR_MS,
                is_at_rest=lambda: not self.has_unknown_audio() and self._is_at_rest(),
            )
        if self.invariants.violation is None:
            self.invariants.check_end()
        if isinstance(self.decider, CountingCalls) and self.invariants.violation is None:
            wrong = difference(self.plan, self.decider.calls)
            if wrong:
                self.invariants.violate(ECONOMY, wrong)

    def _let_days_pass(self) -> None:
        """Days in which only the relay runs; then the late actions."""
        scheduler = self.scheduler
        self._run_until(scheduler.now_ms + self.plan.days * DAY_MS, is_at_rest=None)
        for action in self.plan.late:
            scheduler.call_at(
                scheduler.now_ms + action.at_ms,
                lambda action=action: self.clients.start(action),  # type: ignore[misc]
            )
        self._run_until(scheduler.now_ms + max((action.at_ms for action in self.plan.late), default=0) + 1, None)
        self._run_until_at_rest(LONGEST_DRAIN_MS)

    def _redrive(self) -> None:
        self.dead_letter_operations.redrive_all(None)

    def _refused_recordings(self) -> list[Memory]:
        """Memories whose own recording is at fault: they have no dead letter."""
        memories = [row.memory for row in self.store.rows.values()]
        return [each for each in memories if each.status is Status.FAILED and each.failure_reason in RECORDING_FAULTS]

    def _retry_refused(self) -> None:
        for memory in self._refused_recordings():
            self.retry_memory.process(memory.tenant, memory.id)

    def _run_until_at_rest(self, within_ms: int) -> None:
        if self.invariants.violation is not None:
            return
        if not self._run_until(self.scheduler.now_ms + within_ms, is_at_rest=self._is_at_rest):
            self.invariants.violate(DRAINS, self._unfinished())

    def _run_until(self, end_ms: int, is_at_rest: Callable[[], bool] | None) -> bool:
        """Run until that time, or until the world is at rest. Returns whether it is at rest."""
        scheduler, relay, invariants = self.scheduler, self.relay, self.invariants
        while invariants.violation is None:
            if scheduler.steps >= MOST_STEPS or scheduler.own_steps >= MOST_STEPS:
                self._end_at_most_steps()
                break
            next_due_ms = scheduler.next_due_ms()
            if is_at_rest is not None and is_at_rest():
                return True
            if next_due_ms > relay.tick * 60_000 and relay.start_before(min(next_due_ms, end_ms)):
                continue
            if next_due_ms > end_ms:
                scheduler.now_ms = end_ms
                break
            scheduler.horizon_ms = min(end_ms, relay.tick * 60_000)
            scheduler.run_next()
        return False

    def _end_at_most_steps(self) -> None:
        """Every world ends, also that of a product which never does."""
        scheduler = self.scheduler
        what = f"{scheduler.own_steps} events" if scheduler.own_steps >= MOST_STEPS else f"{scheduler.steps} steps"
        running = ", ".join(actor.name for actor in scheduler.actors if not actor.ended) or "nobody"
        self.invariants.violate(DRAINS, f"after {what} the world still goes on; running: {running}")

    def _is_at_rest(self) -> bool:
        if self.scheduler.active or self.jobs.held or self.store.outbox or self.sqs.moving:
            return False
        # A queued memory whose message was dead-lettered before a worker could claim it waits for the relay.
        return all(
            row.memory.status not in _UNFINISHED and row.memory.analysis_due_at is None
            for row in self.store.rows.values()
        )

    def _unfinished(self) -> str:
        unfinished = [
            f"{self.invariants.label(row.memory.id)} is {row.memory.status}"
            for row in self.store.rows.values()
            if row.memory.status in _UNFINISHED or row.memory.analysis_due_at is not None
        ]
        left = f"{len(self.jobs.held)} messages, {len(self.store.outbox)} outbox rows"
        hours = (self.scheduler.now_ms - self.plan.faults_end_ms) / HOUR_MS
        return f"after {hours:.1f} h without faults: {left}; " + ", ".join(unfinished)

    def has_unknown_audio(self) -> bool:
        """Whether there is audio that belongs to no memory, or a memory that was never submitted."""
        if any(row.memory.status is Status.UPLOADING for row in self.store.rows.values()):
            return True
        known = {row.memory.audio_key for row in self.store.rows.values()}
        return any(key not in known for key in self.audio.objects)

    def _outcome(self) -> Outcome:
        digest = self.scheduler.digest
        for row in self.store.rows.values():
            digest = (digest * 31 + _STATUSES[row.memory.status] * 7 + row.memory.attempts) & _HASH
        return Outcome(
            violation=self.invariants.violation,
            reached=self.coverage.reached,
            steps=self.scheduler.steps,
            virtual_ms=self.scheduler.now_ms,
            digest=(digest * 31 + self.coverage.reached) & _HASH,
            statuses=self._statuses(),
            statuses_at_rest=self._statuses_at_rest,
        )

    def _statuses(self) -> Statuses:
        statuses: Statuses = {}
        for memory_id, row in self.store.rows.items():
            reason = row.memory.failure_reason
            statuses[self.ledger.label(memory_id)] = (
                row.memory.status.value,
                reason.value if reason is not None else None,
            )
        return statuses

    def use_case_raised(self, actor: Actor, error: Exception) -> None:
        """A use case raised an error that it does not declare: no violation if the world injected it."""
        if not isinstance(error, UnexpectedError):
            self.invariants.violate(NO_UNDECLARED_ERROR, f"{actor.name} ended with {error!r}")
        elif actor.kind == "worker":
            self.coverage.reach(CoveragePoint.WORKER_CRASHED)

    def adapter_raised(self, method: str, error: Exception) -> None:
        """An adapter raised an error that its port does not declare. Scenarios do not see it if it is caught."""
        if not self.invariants.as_a_scenario_sees:
            self.invariants.violate(NO_UNDECLARED_ERROR, f"{method} raised {error!r}")

    # the events, for a listener

    def log_event(self, what: str, who: str | None = None) -> None:
        if self._on_event is not None:
            actor = self.scheduler.running
            self._on_event(self.scheduler.now_ms, who or (actor.name if actor is not None else "the world"), what)

    def label_of(self, body: str) -> str:
        memory_id = self.invariants.memory_named_in(body)
        return self.ledger.label(memory_id) if memory_id else "poison"

    def log_dead_letter(self, message: QueuedMessage) -> None:
        """A message was dead-lettered."""
        self.log_event(f"the message of {self.label_of(message.body)} is dead-lettered", "SQS")
        memory_id = self.invariants.memory_named_in(message.body)
        row = self.store.rows.get(memory_id)
        self.coverage.reach(CoveragePoint.DEAD_LETTERED if memory_id else CoveragePoint.POISON_DEAD_LETTERED)
        if row is not None and row.memory.status is Status.PROCESSING:
            self.coverage.reach(CoveragePoint.DEAD_LETTER_WITHOUT_FAILURE)

    def log_receive(self, message: QueuedMessage, delivery: Delivery, kind: FaultKind | None) -> None:
        if self._on_event is not None:
            how = f", {kind}" if kind is not None else ""
            what = (
                f"the message of {self.label_of(message.body)} is received for the {_nth(delivery.receive_count)} time"
            )
            self.log_event(what + how, "SQS")

    def message_moved(self, message_id: str, old_message_id: str, body: str) -> None:
        """The move task has sent a dead letter's body to the jobs queue."""
        self.message_names.moved(message_id, old_message_id)
        self._message_redriven(message_id, body)
        if self._on_event is not None:
            self.log_event(f"the dead letter of {self.label_of(body)} is moved back", "SQS")

    def _message_redriven(self, message_id: str, body: str) -> None:
        memory_id = self.invariants.memory_named_in(body)
        if memory_id in self.ledger.redriven.values():
            self.coverage.reach(CoveragePoint.REDRIVEN_TWICE)
        self.ledger.redriven[message_id] = memory_id
        self.event_source_mapping.poll_soon()

    # the parts

    def _make_parts(self) -> None:
        scheduler, limits = self.scheduler, policies().limits
        clock = ServiceClock(scheduler)
        self.store = InMemoryMemoryStore()
        self.audio = S3Bucket(clock)
        self.dead_queue = InMemoryQueue(clock, limits.visibility_timeout_seconds, name="dead")
        self.jobs = InMemoryQueue(
            clock,
            limits.visibility_timeout_seconds,
            dead_letters=self.dead_queue,
            max_receive_count=limits.max_receive_count,
        )
        self.invariants = Invariants(scheduler, self.ledger, self.store, self.audio, self.jobs, self.dead_queue)
        self.message_names = MessageNames(self.ledger)
        self.invariants.outages = self.plan.outages
        self.coverage = CoverageRecorder(scheduler, self.ledger)
        self.port_calls = PortCalls(scheduler, self.decider, self.plan.outages)
        self.audio.on_write = self.invariants.after_audio_written
        self.time_limits = TimeLimits(scheduler, self.store, self.port_calls, self.invariants)
        observers = Observers(self.ledger, self.invariants, self.coverage, self.time_limits)
        self.port_calls.observers = {
            **observers.observers(),
            "sqs.send_message": self._after_send,
            "sqs.change_message_visibility": self._after_postpone,
            "s3.list_objects_v2": self._after_listing,
        }
        self.port_calls.before_openai_call = observers.before_openai_call
        self.port_calls.on_fault = self.coverage.on_fault
        self.conservation = ConservationCheck(
            scheduler,
            self.ledger,
            self.store,
            self.audio,
            self.jobs,
            self.dead_queue,
            self.invariants.memory_named_in,
            self.invariants.violate_observably,
        )
        self.port_calls.after_effect = self.conservation.after_call
        scheduler.after_own_step = self.conservation.after_own_step
        if self._on_event is not None:
            self.port_calls.on_call = self._log_call

    def _make_product(self) -> None:
        """As `rawk.composition` does, with other adapters."""
        numbers, port_calls = policies(), self.port_calls
        clock, randomness = ProcessClock(self.scheduler), DeterministicRandomness(self.scheduler)
        memories: Any = port_calls.port("memories", self.store)
        self.sqs = SqsService(self)
        s3_client = port_calls.client("s3", self.audio, S3Client)
        sqs_client = port_calls.client("sqs", self.sqs)
        audio = self._declaring(S3AudioStore(s3_client, BUCKET, part_bytes=PART_BYTES))
        queue = self._declaring(SqsJobQueue(sqs_client, JOBS_URL))
        dead_letters = self._declaring(SqsDeadLetters(sqs_client, DEAD_URL, JOBS_URL))
        openai: Any = port_calls.port("openai", SimulatedOpenAI())
        self.memories = memories
        self.intake = Intake(memories, audio, queue, clock, randomness, numbers.outbox_grace)
        self.direct_uploads = DirectUploads(memories, audio, queue, clock, randomness, numbers.outbox_grace)
        self.retry_memory = RetryMemory(memories, queue, clock, numbers.outbox_grace)
        self.delete_memory = DeleteMemory(memories, audio, clock)
        services = ProcessingServices(memories, audio, openai, openai, clock, randomness, numbers.processing)
        self.worker = Worker(_ObservedProcessing(Processing(services), self), queue, clock)  # type: ignore[arg-type]
        self.dead_letter_operations = DeadLetterOperations(dead_letters, memories, clock)
        recovery_policy = replace(numbers.recovery, batch=self.plan.page)
        self.recovery = Recovery(memories, audio, queue, self.dead_letter_operations, clock, recovery_policy)

    def _declaring(self, adapter: object) -> Any:
        return declaring(adapter, self.adapter_raised)

    def _after_listing(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del args, answer
        if actor.kind == "relay" and error is None:
            self.relay.swept_at = self.scheduler.true_now()

    def _after_send(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del error
        body = args[0]["MessageBody"]
        memory_id = self.invariants.memory_named_in(body)
        self.message_names.sent(answer["MessageId"], memory_id, actor)
        if actor.kind == "operator":
            self._message_redriven(answer["MessageId"], body)
            return
        if actor.kind == "relay":
            memory = self.ledger.last_seen.get(memory_id)
            if memory is not None and memory.analysis_attempts == 0:
                is_dead = any(
                    self.invariants.memory_named_in(each.body) == memory_id for each in self.dead_queue.held.values()
                )
                self.coverage.reach(CoveragePoint.RELAY_REDROVE if is_dead else CoveragePoint.RELAY_SENT)
        named = self.invariants.memory_named_in
        if len([message for message in self.jobs.held.values() if named(message.body) == memory_id]) > 1:
            self.coverage.reach(CoveragePoint.SENT_TWICE)
        if actor is not self.scheduler.running:
            self.coverage.reach(CoveragePoint.SEND_ARRIVED_LATE)
        self.event_source_mapping.poll_soon()

    def _after_postpone(self, actor: Actor, args: tuple[Any, ...], answer: Any, error: BaseException | None) -> None:
        del actor, args, answer, error
        self.event_source_mapping.poll_soon()

    def _log_call(self, actor: Actor, site: CallSite, args: tuple[Any, ...], answer: Any, remark: str) -> None:
        self.log_event(describe_call(self, site, args, answer, remark), actor.name)


_UNFINISHED = frozenset({Status.QUEUED, Status.PROCESSING})


def _nothing(*_: object) -> None: ...


class _ObservedProcessing:
    """`Processing`; the world also gets the errors that the batch processor does not raise."""

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
            self._world.use_case_raised(actor, error)
            raise


def _nth(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
