"""What can happen to the API's own process in the middle of an upload, at the very step where it hurts.

S3, SQS or Postgres keeps the API waiting at that step while the fault does its work. When the block ends, an API is up
again, as a supervisor sees to it.
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
    """What these need of a world: what the API talks to, and ways to end and to start it."""

    @property
    def api(self) -> ApiServer: ...


def killed_before(step: Step) -> "ApiEnded":
    """SIGKILL right before the first such step has its effect."""
    return ApiEnded(step, "before", "killed")


def killed_after(step: Step) -> "ApiEnded":
    """SIGKILL right after the first such step had its effect, before the API knows."""
    return ApiEnded(step, "after", "killed")


def redeployed_before(step: Step) -> "ApiEnded":
    """SIGTERM right before the first such step has its effect; what is under way goes on."""
    return ApiEnded(step, "before", "asked to stop")


@dataclass(frozen=True)
class ApiEnded:
    """The API process ends at one side of a step, and another one starts at the end of the block."""

    step: Step
    moment: Moment
    how: Literal["killed", "asked to stop"]
    family: str = "api"

    def __post_init__(self) -> None:
        if self.step not in APP.api_steps:
            raise ValueError(f"an upload has no step {self.step!r}; it has {', '.join(APP.api_steps)}")

    def describe(self) -> str:
        return f"the API is {self.how} right {self.moment} {APP.api_steps[self.step].words}"

    def start(self, world: ApiWorld) -> "ActiveApiEnded":
        end = world.api.kill if self.how == "killed" else world.api.ask_to_stop
        return ActiveApiEnded(self._catch(world, end), world)

    def _catch(self, world: ApiWorld, act: Callable[[], int]) -> ActiveHold | ActiveTrap:
        then: Ending = "reset" if self.how == "killed" else "go_on"
        step = APP.api_steps[self.step]
        if step.commit is not None:
            return ActiveTrap(world.database, Trap(step.commit, self.moment, then, act))
        about = the_bucket if step.resource == "bucket" else the_jobs_queue
        effect = "hold" if self.moment == "before" else "hold_answer"
        rule = {**step.call, "resource": about(world.pipeline), "callers": ["client"], "nth": 1}
        return ActiveHold(world, {**rule, "effect": effect, "then": then}, act)


class ActiveApiEnded:
    """Ends the API once; starts another when it stops, if it did."""

    def __init__(self, caught: ActiveHold | ActiveTrap, world: ApiWorld) -> None:
        self._caught = caught
        self._world = world
        self._stopped = False

    @property
    def times_triggered(self) -> int:
        return self._caught.times_triggered

    def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        self._caught.stop()
        if self._caught.times_triggered:
            self._world.api.start()
