"""The truth about one world, independent of the product: what was recorded, answered, requested and paid."""

from collections import Counter
from dataclasses import dataclass, field

from rawk.domain.memory import Memory
from rawk.ports import AudioForm
from sim.explorer.plan.plan import Action
from sim.explorer.runtime.scheduler import Actor

TENANTS = ("acme", "acme-2")
_HEAD = b"RIFF\x00\x00\x00\x00WAVEfmt "
RECORDING_BYTES = 80
LARGE_RECORDING_BYTES = 230


@dataclass(slots=True)
class Recording:
    """One recording of a client, and what the API answered about it."""

    number: int
    tenant: str
    key: str | None
    audio: bytes
    title: str | None = None
    memory_ids: list[str] = field(default_factory=list)
    """Memories that the API accepted for it; more than one only without an idempotency key."""
    audio_removed: bool = False
    """Whether its audio was removed from outside of the product."""
    forms: list[AudioForm] = field(default_factory=list)
    """To upload it straight to S3."""
    posted_again: bool = False
    """Whether its client posted a form once more, with other bytes: what was there at the submission is accepted."""
    open_uploads: int = 0
    first_action: int = 0
    """The number, from 1, of the action that recorded it first; 0 if only others sent it."""

    @property
    def label(self) -> str:
        return chr(ord("A") + self.number)


def make_recording(action: Action, take: int = 0) -> Recording:
    """The recording of that action; another take of it has other bytes, a large one is uploaded in parts."""
    number, tenant = action.recording, action.tenant
    size_bytes = LARGE_RECORDING_BYTES if action.large else RECORDING_BYTES
    audio = (_HEAD + b"recording %d take %d " % (number, take)).ljust(size_bytes, b".")
    # Two tenants may choose the same key, each for its own recording.
    key = f"key {number - tenant}" if action.key else None
    return Recording(number, TENANTS[tenant], key, audio, action.title)


@dataclass(slots=True)
class Ledger:
    """The ledger of one world. Memories are named by their ids."""

    recordings: dict[int, Recording] = field(default_factory=dict)
    recording_of: dict[str, Recording] = field(default_factory=dict)
    """Memory → the recording that it was accepted with."""
    accepted: set[str] = field(default_factory=set)
    """Memories that a client got a 202 for."""
    memory_of_key: dict[tuple[str, str], str] = field(default_factory=dict)
    """Tenant and key → the memory that they made."""
    deleted: dict[str, int] = field(default_factory=dict)
    """Deleted memories, with when (ms)."""
    audio_of: dict[str, bytes] = field(default_factory=dict)
    """Memory → the audio that it was accepted with."""
    openai_calls: Counter[str] = field(default_factory=Counter)
    """Memory → number of calls to OpenAI."""
    billed_seconds: dict[str, float] = field(default_factory=dict)
    redriven: dict[str, str] = field(default_factory=dict)
    """Message → memory, for messages that a redrive sent."""
    maker_of: dict[str, str] = field(default_factory=dict)
    """Memory → name of the client that made it."""
    last_seen: dict[str, Memory] = field(default_factory=dict)
    """Each memory as it was after the last step."""

    _names: dict[str, str] = field(default_factory=dict)

    def made(self, memory_id: str, recording: Recording, client: Actor) -> None:
        """The client made the memory of that recording.

        The memory's name depends on its client alone, not on other memories: with fewer actions it stays the same.
        """
        self.recording_of[memory_id] = recording
        self.maker_of[memory_id] = client.name
        name = (
            recording.label
            if client.name == f"client {recording.first_action}"
            else f"{recording.label} of {client.name}"
        )
        same = sum(each == client.name for each in self.maker_of.values())
        self._names[memory_id] = name if same == 1 else f"{name} #{same}"

    def accepted_audio(self, memory_id: str) -> bytes:
        """What the memory must have: what its client sent, or what it replaced that with before the submission."""
        recording = self.recording_of[memory_id]
        return self.audio_of.get(memory_id, recording.audio) if recording.posted_again else recording.audio

    def label(self, memory_id: str) -> str:
        """A memory's name in a report: the letter of its recording, and who made it unless it was the first client."""
        return self._names.get(memory_id, "?")
