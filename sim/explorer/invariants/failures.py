"""Why a memory failed: each reason needs a failure that the world really had, in the same invocation."""

from typing import Any

from rawk.domain.memory import FailureReason
from rawk.ports import Delivery, MemoryFailure
from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.runtime.policies import policies
from sim.explorer.runtime.scheduler import Actor

_TEMPORARY = frozenset(
    {
        FailureReason.OPENAI_UNAVAILABLE,
        FailureReason.OPENAI_QUOTA,
        FailureReason.OPENAI_REFUSED,
        FailureReason.TRANSCRIPTION_MALFORMED,
        FailureReason.STORAGE_UNAVAILABLE,
    }
)
"""A memory fails for one of these reasons at the last receive of a message only."""
_EVIDENCE: dict[FailureReason, tuple[str, frozenset[FaultKind] | None]] = {
    FailureReason.OPENAI_QUOTA: ("openai", frozenset({FaultKind.QUOTA})),
    FailureReason.OPENAI_REFUSED: ("openai", frozenset({FaultKind.UNEXPLAINED})),
    FailureReason.TRANSCRIPTION_MALFORMED: ("openai", frozenset({FaultKind.MALFORMED})),
    FailureReason.CONFIGURATION: ("openai", frozenset({FaultKind.MISCONFIGURED})),
    FailureReason.AUDIO_UNREADABLE: ("openai", frozenset({FaultKind.REJECTED})),
    FailureReason.STORAGE_UNAVAILABLE: ("s3", None),
}
"""The port that must have failed, and how; None for any way. Any delay can use up the time for OpenAI."""


def untrue_reason(actor: Actor, failure: MemoryFailure) -> str:
    """What is wrong with the reason of a failure that this actor commits; empty if nothing is."""
    if failure.reason in _TEMPORARY and not _is_last_receive(actor.subject, failure.message_id):
        return f"failed as {failure.reason} before its last receive"
    evidence = _EVIDENCE.get(failure.reason)
    if evidence is not None:
        port, kinds = evidence
        if not any(each == port and (kinds is None or kind in kinds) for each, kind in actor.failures):
            return f"failed as {failure.reason}, which did not happen"
    if failure.reason is FailureReason.OPENAI_UNAVAILABLE and not actor.failures and not actor.delayed:
        return f"failed as {failure.reason}, although nothing failed and nothing was late"
    return ""


def _is_last_receive(deliveries: Any, message_id: str) -> bool:
    """A batch may have two receives of the same message."""
    receives: list[Delivery] = [each for each in deliveries if each.message_id == message_id]
    return max(each.receive_count for each in receives) >= policies().limits.max_receive_count
