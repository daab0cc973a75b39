"""What the reducer keeps about one recording."""

from enum import IntEnum

from sim.conservation.events import Row
from sim.conservation.places import Place


class Held(IntEnum):
    """The state of a message; of several messages of one recording the highest counts."""

    DEAD = 0
    RETURNED = 1
    WAITING = 2
    IN_FLIGHT = 3


PLACE_OF_HELD = {
    Held.DEAD: Place.DEAD_LETTERED,
    Held.RETURNED: Place.RETURNED,
    Held.WAITING: Place.QUEUED,
    Held.IN_FLIGHT: Place.IN_FLIGHT,
}


class Recording:
    __slots__ = (
        "accepted",
        "audio",
        "audio_is_gone",
        "audio_is_judged",
        "deleted",
        "in_outbox",
        "letter_is_gone",
        "messages",
        "paid",
        "paid_seconds",
        "place",
        "row",
        "sent_back",
        "subject",
        "tenant",
        "transcript",
        "uncertain",
    )

    def __init__(self, subject: str, uncertain: bool) -> None:
        self.subject = subject
        self.uncertain = uncertain
        self.accepted = self.deleted = self.in_outbox = self.audio_is_gone = self.letter_is_gone = False
        self.sent_back = False
        """A message was sent since the last dead letter."""
        self.audio_is_judged = True
        self.row: Row | None = None
        self.messages: dict[str, Held] = {}
        self.tenant: str | None = None
        self.audio: str | None = None
        """Digest of the audio that was accepted."""
        self.transcript: str | None = None
        self.place: Place | None = None
        """None: it does not count, because nothing of it was ever stored, or an upload was given up."""
        self.paid = 0
        self.paid_seconds = 0.0
