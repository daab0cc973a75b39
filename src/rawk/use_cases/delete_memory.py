"""Deletion of a memory: first the row, then the audio, so that no row ever points to removed audio."""

from dataclasses import dataclass

from rawk.domain.audio_keys import incoming_key
from rawk.domain.errors import MemoryNotFound, RawkError
from rawk.log import log
from rawk.ports import AudioStore, Clock, MemoryStore


@dataclass(frozen=True, slots=True)
class DeleteMemory:
    """The use case. A job still in flight then finds the memory deleted and does nothing."""

    memories: MemoryStore
    audio: AudioStore
    clock: Clock

    def delete(self, tenant: str, memory_id: str) -> None:
        """Raises MemoryNotFound when the tenant has no such memory, DatabaseUnavailable.

        Audio that cannot be removed now has no row any more: the sweep removes it by age. So it does with what the
        form of a direct upload, valid for some minutes more, writes after this.
        """
        key = self.memories.delete(tenant, memory_id, self.clock.now())
        if key is None:
            raise MemoryNotFound("There is no such memory.")
        log.info("memory_deleted", memory_id=memory_id)
        try:
            for each in dict.fromkeys((key, incoming_key(tenant, memory_id))):
                self.audio.delete(each)
        except RawkError as error:
            log.warning("audio_left_to_sweep", memory_id=memory_id, error=str(error))
