"""What one world gives to the product beside the in-memory adapters: clocks, randomness, OpenAI."""

from hashlib import blake2b
from zlib import crc32

from rawk.adapters.openai.in_memory import transcript_of
from rawk.domain.memory import Analysis
from rawk.ports import AICall, Transcription
from sim.explorer.runtime.scheduler import Scheduler

BILLED_SECONDS = 5.0


class DeterministicRandomness:
    """`ports.Randomness` without randomness: ids and numbers depend on the actor's name and its earlier draws alone.

    So an actor draws the same in a plan without some of the other actors.
    """

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def random(self) -> float:
        return (crc32(self._draw()) >> 8) / (1 << 24)

    def new_id(self) -> str:
        drawn = blake2b(self._draw(), digest_size=10).hexdigest()
        return f"{drawn[:8]}-0000-4000-8000-{drawn[8:]}"

    def _draw(self) -> bytes:
        actor = self._scheduler.running
        assert actor is not None
        actor.draws += 1
        return f"{actor.name}/{actor.draws}".encode()


class ProcessClock:
    """`ports.Clock` of the product: each process has its own, with its own skew."""

    __slots__ = ("_scheduler", "now")

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.now = scheduler.now

    def sleep(self, seconds: float) -> None:
        self._scheduler.wait(int(seconds * 1000) + 1)


class ServiceClock:
    """The clock of SQS and S3: the true time."""

    __slots__ = ("now",)

    def __init__(self, scheduler: Scheduler) -> None:
        self.now = scheduler.true_now

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a service does not sleep, not even for {seconds} s")


class SimulatedOpenAI:
    """Answers without faults; `PortCalls` injects them."""

    __slots__ = ()

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:  # noqa: ARG002
        return Transcription(transcript_of(audio), BILLED_SECONDS)

    def analyse(self, transcript: str, call: AICall) -> Analysis:  # noqa: ARG002
        return Analysis(transcript[:40], transcript, ("voice",), (), "neutral")
