"""`sim`, the one argument of every scenario: people, queue, operator, faults, and the two ways to let time pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from sim import invariants
from sim.clock.clocks import SimulationClock, never
from sim.clock.durations import hours, spoken
from sim.engines.base.running_pipeline import RunningPipeline
from sim.faults import ActiveFault, Fault
from sim.journal.journal import Journal
from sim.scenario.clients import ApiClients, Tenant
from sim.scenario.openai_usage import OpenAIUsage
from sim.scenario.operator import Operator
from sim.scenario.queue import JobsQueue
from sim.scenario.roles import Role

REST_WITHIN = hours(12)
"""In the world's time: longer than the longest visibility timeout that a job may be given."""


class WaitTimeout(AssertionError):
    """What a scenario waited for did not come; the text says what the world looked like instead."""


class FaultNotTriggered(Exception):
    """A fault was on and nothing ran into it: the scenario has shown nothing. Its verdict is *unknown*, never green."""


class InjectedFault:
    """A fault while its block lasts."""

    def __init__(self, active: ActiveFault) -> None:
        self._active = active

    def was_triggered(self) -> bool:
        """Something ran into it."""
        return self._active.times_triggered > 0


class Simulation:
    """One scenario's view of its pipeline."""

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
        )
        self._untriggered: list[str] = []

    def close(self) -> None:
        self.api.close()

    def role(self, name: str) -> Role:
        """One of the pipeline's roles (`api`, `worker`, `relay`), to try what it may not do."""
        return Role(name, self.pipeline, self.journal)

    @contextmanager
    def fault(self, fault: Fault[RunningPipeline], *, allow_untriggered: bool = False) -> Iterator["InjectedFault"]:
        """Break something for as long as the block lasts.

        If nothing ran into it, the scenario's verdict is unknown, unless the fault is one of many that
        `allow_untriggered`.
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
            if not times_triggered and not allow_untriggered:
                self._untriggered.append(description)

    def run_until(self, condition: Callable[[], bool], within: timedelta) -> None:
        """Let time pass until the condition holds. Raises WaitTimeout, with what the world looks like, if it does
        not."""
        name = getattr(condition, "__name__", "the condition")
        within = min(within, self.clock.patience)
        if not self.clock.wait_until(condition, within):
            raise WaitTimeout(f"waited {spoken(within)} for {name}, in vain\n{self._state()}")
        self.journal.write("condition_met", condition=name)

    def run_for(self, duration: timedelta) -> None:
        """Let so much time pass, whatever happens."""
        self.clock.wait_until(never, duration)

    @property
    def outage_tolerance_seconds(self) -> int:
        """How long an outage this configuration survives without a redrive."""
        return self.pipeline.pipeline.outage_tolerance_seconds

    def stored_audio(self) -> set[str]:
        """Keys of everything in the audio bucket."""
        return self.pipeline.audio.keys()

    def everything_is_done(self) -> bool:
        """No memory is on its way any more, and nothing waits in the queue."""
        statuses = {memory["status"] for memory in self.pipeline.ledger.memories().values()}
        return statuses <= {"complete", "transcript_only", "failed"} and self.queue.is_empty()

    def everything_is_complete(self) -> bool:
        """Every memory there is has its transcript and its analysis."""
        return {memory["status"] for memory in self.pipeline.ledger.memories().values()} == {"complete"}

    def verify(self) -> None:
        """The invariants, once everything has come to rest. Raises InvariantViolated, WaitTimeout or
        FaultNotTriggered."""
        self.run_until(self._at_rest, within=REST_WITHIN)
        for check in invariants.standing:
            if check is not invariants.at_rest:  # it has just held
                check(self)
        if self._untriggered:
            raise FaultNotTriggered("nothing ran into: " + "; ".join(self._untriggered))

    def _at_rest(self) -> bool:
        try:
            invariants.at_rest(self)
        except invariants.InvariantViolated:
            return False
        return True

    def _state(self) -> str:
        """What a person would look at first."""
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
