"""One call in words, for a story."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rawk.domain.memory import Analysis
from rawk.ports import (
    Accepted,
    AwaitingDeadLetter,
    Busy,
    Claimed,
    Deleted,
    Delivery,
    Finished,
    Lease,
    Transcription,
    Unknown,
)
from sim.explorer.plan.call_sites import Site

if TYPE_CHECKING:
    from sim.explorer.world.world import World

_QUIET = {"memories.history", "memories.delete_tombstones"}


def told(world: "World", site: Site, args: tuple[Any, ...], answer: Any, befell: str) -> str:
    """What the caller did by it, and what it got. Empty for what changes nothing and tells nobody anything."""
    got = _answer(world, answer)
    ending = ", ".join(part for part in (got, befell) if part)
    if site.name in _QUIET or (not befell and _saw_nothing(site, answer)):
        return ""
    about = _about(world, args)
    return f"{site.words}{about}" + (f" ({ending})" if ending else "")


def _saw_nothing(site: Site, answer: Any) -> bool:
    looks = {
        "claim_outbox",
        "queue_due_analyses",
        "fail_abandoned",
        "delete_unsubmitted_uploads",
        "older_than",
        "known_audio",
    }
    return site.method in looks and (site.method in ("older_than", "known_audio") or not answer)


def _about(world: "World", args: tuple[Any, ...]) -> str:
    for arg in args:
        match arg:
            case Lease(memory_id, _, _):
                return f" of {world.books.label(memory_id)}"
            case str() if (label := world.books.label(arg.rpartition("/")[2])) != "?":
                return f" of {label}"
            case Delivery():
                seconds = next((each for each in args if isinstance(each, int)), 0)
                return f" of {world.label_of(arg.body)}: in {seconds} s"
            case _ if hasattr(arg, "memory_id") and not isinstance(arg, datetime):
                return f" of {world.books.label(arg.memory_id)}"
            case _:
                continue
    return ""


def _answer(world: "World", answer: Any) -> str:
    match answer:
        case Accepted(memory, created):
            return "new" if created else f"it is {world.books.label(memory.id)}"
        case Claimed(_, _, taken_over):
            return "takes the lease over" if taken_over else ""
        case Busy():
            return "another worker has it"
        case Finished():
            return "nothing left to do"
        case AwaitingDeadLetter():
            return "this message failed it before"
        case Deleted():
            return "it was deleted"
        case Unknown():
            return "there is no such memory"
        case Exception():
            return type(answer).__name__
        case Transcription() | Analysis() | None:
            return ""
        case list():
            return f"{len(answer)}"
        case _:
            return ""
