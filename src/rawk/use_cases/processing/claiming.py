"""Claiming the memory of a job: one lease, so that no two workers process it at the same time."""

from datetime import datetime

from rawk.domain.errors import DatabaseUnavailable
from rawk.domain.messages import Job
from rawk.ports import Claim, ClaimRequest, Delivery
from rawk.use_cases.processing.services import ProcessingServices
from rawk.use_cases.retry_budget import OutOfTime, RetryBudget


def claim_memory(
    services: ProcessingServices, job: Job, delivery: Delivery, now: datetime, budget: RetryBudget
) -> Claim:
    """Lease the job's memory; a database that fails for a second must not cost a whole visibility timeout.

    It is safe to claim again with the same token. Raises DatabaseUnavailable.
    """
    token, expires_at = services.randomness.new_id(), now + services.policy.lease_duration
    request = ClaimRequest(job.memory_id, delivery.message_id, token, expires_at)

    def claim(_: float = 0.0) -> Claim:
        return services.memories.claim(request, now)

    try:
        return budget.run(claim, worth_retrying=lambda error: isinstance(error, DatabaseUnavailable))
    except OutOfTime:
        # On its last receive a job must leave its failure reason behind, and only the lease's owner may write it.
        return claim()
