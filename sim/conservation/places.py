"""The places of a recording, the kinds of violations, and the verdicts."""

from enum import StrEnum
from typing import NamedTuple


class Place(StrEnum):
    """Where a recording is. The values are the names in the report; the order is that of the strip, bottom to top."""

    COMPLETE = "complete"
    READABLE = "readable"
    """Its transcript is saved; its analysis is pending or was given up."""
    FAILED = "failed"
    """With a reason; no message names it any more. Its owner can retry it."""
    DELETED = "deleted by its owner"
    DEAD_LETTERED = "dead-lettered"
    RETURNED = "returned"
    """Its invocation ended without it; its message waits for the visibility timeout."""
    IN_FLIGHT = "in flight"
    QUEUED = "queued"
    """Its message waits in the jobs queue, or is delayed."""
    OUTBOX = "outbox"
    NOT_KNOWN = "not known"
    """Events are missing or contradict each other."""
    LOST = "lost"
    CLIENT = "client's answer"
    """A client uploads it and has no acceptance yet: the client still has it, and it does not count as accepted."""


class Kind(StrEnum):
    """What a violation is."""

    LOST = "lost"
    """Nobody holds the recording, its audio or its transcript."""
    REPLACED = "replaced"
    """What a place holds is not what was accepted."""
    DUPLICATED = "duplicated"
    """Its transcription was paid for twice, or its row counts more seconds than were paid."""


class Part(StrEnum):
    """What of a recording a violation is about."""

    RECORDING = "recording"
    AUDIO = "audio"
    TRANSCRIPT = "transcript"
    TENANT = "tenant"
    DEAD_LETTER = "dead letter"
    DELETION = "deletion"
    PAYMENT = "payment"


class Verdict(StrEnum):
    """Whether conservation holds for the events that were applied."""

    CONSERVED = "conserved"
    VIOLATED = "violated"
    NOT_KNOWN = "not known"


class Violation(NamedTuple):
    """A violation, and the event that caused it. `at` is the event's time in seconds."""

    kind: Kind
    at: float
    subject: str
    """The recording's id."""
    text: str
    """What happened: completes "recording ID …"."""
    part: Part = Part.RECORDING

    def sentence(self, start: float = 0.0) -> str:
        """One line, with the time since `start`: `12.3 s: recording 4552… was …; nobody holds it`."""
        return f"{self.at - start:.1f} s: recording {short(self.subject)} {self.text}"


def short(subject: str) -> str:
    """The first four characters of a long id."""
    return f"{subject[:4]}…" if len(subject) > 8 else subject
