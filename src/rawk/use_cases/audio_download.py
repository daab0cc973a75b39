"""Giving a recording back to its owner: by a link to the store, so that its bytes do not pass through us."""

from dataclasses import dataclass

from rawk.domain.errors import AudioGone, AudioMissing, AudioNotYet, MemoryNotFound
from rawk.domain.memory import Status
from rawk.ports import AudioStore, MemoryStore

LINK_VALID_SECONDS = 5 * 60
"""Enough to begin a download or to play; whoever is handed the link has the recording, so no longer."""


@dataclass(frozen=True, slots=True)
class AudioDownload:
    """The use case."""

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
            self.audio.head(memory.audio_key, 1)  # a link to nothing would be answered in the store's words
        except AudioMissing as missing:
            raise AudioGone("The recording has expired, or was removed.") from missing
        return self.audio.link(memory.audio_key, memory.audio_content_type, LINK_VALID_SECONDS)
