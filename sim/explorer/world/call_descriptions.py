"""One call in words, for the report of a counterexample."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from rawk.domain.memory import Analysis
from rawk.ports import (
    Accepted,
    AwaitingDeadLetter,
    Busy,
    Claimed,
    Deleted,
    Finished,
    Lease,
    Transcription,
    Unknown,
)
from sim.explorer.plan.call_sites import CallSite

if TYPE_CHECKING:
    from sim.explorer.world.world import World

_SEARCHES = {
    "claim_outbox",
    "queue_due_analyses",
    "fail_abandoned",
    "delete_unsubmitted_uploads",
    "known_audio",
}
_OMITTED = {
    "memories.history",
    "memories.delete_tombstones",
    "s3.list_objects_v2",
    "sqs.get_queue_attributes",
    "sqs.list_message_move_tasks",
}


def describe_call(world: "World", site: CallSite, args: tuple[Any, ...], answer: Any, remark: str) -> str:
    """What the caller did and what it got. Empty for a call that changed nothing and returned nothing."""
    got = _answer(world, answer)
    if site.name == "sqs.receive_message" and isinstance(answer, dict):
        got = str(len(answer.get("Messages", [])))
    ending = ", ".join(part for part in (got, remark) if part)
    if (site.name in _OMITTED and not remark) or (not remark and _returned_nothing(site, answer)):
        return ""
    subject = _subject(world, args)
    return f"{site.description}{subject}" + (f" ({ending})" if ending else "")


def _returned_nothing(site: CallSite, answer: Any) -> bool:
    return site.method in _SEARCHES and (site.method == "known_audio" or not answer)


def _subject(world: "World", args: tuple[Any, ...]) -> str:
    for arg in args:
        match arg:
            case {"Key": key}:
                return _named(" of ", world.ledger.label(_memory_in(key)))
            case {"MessageBody": body}:
                return f" of {world.label_of(body)}"
            case {"ReceiptHandle": handle}:
                seconds = f" to {arg['VisibilityTimeout']} s" if "VisibilityTimeout" in arg else ""
                return f" of {world.message_names.of(handle.split('/')[1])}{seconds}"
            case dict():
                continue
            case Lease(memory_id, _, _):
                return f" of {world.ledger.label(memory_id)}"
            case str() if (label := world.ledger.label(_memory_in(arg))) != "?":
                return f" of {label}"
            case _ if hasattr(arg, "memory_id") and not isinstance(arg, datetime):
                return f" of {world.ledger.label(arg.memory_id)}"
            case _:
                continue
    return ""


def _named(before: str, label: str) -> str:
    return f"{before}{label}" if label != "?" else ""


def _memory_in(text: str) -> str:
    """A memory's id, as it is or in the key of its audio, where an attempt's id may follow."""
    return text.rpartition("/")[2].partition(".")[0]


def _answer(world: "World", answer: Any) -> str:
    match answer:
        case Accepted(memory, created):
            return "new" if created else f"it is {world.ledger.label(memory.id)}"
        case Claimed(_, _, taken_over):
            return "takes over the lease" if taken_over else ""
        case Busy():
            return "another worker has the lease"
        case Finished():
            return "already finished"
        case AwaitingDeadLetter():
            return "the last receive of this message failed it"
        case Deleted():
            return "deleted"
        case Unknown():
            return "unknown memory"
        case ClientError():
            return str(answer.response["Error"]["Code"])
        case Exception():
            return type(answer).__name__
        case Transcription() | Analysis() | None:
            return ""
        case list():
            return f"{len(answer)}"
        case _:
            return ""
