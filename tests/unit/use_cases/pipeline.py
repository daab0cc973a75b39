"""The whole pipeline behind intake, in memory: queue, worker, relay and operator, with faults in front of every port.

The numbers are those that Terraform deploys.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from rawk.adapters.openai.in_memory import InMemoryAnalyst, InMemoryTranscriber
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryDeadLetters, InMemoryJobQueue, InMemoryQueue
from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.memory import Analysis, Memory, NewMemory
from rawk.domain.messages import Job, encode
from rawk.ports import AICall, Delivery, Transcription
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.processing import (
    Acknowledged,
    JobOutcome,
    Processing,
    ProcessingPolicy,
    ProcessingServices,
    Returned,
)
from rawk.use_cases.recovery import Recovery, RecoveryPolicy
from tests.unit.api.world import Faults, Fragile, SeededRandomness, StandingClock

VISIBILITY_SECONDS = 1800
MAX_RECEIVES = 3
RETENTION_SECONDS = 345_600
LEASE_SECONDS = 330
FUNCTION_SECONDS = 300
OPENAI_TIMEOUT_SECONDS = 60
ANALYSIS_GAPS = [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1)]
GRACE = timedelta(seconds=60)
ORPHAN_AFTER = timedelta(hours=24)

QUEUE_LIMITS = QueueLimits(VISIBILITY_SECONDS, MAX_RECEIVES, RETENTION_SECONDS)
ANALYSIS_RETRY = AnalysisRetry(base_seconds=900, limit=3)


class Killed(BaseException):
    """The process was killed: no clean-up runs."""


class Clock(StandingClock):
    """Time passes only by `sleep`; all sleeps are recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        super().sleep(seconds)


@dataclass
class SlowTranscriber(InMemoryTranscriber):
    """Runs one `meanwhile` during each call; then it answers, or raises the next failure."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def transcribe(self, audio: bytes, file_name: str, call: AICall) -> Transcription:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return super().transcribe(audio, file_name, call)


@dataclass
class SlowAnalyst(InMemoryAnalyst):
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def analyse(self, transcript: str, call: AICall) -> Analysis:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return super().analyse(transcript, call)


class Pipeline:
    def __init__(self, seed: int = 1) -> None:
        self.clock = Clock()
        self.randomness = SeededRandomness(seed)
        self.faults = Faults()
        self.memories = InMemoryMemoryStore()
        self.audio = InMemoryAudioStore(self.clock)
        self.dead = InMemoryQueue(self.clock, 30, name="dead")
        self.jobs = InMemoryQueue(
            self.clock, VISIBILITY_SECONDS, dead_letters=self.dead, max_receive_count=MAX_RECEIVES
        )
        self.transcriber = SlowTranscriber()
        self.analyst = SlowAnalyst()
        self.queue = self._fragile(InMemoryJobQueue(self.jobs), "queue")
        services = ProcessingServices(
            memories=self._fragile(self.memories, "memories"),
            audio=self._fragile(self.audio, "audio"),
            transcriber=self._fragile(self.transcriber, "transcriber"),
            analyst=self._fragile(self.analyst, "analyst"),
            clock=self.clock,
            randomness=self.randomness,
            policy=ProcessingPolicy(QUEUE_LIMITS, LEASE_SECONDS, ANALYSIS_RETRY, OPENAI_TIMEOUT_SECONDS),
        )
        self.processing = Processing(services)
        letters = self._fragile(InMemoryDeadLetters(self.dead, self.jobs), "letters")
        self.operations = DeadLetterOperations(letters, services.memories, self.clock)
        self.recovery = Recovery(
            memories=services.memories,
            audio=services.audio,
            queue=self.queue,
            dead_letters=self.operations,
            clock=self.clock,
            policy=RecoveryPolicy(QUEUE_LIMITS, LEASE_SECONDS, ANALYSIS_RETRY, GRACE, ORPHAN_AFTER),
        )

    def _fragile(self, port, name):
        return Fragile(port, name, self.faults)

    # clients

    def record(self, content: bytes = b"RIFF....WAVE", *, send: bool = True, tenant: str = "acme") -> str:
        """A recording that intake has accepted; gives its memory's id. Unless it is sent, the outbox holds its job."""
        memory_id = self.randomness.new_id()
        key = f"audio/{tenant}/{memory_id}"
        self.audio.put(key, content, "audio/wav")
        new = NewMemory(
            memory_id,
            tenant,
            key,
            "audio/wav",
            len(content),
            "digest",
            "corr-1",
            audio_sha256=sha256(content).hexdigest(),
        )
        now = self.clock.now()
        outbox_id = self.memories.accept(new, now, now + GRACE).outbox_id
        assert outbox_id is not None
        if send:
            self.jobs.send(encode(Job(memory_id, "corr-1")))
            self.memories.mark_sent(outbox_id)
        return memory_id

    def memory(self, memory_id: str) -> Memory:
        memory = self.memories.find(memory_id)
        assert memory is not None
        return memory

    # the worker

    def receive(self) -> Delivery:
        """Receive the next message; time passes until it is visible."""
        due_at = self.jobs.next_visible_at()
        assert due_at is not None, "the queue is empty"
        self.clock.time = max(self.clock.time, due_at)
        [delivery] = self.jobs.receive()
        return delivery

    def work(self, *, seconds: float = FUNCTION_SECONDS) -> JobOutcome:
        """One invocation with one message: receive, handle, settle as Lambda and the worker do."""
        delivery = self.receive()
        outcome = self.processing.handle(delivery, self.deadline(seconds))
        self.settle(delivery, outcome)
        return outcome

    def deadline(self, seconds: float = FUNCTION_SECONDS) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def settle(self, delivery: Delivery, outcome: JobOutcome) -> None:
        match outcome:
            case Acknowledged():
                self.jobs.delete(delivery.receipt_handle)
            case Returned(int(after_seconds)):
                self.jobs.change_visibility(delivery.receipt_handle, after_seconds)

    def drain(self) -> list[JobOutcome]:
        """Process messages until the queue is empty and dead letters have moved."""
        outcomes = []
        while self.jobs.messages():
            due_at = self.jobs.next_visible_at()
            self.clock.time = max(self.clock.time, due_at)
            for delivery in self.jobs.receive():
                outcome = self.processing.handle(delivery, self.deadline())
                self.settle(delivery, outcome)
                outcomes.append(outcome)
        return outcomes

    # state

    def dead_bodies(self) -> list[str]:
        return [message.body for message in self.dead.messages()]

    def outbox(self) -> list[str]:
        far = self.clock.now() + timedelta(days=1000)
        return [entry.job.memory_id for entry in self.memories.claim_outbox(far, far, 1000)]
