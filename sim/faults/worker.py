"""What can happen to a worker process, at the very step where it hurts.

A step is told by what the worker asks of the world: OpenAI, S3, SQS or Postgres keeps it waiting there while the fault
does its work, so nothing comes too early or too late, and the product knows nothing of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sim.app import APP, WorkerStep
from sim.clock.clocks import SimulationClock
from sim.engines.base.throttling import Throttling
from sim.engines.base.worker_control import WorkerControl
from sim.faults.aws import FUNCTIONS, ActiveAwsFault, ActiveHold, AwsWorld, the_bucket, the_jobs_queue
from sim.faults.database import ActiveTrap, DatabaseWorld
from sim.faults.openai import Endpoint, OpenAIFault, OpenAIWorld, hanging, slow
from sim.postgres.commit_proxy import Moment, Trap

Asking = Literal["transcription", "analysis"]
Step = WorkerStep

ENDPOINTS: dict[Asking, Endpoint] = {"transcription": "transcription", "analysis": "chat"}
LONGEST_ANSWER_SECONDS = 86_400.0
"""Longer than any function may run."""
ANSWER_SECONDS = 20.0
"""How long OpenAI takes while a new version is deployed: shorter than the product's patience."""


class WorkerWorld(OpenAIWorld, AwsWorld, DatabaseWorld, Protocol):
    """What these faults need of a world: what a worker talks to, and ways to hurt it."""

    @property
    def clock(self) -> SimulationClock: ...

    @property
    def worker(self) -> WorkerControl: ...


class ThrottledWorld(Protocol):
    """What holding workers back needs: no more than AWS itself offers."""

    @property
    def worker(self) -> WorkerControl: ...


def killed_during(step: Asking) -> "AtOpenAI":
    """SIGKILL, while the worker waits for OpenAI's first answer at that step."""
    return AtOpenAI(step, f"the worker is killed during its {step}", "kill")


def killed_before(step: Step) -> "KilledAtStep":
    """SIGKILL right before the first such step has its effect."""
    return KilledAtStep(step, "before")


def killed_after(step: Step) -> "KilledAtStep":
    """SIGKILL right after the first such step had its effect, before the worker knows."""
    return KilledAtStep(step, "after")


def out_of_memory(step: Asking = "transcription") -> "AtOpenAI":
    """The kernel kills it for want of memory: SIGKILL, which is all that Lambda sees of it too."""
    return AtOpenAI(step, f"the worker runs out of memory during its {step}", "kill")


def timed_out() -> "TimedOut":
    """The first worker to fetch its audio gets no processor time any more, so Lambda's deadline ends it."""
    return TimedOut()


def throttled() -> "Throttled":
    """Reserved concurrency 0: Lambda refuses every invocation, as an operator's emergency brake does."""
    return Throttled()


def deployed_during(step: Asking) -> "AtOpenAI":
    """A new version goes live while a worker is at that step; what runs then ends on the old one."""
    return AtOpenAI(step, f"a new version of the worker is deployed during a {step}", "deploy")


@dataclass(frozen=True)
class AtOpenAI:
    """Something that happens once, while a worker waits for OpenAI."""

    step: Asking
    words: str
    what: Literal["kill", "deploy"]
    family: str = "worker"

    def __post_init__(self) -> None:
        if self.step not in ENDPOINTS:
            raise ValueError(f"a worker asks OpenAI for {' and '.join(ENDPOINTS)}, not for {self.step!r}")

    def describe(self) -> str:
        return self.words

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
    """Acts once, when the world has come to rest with a worker waiting at that step."""

    def __init__(self, world: WorkerWorld, waiting: OpenAIFault, act: Callable[[], int]) -> None:
        self._act = act
        self._holding = waiting.start(world)
        self._acted_on = 0
        self._take_back = world.clock.before_jump(self._act_when_triggered)
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._acted_on

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._take_back()
            self._holding.stop()

    def _act_when_triggered(self) -> bool:
        if self._acted_on or not self._holding.times_triggered:
            return False
        self._acted_on = self._act()
        return self._acted_on > 0


@dataclass(frozen=True)
class KilledAtStep:
    """SIGKILL at one side of a step."""

    step: Step
    moment: Moment
    family: str = "worker"

    def __post_init__(self) -> None:
        if self.step not in APP.worker_steps:
            raise ValueError(f"a worker has no step {self.step!r}; it has {', '.join(APP.worker_steps)}")

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
        return "the worker stands still until its deadline"

    def start(self, world: WorkerWorld) -> "ActiveTimedOut":
        return ActiveTimedOut(world)


class ActiveTimedOut:
    """Freezes every worker process while one waits for S3; ends that wait once Lambda has killed them."""

    def __init__(self, world: WorkerWorld) -> None:
        self._world = world
        self._frozen: set[int] = set()
        endless = {"effect": "slow", "latency_ms": LONGEST_ANSWER_SECONDS * 1000, "nth": 1, "callers": [*FUNCTIONS]}
        rule = {**APP.worker_steps["fetch"].call, "resource": the_bucket(world.pipeline), **endless}
        self._waiting = ActiveAwsFault(world.chaos, world.chaos.add(rule))
        self._take_back = world.clock.before_jump(self._look)
        self._killed = 0
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._killed

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._take_back()
            self._waiting.stop()
            if self._frozen and not self._killed:
                self._world.worker.kill()  # nobody else would ever end it

    def _look(self) -> bool:
        """Freeze once somebody waits; after the deadline let go of what waits for a process that is no more."""
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
