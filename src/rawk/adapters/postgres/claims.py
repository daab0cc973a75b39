"""Decisions that every memory store makes in the same way, above all who may lease a memory."""

from datetime import datetime

from rawk.domain.memory import RECORDING_FAULTS, AnalysisState, Memory, Status
from rawk.ports import AwaitingDeadLetter, Busy, Claimed, ClaimRequest, Finished, Lease, Unknown

ABANDONED_DETAIL = "no worker processed it in time"

type ClaimWithoutLease = Claimed | Busy | Finished | AwaitingDeadLetter | Unknown


def claim_without_lease(memory: Memory, request: ClaimRequest, now: datetime) -> ClaimWithoutLease | None:
    """The answer to a claim that gets no new lease, or None when the memory may be leased.

    A claim with the token of the memory's own lease gets that lease again: the answer to the first claim was lost,
    and no other worker has the memory.
    """
    if memory.status is Status.COMPLETE or memory.analysis_state is AnalysisState.GAVE_UP:
        return Finished(memory)
    if memory.status is Status.FAILED and memory.failure_reason in RECORDING_FAULTS:
        return Finished(memory)  # whichever message it is: only the owner's retry queues such a memory again
    if memory.status is Status.FAILED and memory.failed_message_id == request.message_id:
        return AwaitingDeadLetter(memory)
    if memory.status is Status.UPLOADING:
        return Unknown()  # it was not accepted yet, so this job is not ours
    if memory.lease_token is None or memory.lease_expires_at is None:
        return None
    if memory.lease_token == request.lease_token:
        return Claimed(memory, Lease(memory.id, memory.lease_token, memory.lease_expires_at), taken_over=False)
    return Busy(memory.lease_expires_at) if memory.lease_expires_at > now else None


def steps_into_work(status: Status) -> tuple[Status, ...]:
    """The statuses that a claim takes the memory through; none when its status stays."""
    match status:
        case Status.QUEUED:
            return (Status.PROCESSING,)
        case Status.FAILED:
            return (Status.QUEUED, Status.PROCESSING)
        case _:
            return ()


def wrong_step(status: Status, to: Status) -> ValueError:
    """The error for a change of status that is not allowed: a bug of ours."""
    return ValueError(f"a memory that is {status} cannot become {to} by this call")
