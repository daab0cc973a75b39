"""A claimed job: its lease, its retry budget and its OpenAI usage, which all steps share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rawk.domain.errors import DatabaseUnavailable, RawkError
from rawk.domain.memory import Memory, Usage
from rawk.domain.messages import Job
from rawk.ports import AICall, Delivery, Lease
from rawk.use_cases.processing.services import ProcessingServices
from rawk.use_cases.retry_budget import OutOfTime, RetryBudget


@dataclass(slots=True)
class ClaimedJob:
    services: ProcessingServices
    job: Job
    delivery: Delivery
    memory: Memory
    """The memory as it was when it was claimed."""
    lease: Lease
    budget: RetryBudget
    usage: Usage = field(default_factory=Usage)
    """OpenAI calls and billed seconds that no commit has written yet."""

    @property
    def is_last_receive(self) -> bool:
        return self.delivery.receive_count >= self.services.policy.queue_limits.max_receive_count

    def call_openai[Answer](
        self, call: Callable[[AICall], Answer], worth_retrying: Callable[[RawkError], bool]
    ) -> Answer:
        """Call OpenAI until it answers or the budget ends; counts every call.

        Raises what the last call raised; OutOfTime if there was no time for one.
        """

        def one_try(remaining_seconds: float) -> Answer:
            self.usage += Usage(openai_calls=1)
            timeout_seconds = min(remaining_seconds, self.services.policy.openai_timeout_seconds)
            return call(AICall(self.job.memory_id, self.job.correlation_id, timeout_seconds))

        return self.budget.run(one_try, worth_retrying)

    def commit(self, write: Callable[[], None]) -> None:
        """Write a result, with several tries because it was paid for. Raises DatabaseUnavailable when all failed."""
        try:
            self.budget.run(lambda _: write(), worth_retrying=lambda error: isinstance(error, DatabaseUnavailable))
        except OutOfTime:
            # The budget ends before the deadline; the reserve is just enough for this one last try.
            write()
