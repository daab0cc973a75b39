"""What every memory store decides in the same way, on a memory that it holds: above all, who may have it now."""

from datetime import datetime

from rawk.domain.memory import AnalysisState, Memory, Status
from rawk.ports import AwaitingDeadLetter, Busy, Claimed, Finished, Lease, Unknown

ABANDONED_DETAIL = "no worker took it up or carried it on in time"

type Verdict = Claimed | Busy | Finished | AwaitingDeadLetter | Unknown


def verdict(memory: Memory, message_id: str, token: str, now: datetime) -> Verdict | None:
    """Why the claim stops here, or None when the memory may be leased.

    A claim repeated with the token that holds the memory gets the lease it already has: the answer to the first
    was lost, and nobody else is at work.
    """
    if memory.status is Status.COMPLETE or memory.analysis_state is AnalysisState.GAVE_UP:
        return Finished(memory)
    if memory.status is Status.FAILED and memory.failed_message_id == message_id:
        return AwaitingDeadLetter(memory)
    if memory.status is Status.UPLOADING:
        return Unknown()  # nothing was accepted yet, and nobody of ours sends a job for it
    if memory.lease_token is None or memory.lease_expires_at is None:
        return None
    if memory.lease_token == token:
        return Claimed(memory, Lease(memory.id, token, memory.lease_expires_at), taken_over=False)
    return Busy(memory.lease_expires_at) if memory.lease_expires_at > now else None


def steps_into_work(status: Status) -> tuple[Status, ...]:
    """The steps a claim takes the memory through; none when it stays what it is."""
    match status:
        case Status.QUEUED:
            return (Status.PROCESSING,)
        case Status.FAILED:
            return (Status.QUEUED, Status.PROCESSING)
        case _:
            return ()


def wrong_step(status: Status, to: Status) -> ValueError:
    """The error for a step that a memory's life does not have: our own mistake, not the caller's nor the world's."""
    return ValueError(f"a memory that is {status} can not become {to} by this call")
