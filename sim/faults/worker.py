"""Failures of the worker: it is killed, frozen, throttled or replaced, at a chosen step.

A step is recognised by the worker's call to OpenAI, S3, SQS or Postgres. That service holds the worker at the step
until the fault has acted, so a fault is never early or late, and the product contains no code for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sim.app import APP, WorkerStep
from sim.clock.clocks import SimulationClock
from sim.engines.base.throttling import Throttling
from sim.engines.base.worker_control import WorkerControl
from sim.faults.aws import FUNCTIONS, ActiveAwsFault, ActiveHold, AwsWorld, the_bucket, the_jobs_queue
from sim.faults.database import ActiveTrap, DatabaseWorld, Done
from sim.faults.openai import Endpoint, OpenAIFault, OpenAIWorld, hanging, slow
from sim.postgres.commit_proxy import Moment, Trap

OpenAIStep = Literal["transcription", "analysis"]
Step = WorkerStep

ENDPOINTS: dict[OpenAIStep, Endpoint] = {"transcription": "transcription", "analysis": "chat"}
LONGEST_ANSWER_SECONDS = 86_400.0
"""Longer than any Lambda timeout."""
ANSWER_SECONDS = 20.0
"""How long OpenAI takes while a new version is deployed: shorter than the product's timeout."""


class WorkerWorld(OpenAIWorld, AwsWorld, DatabaseWorld, Protocol):
    """What these faults need: the worker's dependencies, and ways to kill, freeze and replace it."""

    @property
    def clock(self) -> SimulationClock: ...

    @property
    def worker(self) -> WorkerControl: ...


class ThrottledWorld(Protocol):
    """What `throttled` needs: AWS's reserved concurrency."""

    @property
    def worker(self) -> WorkerControl: ...


def killed() -> "Killed":
    """SIGKILL to every worker that runs, at once. Triggered by each."""
    return Killed()


def killed_during(step: OpenAIStep) -> "AtOpenAI":
    """SIGKILL while the worker waits for OpenAI's first response at that step."""
    return AtOpenAI(step, f"the worker is killed during its {step}", "kill")


def killed_before(step: Step) -> "KilledAtStep":
    """SIGKILL right before the step takes effect, at its first occurrence."""
    return KilledAtStep(step, "before")


def killed_after(step: Step) -> "KilledAtStep":
    """SIGKILL right after the step took effect and before the worker receives the response."""
    return KilledAtStep(step, "after")


def out_of_memory(step: OpenAIStep = "transcription") -> "AtOpenAI":
    """The kernel kills the worker for lack of memory: SIGKILL, which is all that Lambda sees of it too."""
    return AtOpenAI(step, f"the worker runs out of memory during its {step}", "kill")


def timed_out() -> "TimedOut":
    """The first worker that fetches its audio is frozen (SIGSTOP), so Lambda kills it at its timeout."""
    return TimedOut()


def throttled() -> "Throttled":
    """Reserved concurrency 0: Lambda throttles every invocation, as when an operator stops the worker."""
    return Throttled()


def deployed_during(step: OpenAIStep) -> "AtOpenAI":
    """A new version is deployed while a worker is at that step. Running invocations end on the old version."""
    return AtOpenAI(step, f"a new version of the worker is deployed during the {step}", "deploy")


@dataclass(frozen=True)
class Killed:
    """Every worker process ends at once, whatever it does."""

    family: str = "worker"

    def describe(self) -> str:
        return "every worker is killed"

    def start(self, world: WorkerWorld) -> Done:
        return Done(world.worker.kill())


@dataclass(frozen=True)
class AtOpenAI:
    """An action that happens once, while a worker waits for OpenAI."""

    step: OpenAIStep
    description: str
    what: Literal["kill", "deploy"]
    family: str = "worker"

    def __post_init__(self) -> None:
        if self.step not in ENDPOINTS:
            raise ValueError(f"a worker calls OpenAI for {' and '.join(ENDPOINTS)}, not for {self.step!r}")

    def describe(self) -> str:
        return self.description

    def start(self, world: WorkerWorld) -> "ActiveAtOpenAI":
        endpoint = ENDPOINTS[self.step]
        if self.what == "deploy":
            return ActiveAtOpenAI(world, slow(ANSWER_SECONDS, endpoint).only_call(1), _deploy(world))
        return ActiveAtOpenAI(world, hanging(endpoint).only_call(1), world.worker.kill)


def _deploy(world: WorkerWorld) -> Callable[[], int]:
    def deploy() -> int:
        running = len(world.worker.processes())
        world.worker.deploy()
        return running

    return deploy


class ActiveAtOpenAI:
    """Acts once, when virtual time is about to jump while a worker waits at that step."""

    def __init__(self, world: WorkerWorld, waiting: OpenAIFault, act: Callable[[], int]) -> None:
        self._act = act
        self._holding = waiting.start(world)
        self._acted_on = 0
        self._cancel = world.clock.before_jump(self._act_when_triggered)
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._acted_on

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._cancel()
            self._holding.stop()

    def _act_when_triggered(self) -> bool:
        if self._acted_on or not self._holding.times_triggered:
            return False
        self._acted_on = self._act()
        return self._acted_on > 0


@dataclass(frozen=True)
class KilledAtStep:
    """SIGKILL before or after a step."""

    step: Step
    moment: Moment
    family: str = "worker"

    def __post_init__(self) -> None:
        if self.step not in APP.worker_steps:
            raise ValueError(f"a worker has no step {self.step!r}; its steps are {', '.join(APP.worker_steps)}")

    def describe(self) -> str:
        return f"the worker is killed right {self.moment} {APP.worker_steps[self.step].words}"

    def start(self, world: WorkerWorld) -> "ActiveTrap | ActiveHold":
        step = APP.worker_steps[self.step]
        if step.commit is not None:
            return ActiveTrap(world.database, Trap(step.commit, self.moment, "reset", world.worker.kill))
        about = the_bucket if step.resource == "bucket" else the_jobs_queue
        effect = "hold" if self.moment == "before" else "hold_answer"
        rule = {**step.call, "resource": about(world.pipeline), "callers": [*FUNCTIONS], "nth": 1}
        return ActiveHold(world, {**rule, "effect": effect, "then": "reset"}, world.worker.kill)


@dataclass(frozen=True)
class TimedOut:
    family: str = "worker"

    def describe(self) -> str:
        return "the worker is frozen until Lambda's timeout"

    def start(self, world: WorkerWorld) -> "ActiveTimedOut":
        return ActiveTimedOut(world)


class ActiveTimedOut:
    """Freezes every worker process while one waits for S3. Ends the wait when Lambda has killed them."""

    def __init__(self, world: WorkerWorld) -> None:
        self._world = world
        self._frozen: set[int] = set()
        endless = {"effect": "slow", "latency_ms": LONGEST_ANSWER_SECONDS * 1000, "nth": 1, "callers": [*FUNCTIONS]}
        rule = {**APP.worker_steps["fetch"].call, "resource": the_bucket(world.pipeline), **endless}
        self._waiting = ActiveAwsFault(world.chaos, world.chaos.add(rule))
        self._cancel = world.clock.before_jump(self._freeze_or_release)
        self._killed = 0
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._killed

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._cancel()
            self._waiting.stop()
            if self._frozen and not self._killed:
                self._world.worker.kill()  # nothing else would end it

    def _freeze_or_release(self) -> bool:
        """Freeze when a worker waits. After Lambda's timeout, release the call of the killed process."""
        if self._killed or not self._waiting.times_triggered:
            return False
        if not self._frozen:
            self._frozen = set(self._world.worker.processes())
            return self._world.worker.freeze() > 0
        self._killed = len(self._frozen - set(self._world.worker.processes()))
        if self._killed:
            self._waiting.stop()
        return self._killed > 0


@dataclass(frozen=True)
class Throttled:
    family: str = "worker"

    def describe(self) -> str:
        return "Lambda throttles every invocation of the worker"

    def start(self, world: ThrottledWorld) -> Throttling:
        return world.worker.throttle()
