"""In-memory ports for tests of intake and API, with a manual clock and faults in front of every port."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rawk.adapters.credentials.in_memory import InMemoryCallerStore
from rawk.adapters.credentials.tokens import JwtSigner
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.redis.polling import NoNotifications
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryDeadLetters, InMemoryJobQueue, InMemoryQueue
from rawk.api.services import ApiServices
from rawk.config import AnalysisRetry, QueueLimits
from rawk.domain.callers import digest_of
from rawk.domain.memory import Memory
from rawk.domain.messages import Job, decode
from rawk.ports import PasswordHasher, StatusNotifications, Telemetry
from rawk.use_cases.callers.authentication import Authentication, ConfiguredKeys
from rawk.use_cases.callers.login import Login
from rawk.use_cases.callers.operations import CallerOperations
from rawk.use_cases.callers.tokens import Tokens
from rawk.use_cases.dead_letters import DeadLetterOperations
from rawk.use_cases.intake import Intake
from rawk.use_cases.recovery import Recovery, RecoveryPolicy

GRACE = timedelta(seconds=60)
ORPHAN_AFTER = timedelta(hours=24)
PROMETHEUS = {"Authorization": "Bearer key-of-prometheus"}


class StandingClock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class SeededRandomness:
    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def random(self) -> float:
        return self._random.random()

    def new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))


@dataclass
class Fault:
    """An error instead of a call of a method, or after its effect: the answer is lost."""

    method: str
    error: BaseException
    after_effect: bool = False
    times: int = 1


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)
    triggered: int = 0
    calls: list[str] = field(default_factory=list)
    """Every call that reached its port."""

    def add(self, method: str, error: BaseException, *, after_effect: bool = False, times: int = 1) -> None:
        self.planned.append(Fault(method, error, after_effect, times))

    def due(self, method: str, *, after_effect: bool) -> None:
        for fault in self.planned:
            if fault.method == method and fault.after_effect == after_effect and fault.times > 0:
                fault.times -= 1
                self.triggered += 1
                raise fault.error


class Fragile:
    """A port, or an upload in progress, with the faults in front of its calls."""

    def __init__(self, port: Any, name: str, faults: Faults) -> None:
        self._port = port
        self._name = name
        self._faults = faults

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._port, method)
        name = f"{self._name}.{method}"

        def fragile_call(*args: Any, **keywords: Any) -> Any:
            self._faults.due(name, after_effect=False)
            self._faults.calls.append(name)
            result = call(*args, **keywords)
            self._faults.due(name, after_effect=True)
            return Fragile(result, "upload", self._faults) if method == "open_upload" else result

        return fragile_call


class QuickPasswords:
    """Hashes at once, so that no test waits for argon2."""

    def hash(self, password: str) -> str:
        return f"hash of {password}"

    def verify(self, password: str, password_hash: str) -> bool:
        return password_hash == self.hash(password)


class World:
    def __init__(self) -> None:
        self.clock = StandingClock()
        self.randomness = SeededRandomness()
        self.faults = Faults()
        self.memories = InMemoryMemoryStore()
        self.callers = InMemoryCallerStore()
        self.passwords: PasswordHasher = QuickPasswords()
        self.notifications: StatusNotifications = NoNotifications()
        self.audio = InMemoryAudioStore(self.clock)
        self.jobs = InMemoryQueue(self.clock, visibility_timeout_seconds=1800)
        self.queue = InMemoryJobQueue(self.jobs)
        self.intake = Intake(
            memories=Fragile(self.memories, "memories", self.faults),
            audio=Fragile(self.audio, "audio", self.faults),
            queue=Fragile(self.queue, "queue", self.faults),
            clock=self.clock,
            randomness=self.randomness,
            outbox_grace=GRACE,
        )

    def services(self, tenants: Mapping[str, str | Sequence[str]], telemetry: Telemetry | None = None) -> ApiServices:
        """`tenants`: API key of the configuration → its tenant, or its tenants."""
        keys = ConfiguredKeys({key: (each,) if isinstance(each, str) else each for key, each in tenants.items()})
        store = Fragile(self.callers, "callers", self.faults)
        tokens = Tokens(store, JwtSigner(), self.clock, self.randomness)
        return ApiServices(
            self.intake,
            self.intake.memories,
            self.intake.audio,
            self.clock,
            Authentication(keys, store, tokens),
            Login(store, self.passwords, self.clock),
            self.notifications,
            requests_per_second=1_000_000,  # time stands still here
            metrics_keys_sha256=(digest_of(b"key-of-prometheus"), digest_of(b"next-key-of-prometheus")),
            telemetry=telemetry,
        )

    def caller_operations(self) -> CallerOperations:
        return CallerOperations(self.callers, self.passwords, self.clock, self.randomness)

    def pass_time(self, time: timedelta) -> None:
        self.clock.time += time

    def recover(self) -> None:
        """Run the relay and the sweep, late enough for everything that intake left behind."""
        self.pass_time(ORPHAN_AFTER + GRACE)
        policy = RecoveryPolicy(
            queue_limits=QueueLimits(visibility_timeout_seconds=1800, max_receive_count=3, retention_seconds=345_600),
            lease_seconds=330,
            analysis_retry=AnalysisRetry(base_seconds=900, limit=3),
            outbox_grace=GRACE,
            orphan_audio_after=ORPHAN_AFTER,
        )
        letters = InMemoryDeadLetters(InMemoryQueue(self.clock, 30, name="dead"), self.jobs)
        operations = DeadLetterOperations(letters, self.memories, self.clock)
        Recovery(self.memories, self.audio, self.queue, operations, self.clock, policy).run()

    # state

    def all_memories(self) -> list[Memory]:
        return [row.memory for row in self.memories.rows.values()]

    def stored_audio(self) -> dict[str, bytes]:
        """Key → content of all complete uploads."""
        return {key: stored.content for key, stored in self.audio.objects.items()}

    def sent_jobs(self) -> list[Job]:
        return [decode(message.body) for message in self.jobs.messages()]

    def outbox(self) -> list[str]:
        """Ids of memories whose job the relay has still to send. This call claims them for a day."""
        due = self.clock.now() + GRACE
        return [entry.job.memory_id for entry in self.memories.claim_outbox(due, due + timedelta(days=1), 100)]

    def uploads_under_way(self) -> int:
        """Uploads that were begun and neither completed nor aborted."""
        begun, *ends = (
            self.faults.calls.count(f"{call}") for call in ("audio.open_upload", "upload.complete", "upload.abort")
        )
        return begun - sum(ends)
