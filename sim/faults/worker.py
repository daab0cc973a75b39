"""What can happen to a worker process."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sim.clock import VirtualClock
from sim.faults.openai import Endpoint, OpenAIFault, OpenAIWorld, hanging

Step = Literal["transcription", "analysis"]

ENDPOINTS: dict[Step, Endpoint] = {"transcription": "transcription", "analysis": "chat"}


class WorkerWorld(OpenAIWorld, Protocol):
    """What these faults need of a world: its OpenAI, which knows what step a worker is at, and a way to kill."""

    @property
    def clock(self) -> VirtualClock: ...

    def kill_worker(self) -> int: ...


@dataclass(frozen=True)
class WorkerKilled:
    step: Step
    family = "worker"

    def describe(self) -> str:
        return f"the worker is killed during its {self.step}"

    def start(self, world: WorkerWorld) -> "ActiveWorkerKilled":
        # OpenAI keeps the worker waiting at that very step, so that the kill can not come too early or too late.
        return ActiveWorkerKilled(world, hanging(ENDPOINTS[self.step]).only_call(1))


class ActiveWorkerKilled:
    """Kills once, when the world has come to rest with a worker waiting at that step."""

    def __init__(self, world: WorkerWorld, waiting: OpenAIFault) -> None:
        self._world = world
        self._holding = waiting.start(world)
        self._killed = 0
        self._take_back = world.clock.before_jump(self._kill_when_met)

    @property
    def times_met(self) -> int:
        return self._killed

    def stop(self) -> None:
        self._take_back()
        self._holding.stop()

    def _kill_when_met(self) -> bool:
        if self._killed or not self._holding.times_met:
            return False
        self._killed = self._world.kill_worker()
        return self._killed > 0


def killed_during(step: Step) -> WorkerKilled:
    """SIGKILL, while the worker waits for OpenAI's first answer at that step."""
    return WorkerKilled(step)
