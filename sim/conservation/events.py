"""The events that conservation is derived from. Times are seconds, in the order of virtual time.

One event is one atomic change: a transaction with all its rows, one call of SQS or S3. A recording's id is its
*subject*.
"""

from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """What a recording's row says, whatever words the product uses."""

    UPLOADING = 0
    """Not accepted yet."""
    UNFINISHED = 1
    """Accepted, and waiting for a worker or with one."""
    READABLE = 2
    COMPLETE = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A recording's row as one transaction left it. Digests are any text that is equal for equal content."""

    subject: str
    tenant: str
    state: State
    status: str
    """The product's own word for the state."""
    audio: str
    """The key of its audio."""
    audio_tenant: str | None = None
    """The tenant that the key belongs to; None if keys do not say."""
    reason: str | None = None
    transcript: str | None = None
    """Digest of the saved transcript."""
    billed_seconds: float = 0.0
    """Seconds of audio that the row counts as paid."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A row that a transaction deleted; `by_owner` if the same transaction recorded the owner's deletion."""

    subject: str
    by_owner: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction. `queued` and `sent` are the subjects whose outbox row it wrote or removed."""

    at: float
    rows: tuple[Row, ...] = ()
    deleted: tuple[Deletion, ...] = ()
    queued: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A client got the answer that its recording is accepted. Digests are None where they are not known."""

    at: float
    subject: str
    tenant: str | None = None
    audio: str | None = None
    transcript: str | None = None
    """Digest of the true transcript."""


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message arrived in the jobs queue; `subject` is None for a message that names none."""

    at: float
    message: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class MessageVisible:
    """Its visibility timeout or its delay has ended."""

    at: float
    message: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    at: float
    message: str


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """A message left its queue for good. `how`: `deleted`, `expired` or `purged`."""

    at: float
    message: str
    how: str = "deleted"


@dataclass(frozen=True, slots=True)
class DeadLettered:
    """A message moved from the jobs queue to the dead-letter queue."""

    at: float
    message: str


@dataclass(frozen=True, slots=True)
class InvocationStarted:
    at: float
    invocation: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InvocationEnded:
    """`returned` are the messages that it did not finish."""

    at: float
    invocation: str
    returned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AudioStored:
    at: float
    key: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class AudioRemoved:
    at: float
    key: str


@dataclass(frozen=True, slots=True)
class AudioTakenAway:
    """A fault, not the product, removes or replaces the audio of a recording: from here on it is not judged."""

    at: float
    subject: str


@dataclass(frozen=True, slots=True)
class Paid:
    """OpenAI charged the transcription of so many seconds of a recording."""

    at: float
    subject: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Purge:
    """The operator's purge of dead letters begins or ends: a dead letter of a failed recording that is
    removed meanwhile is no loss."""

    at: float
    begins: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Events of a source are missing, from this moment (`begins`) to the moment at which it ends."""

    at: float
    source: str
    begins: bool


type Event = (
    Commit
    | Accepted
    | MessageSent
    | MessageVisible
    | MessageReceived
    | MessageRemoved
    | DeadLettered
    | InvocationStarted
    | InvocationEnded
    | AudioStored
    | AudioRemoved
    | AudioTakenAway
    | Paid
    | Purge
    | Missing
)
