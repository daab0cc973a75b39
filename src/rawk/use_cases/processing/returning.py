"""Returning a claimed job to the queue: release the lease, and choose when the job is received again."""

from rawk.domain.errors import DatabaseUnavailable, RawkError
from rawk.domain.memory import Usage
from rawk.log import log
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.processing.failures import requested_wait_seconds
from rawk.use_cases.processing.outcome import Returned


def return_to_queue(claimed: ClaimedJob, error: RawkError) -> Returned:
    """Release the lease and return the message for another receive after the gap, or after `Retry-After` if longer.

    Not after more than the longest gap: the sweep would regard the memory as abandoned, and fail it.
    """
    services, delivery = claimed.services, claimed.delivery
    try:
        services.memories.release(claimed.lease, _unwritten_usage(claimed), services.clock.now())
    except DatabaseUnavailable:
        log.warning("lease_left_to_expire", expires_at=claimed.lease.expires_at)
    limits = services.policy.queue_limits
    requested_seconds = min(requested_wait_seconds(error), limits.gap_seconds(limits.max_receive_count))
    after_seconds = max(services.policy.gap_seconds(delivery), requested_seconds)
    log.warning("job_returned", error=str(error), receive_count=delivery.receive_count, after_seconds=after_seconds)
    return Returned(after_seconds)


def _unwritten_usage(claimed: ClaimedJob) -> Usage:
    """The usage to write with the release. Raises DatabaseUnavailable.

    The transcript and its usage may be committed although the database's answer was lost: then there is none.
    """
    if claimed.memory.transcript is None and claimed.usage.billed_seconds:
        saved = claimed.services.memories.get(claimed.memory.tenant, claimed.memory.id)
        if saved is not None and saved.transcript is not None:
            return Usage()
    return claimed.usage
