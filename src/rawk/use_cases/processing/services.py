"""What the processing of a job needs: the ports it calls and the numbers it follows."""

from dataclasses import dataclass, field
from datetime import timedelta

from rawk.config import AnalysisRetry, QueueLimits
from rawk.ports import Analyst, AudioStore, Clock, Delivery, MemoryStore, Randomness, Transcriber
from rawk.use_cases.retry_budget import RetryPolicy

DEADLINE_RESERVE = timedelta(seconds=1.5)
"""Time kept free before the deadline, to release the lease and to answer SQS."""


@dataclass(frozen=True, slots=True)
class ProcessingPolicy:
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    openai_timeout_seconds: float
    retry: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def lease_duration(self) -> timedelta:
        return timedelta(seconds=self.lease_seconds)

    def gap_seconds(self, delivery: Delivery) -> int:
        """Seconds until the next receive of a job that failed: longer after every receive."""
        return self.queue_limits.gap_seconds(delivery.receive_count)


@dataclass(frozen=True, slots=True)
class ProcessingServices:
    memories: MemoryStore
    audio: AudioStore
    transcriber: Transcriber
    analyst: Analyst
    clock: Clock
    randomness: Randomness
    policy: ProcessingPolicy
