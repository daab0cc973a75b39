"""What the world itself knows: what was really recorded, asked, paid and answered, whatever the product believes."""

from collections import Counter
from dataclasses import dataclass, field

from rawk.domain.memory import Memory

TENANTS = ("acme", "globex")
_HEAD = b"RIFF\x00\x00\x00\x00WAVEfmt "
RECORDING_BYTES = 80


@dataclass(slots=True)
class Spoken:
    """One recording that somebody made, and what they were told about it."""

    number: int
    tenant: str
    key: str | None
    audio: bytes
    memory_ids: list[str] = field(default_factory=list)
    """Of the memories that the API said yes with; more than one only without a key."""
    deleting: bool = False
    """Whether its owner has asked to delete it."""
    vanished: bool = False
    """Whether a stranger has removed its audio."""
    uploads_under_way: int = 0

    @property
    def label(self) -> str:
        return chr(ord("A") + self.number)


def spoken(number: int, tenant: int, with_key: bool, take: int = 0) -> Spoken:
    """Recording so and so; another take of it has other bytes."""
    audio = (_HEAD + b"recording %d take %d " % (number, take)).ljust(RECORDING_BYTES, b".")
    # Two tenants may well choose the same key, each for a recording of its own.
    key = f"key {number - tenant}" if with_key else None
    return Spoken(number, TENANTS[tenant], key, audio)


@dataclass(slots=True)
class Books:
    recordings: dict[int, Spoken] = field(default_factory=dict)
    of_memory: dict[str, Spoken] = field(default_factory=dict)
    """Whose audio a memory was accepted with."""
    accepted: set[str] = field(default_factory=set)
    """Memories that a client was answered 202 with."""
    of_key: dict[tuple[str, str], str] = field(default_factory=dict)
    """Tenant and key → the memory that they made."""
    deleted: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    """Memory → questions to OpenAI."""
    billed_seconds: dict[str, float] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    """Memories whose audio OpenAI refused at least once."""
    redriven: dict[str, str] = field(default_factory=dict)
    """Message → memory, for messages that a redrive made."""
    seen: dict[str, Memory] = field(default_factory=dict)
    """Each memory as it was after the last step."""

    _names: dict[str, str] = field(default_factory=dict)

    def label(self, memory_id: str) -> str:
        """A memory's name in a story: its recording's letter; with a number where the recording made several."""
        name = self._names.get(memory_id)
        if name is None:
            recording = self.of_memory.get(memory_id)
            if recording is None:
                return "?"
            same = sum(name.startswith(recording.label) for name in self._names.values())
            name = self._names[memory_id] = recording.label + (str(same + 1) if same else "")
        return name
