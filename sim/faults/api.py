"""Failures of the API process: it is killed or stopped at a chosen step of an upload.

S3, SQS or Postgres holds the API at that step until the fault has acted. At the end of the block a new API process is
started, as a supervisor would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from sim.app import APP, ApiStep
from sim.engines.base.api_server import ApiServer
from sim.faults.aws import ActiveHold, AwsWorld, the_bucket, the_jobs_queue
from sim.faults.database import ActiveTrap, DatabaseWorld, Ending
from sim.postgres.commit_proxy import Moment, Trap

Step = ApiStep


class ApiWorld(AwsWorld, DatabaseWorld, Protocol):
    """What these faults need: the API's dependencies, and ways to kill, stop and start the API."""

    @property
    def api(self) -> ApiServer: ...


def killed() -> "ApiKilled":
    """SIGKILL to the API at once. Another API is started at the end of the block."""
    return ApiKilled()


def killed_before(step: Step) -> "ApiEnded":
    """SIGKILL to the API right before the step takes effect, at its first occurrence."""
    return ApiEnded(step, "before", "killed")


def killed_after(step: Step) -> "ApiEnded":
    """SIGKILL to the API right after the step took effect and before the API receives the response."""
    return ApiEnded(step, "after", "killed")


def redeployed_before(step: Step) -> "ApiEnded":
    """SIGTERM to the API right before the step takes effect, as in a deployment. Requests in progress continue."""
    return ApiEnded(step, "before", "stopped")


@dataclass(frozen=True)
class ApiEnded:
    """The API process ends before or after a step, and another one starts at the end of the block."""

    step: Step
    moment: Moment
    how: Literal["killed", "stopped"]
    family: str = "api"

    def __post_init__(self) -> None:
        if self.step not in APP.api_steps:
            raise ValueError(f"the API has no step {self.step!r}; its steps are {', '.join(APP.api_steps)}")

    def describe(self) -> str:
        return f"the API is {self.how} right {self.moment} {APP.api_steps[self.step].words}"

    def start(self, world: ApiWorld) -> "ActiveApiEnded":
        end = world.api.kill if self.how == "killed" else world.api.ask_to_stop
        return ActiveApiEnded(self._hold(world, end), world)

    def _hold(self, world: ApiWorld, act: Callable[[], int]) -> ActiveHold | ActiveTrap:
        then: Ending = "reset" if self.how == "killed" else "go_on"
        step = APP.api_steps[self.step]
        if step.commit is not None:
            return ActiveTrap(world.database, Trap(step.commit, self.moment, then, act))
        about = the_bucket if step.resource == "bucket" else the_jobs_queue
        effect = "hold" if self.moment == "before" else "hold_answer"
        rule = {**step.call, "resource": about(world.pipeline), "callers": ["client"], "nth": 1}
        return ActiveHold(world, {**rule, "effect": effect, "then": then}, act)


@dataclass(frozen=True)
class ApiKilled:
    """The API process ends at once, whatever it does."""

    family: str = "api"

    def describe(self) -> str:
        return "the API is killed"

    def start(self, world: ApiWorld) -> "ActiveApiKilled":
        return ActiveApiKilled(world.api.kill(), world)


@dataclass
class ActiveApiKilled:
    """`stop` starts another API."""

    times_triggered: int
    _world: ApiWorld
    _stopped: bool = False

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self._world.api.start()


class ActiveApiEnded:
    """Ends the API once. `stop` starts another API if it did."""

    def __init__(self, held: ActiveHold | ActiveTrap, world: ApiWorld) -> None:
        self._held = held
        self._world = world
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._held.times_triggered

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._held.stop()
        if self._held.times_triggered:
            self._world.api.start()
