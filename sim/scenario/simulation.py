"""`sim`, the argument of every scenario: clients, queue, operator, OpenAI, faults, and the two ways to wait."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from sim import invariants
from sim.app import APP
from sim.app.protocol import NextRelease
from sim.clock.clocks import SimulationClock, never
from sim.clock.durations import hours, spoken
from sim.engines.base.running_pipeline import RunningPipeline
from sim.faults import ActiveFault, Fault
from sim.invariants.checking import Check, Known
from sim.invariants.violation import Numbers
from sim.journal.journal import Journal
from sim.platform.environment import temporary_folder
from sim.provisioning.pipeline import Limits
from sim.scenario.clients import ApiClients, Tenant
from sim.scenario.event_record import EventRecord
from sim.scenario.openai_usage import OpenAIUsage
from sim.scenario.operator import Operator
from sim.scenario.queue import JobsQueue
from sim.scenario.releases import Release
from sim.scenario.roles import Role

REST_WITHIN = hours(12)
"""In virtual time: longer than the longest visibility timeout that a job may have."""


class WaitTimeout(AssertionError):
    """The condition of a wait did not become true in time. The text describes the state of the pipeline."""


class FaultNotTriggered(Exception):
    """A fault was active and nothing triggered it, so the scenario proves nothing. Its verdict is *inconclusive*."""


class InjectedFault:
    """A fault while it is active: what `with sim.fault(…) as fault` binds."""

    def __init__(self, active: ActiveFault) -> None:
        self._active = active

    def was_triggered(self) -> bool:
        """Something triggered the fault at least once."""
        return self._active.times_triggered > 0

    @property
    def times_triggered(self) -> int:
        """How often something triggered the fault, until now or until its end."""
        return self._active.times_triggered


class Simulation:
    """One scenario's pipeline, and everything that the scenario does to it: the argument `sim`."""

    api: ApiClients
    """The clients of the API."""
    queue: JobsQueue
    """The jobs queue and its dead-letter queue."""
    operator: Operator
    """An operator with the `rawk` command and the dead-letter alarm."""
    openai: OpenAIUsage
    """The calls that OpenAI received."""
    limits: Limits
    """The pipeline's timeouts and counts, as Terraform configures them."""
    seed: int
    """The seed of this scenario, derived from the seed of the run."""

    def __init__(self, pipeline: RunningPipeline, clock: SimulationClock, journal: Journal, seed: int) -> None:
        self.pipeline = pipeline
        self.limits = pipeline.limits
        self.seed = seed
        self.journal = journal
        self.clock = clock
        tenants = [Tenant(name, key) for name, key in pipeline.credentials.tenant_keys.items()]
        self.api = ApiClients(lambda: pipeline.api.url, tenants, seed, journal, pipeline.ledger.visible_state)
        self.openai = OpenAIUsage(pipeline.openai)
        self.queue = JobsQueue(pipeline.queues, journal)
        self.operator = Operator(
            pipeline.commands,
            lambda: pipeline.operator_environment,
            pipeline.log_folder,
            journal,
            pipeline.alarms.dead_letter_alarm_rings,
            pipeline.pipeline.name,
            self.api.tenant_was_erased,
        )
        self.record = EventRecord(pipeline, journal)
        self._folders = ExitStack()
        self._untriggered: list[str] = []
        self._rest: Numbers = {}
        """What the invariant `at_rest` looked at last."""
        self.triggered_families: set[str] = set()
        """Families of the faults that something triggered, such as `storage`."""

    def close(self) -> None:
        """Close the clients' connections. The plugin calls it."""
        self._folders.close()
        self.api.close()

    def role(self, name: str) -> Role:
        """One of the pipeline's IAM roles (`api`, `worker`, `relay`), to try actions that it must not be allowed."""
        return Role(name, self.pipeline, self.journal)

    def this_release(self) -> Release:
        """The release that the pipeline was made with."""
        return Release(self.pipeline, self.operator, APP.processes.sources, lambda row: not self._next.wrote(row))

    def next_release(self) -> Release:
        """A release after this one: its schema is one migration ahead, and its code needs that schema."""
        return Release(self.pipeline, self.operator, self._next.sources, self._next.wrote)

    @cached_property
    def _next(self) -> NextRelease:
        folder = TemporaryDirectory(prefix="rawk-release-", dir=temporary_folder())
        return APP.next_release(Path(self._folders.enter_context(folder)))

    @contextmanager
    def fault(self, fault: Fault[RunningPipeline], *, allow_untriggered: bool = False) -> Iterator["InjectedFault"]:
        """Activate a fault while the block lasts.

        If nothing triggers the fault, the scenario is inconclusive. `allow_untriggered=True` is for a scenario whose
        faults are random, so that some may stay untriggered.
        """
        description = fault.describe()
        active = fault.start(self.pipeline)
        self.journal.write("fault_started", fault=description, family=fault.family)
        try:
            yield InjectedFault(active)
        finally:
            active.stop()
            times_triggered = active.times_triggered
            self.journal.write("fault_ended", fault=description, family=fault.family, times_triggered=times_triggered)
            if times_triggered:
                self.triggered_families.add(fault.family)
            if not times_triggered and not allow_untriggered:
                self._untriggered.append(description)

    def run_until(self, condition: Callable[[], bool], within: timedelta) -> None:
        """Let time pass until the condition is true.

        Raises WaitTimeout, with the state of the pipeline, if it stays false for the duration `within`.
        """
        name = getattr(condition, "__name__", "the condition")
        within = min(within, self.clock.patience)
        if not self.clock.wait_until(condition, within):
            raise WaitTimeout(f"{name} did not become true within {spoken(within)}\n{self._state()}")
        self.journal.write("condition_met", condition=name)

    def run_for(self, duration: timedelta) -> None:
        """Let the duration pass."""
        self.clock.wait_until(never, duration)

    @property
    def outage_tolerance_seconds(self) -> int:
        """The longest outage that this configuration survives without a dead letter."""
        return self.pipeline.pipeline.outage_tolerance_seconds

    def stored_audio(self) -> set[str]:
        """The keys of all objects in the audio bucket."""
        return self.pipeline.audio.keys()

    def remembers_no_deletion(self) -> bool:
        """The product no longer knows which memories were deleted: it has forgotten each by its time."""
        return not self.pipeline.ledger.rows()[APP.tombstone_table]

    def everything_is_done(self) -> bool:
        """No memory is queued or processing, and the jobs queue is empty."""
        statuses = {memory["status"] for memory in self.pipeline.ledger.memories().values()}
        return statuses <= {"complete", "transcript_only", "failed"} and self.queue.is_empty()

    def everything_is_complete(self) -> bool:
        """There are memories, and every one has its transcript and its analysis."""
        return {memory["status"] for memory in self.pipeline.ledger.memories().values()} == {"complete"}

    def verify(self) -> None:
        """Wait until the pipeline is at rest, then check the invariants. The plugin calls it after the scenario.

        Raises InvariantViolated, InvariantNotKnown, WaitTimeout or FaultNotTriggered.
        """
        self.run_until(self._at_rest, within=REST_WITHIN)
        self._check_invariants({invariants.at_rest: self._rest})  # the wait has just checked it
        if self._untriggered:
            raise FaultNotTriggered("never triggered: " + "; ".join(self._untriggered))

    def _check_invariants(self, known: Known) -> None:
        """Check all invariants but the known ones, and write into the journal what each has found.

        Raises InvariantViolated or InvariantNotKnown after all were checked.
        """
        check = Check()
        try:
            check.run(self, invariants.ALL, known)
        finally:
            self.journal.write("invariants_checked", results=[each.as_json() for each in check.results])
        if check.error is not None:
            raise check.error

    def _at_rest(self) -> bool:
        try:
            self._rest = invariants.at_rest(self)
        except invariants.InvariantViolated:
            return False
        return True

    def _state(self) -> str:
        """What an engineer looks at first: queues, memories, last calls, last log lines."""
        memories = self.pipeline.ledger.memories().values()
        lines = [f"  jobs queue     {self.pipeline.queues.jobs()}"]
        lines += [f"  dead letters   {self.pipeline.queues.dead_letters()}"]
        lines += [f"  outbox         {self.pipeline.ledger.outbox_count()} rows"]
        lines += [
            f"  memory {memory['id']}  {memory['status']}  attempts={memory['attempts']}  "
            f"calls={memory['openai_calls']}  {memory['failure_reason'] or ''}"
            for memory in list(memories)[:20]
        ]
        lines += [f"  openai         {call}" for call in self.pipeline.openai.journal()[-5:]]
        lines += [f"  worker log     {line}" for line in self.pipeline.logs()["worker"].splitlines()[-10:]]
        return "\n".join(lines)
