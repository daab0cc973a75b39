"""Download of a recording by its owner: a link to the store, so that its bytes do not pass through the API."""

from dataclasses import dataclass

from rawk.domain.errors import AudioGone, AudioMissing, AudioNotYet, MemoryNotFound
from rawk.domain.memory import Status
from rawk.ports import AudioStore, MemoryStore

LINK_VALID_SECONDS = 5 * 60
"""Long enough to start a download; no longer, because anyone with the link can read the recording."""


@dataclass(frozen=True, slots=True)
class AudioDownload:
    """The use case: links to stored audio."""

    memories: MemoryStore
    audio: AudioStore

    def link(self, tenant: str, memory_id: str) -> str:
        """Raises MemoryNotFound, AudioNotYet, AudioGone, StorageUnavailable, DatabaseUnavailable."""
        memory = self.memories.get(tenant, memory_id)
        if memory is None:
            raise MemoryNotFound("There is no such memory.")
        if memory.status is Status.UPLOADING:
            raise AudioNotYet("Submit the recording first.")
        try:
            self.audio.head(memory.audio_key, 1)  # for a link to a missing object the store would answer, not we
        except AudioMissing as missing:
            raise AudioGone("The recording has expired, or was removed.") from missing
        return self.audio.link(memory.audio_key, memory.audio_content_type, LINK_VALID_SECONDS)
