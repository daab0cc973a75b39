"""What the API is given: use cases and ports, built by `rawk.composition`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rawk.ports import AudioStore, Clock, MemoryStore, StatusNotifications
from rawk.use_cases.audio_download import AudioDownload
from rawk.use_cases.delete_memory import DeleteMemory
from rawk.use_cases.direct_uploads import DirectUploads
from rawk.use_cases.intake import Intake
from rawk.use_cases.retry_memory import RetryMemory


def _nothing_to_close() -> None: ...


@dataclass(frozen=True, slots=True)
class ApiServices:
    intake: Intake
    memories: MemoryStore
    audio: AudioStore
    clock: Clock
    tenants: Mapping[str, str]
    """API key → tenant."""
    notifications: StatusNotifications
    metrics: bool = True
    """Whether `GET /metrics` is there."""
    close: Callable[[], None] = _nothing_to_close
    """Called once, after the last request."""

    @property
    def forget(self) -> DeleteMemory:
        return DeleteMemory(self.memories, self.audio, self.clock)

    @property
    def direct_uploads(self) -> DirectUploads:
        intake = self.intake
        return DirectUploads(
            intake.memories, intake.audio, intake.queue, intake.clock, intake.randomness, intake.outbox_grace
        )

    @property
    def again(self) -> RetryMemory:
        return RetryMemory(self.intake.memories, self.intake.queue, self.clock, self.intake.outbox_grace)

    @property
    def listening(self) -> AudioDownload:
        return AudioDownload(self.memories, self.audio)

    @property
    def health_checks(self) -> Mapping[str, Callable[[], None]]:
        """Name of a part → what raises when the part is down. The queue is none: without it the outbox waits."""
        return {"db": self.memories.check, "storage": self.audio.check}
