"""What can happen to a worker process."""

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

from sim.faults.openai import Endpoint, OpenAIFault, OpenAIWorld, hanging

Step = Literal["transcription", "analysis"]
POLL_SECONDS = 0.05

ENDPOINTS: dict[Step, Endpoint] = {"transcription": "transcription", "analysis": "chat"}


class WorkerWorld(OpenAIWorld, Protocol):
    """What these faults need of a world: its OpenAI, which knows what step a worker is at, and a way to kill."""

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
    """Watches for the step, kills once."""

    def __init__(self, world: WorkerWorld, waiting: OpenAIFault) -> None:
        self._world = world
        self._holding = waiting.start(world)
        self._killed = 0
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._kill_when_met, name="worker-killer", daemon=True)
        self._watch.start()

    @property
    def times_met(self) -> int:
        return self._killed

    def stop(self) -> None:
        self._stopping.set()
        self._watch.join(10)
        self._holding.stop()

    def _kill_when_met(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            if self._holding.times_met:
                self._killed = self._world.kill_worker()
                return


def killed_during(step: Step) -> WorkerKilled:
    """SIGKILL, while the worker waits for OpenAI's first answer at that step."""
    return WorkerKilled(step)
