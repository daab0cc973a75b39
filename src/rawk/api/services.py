"""The use cases and ports of the API, built by `rawk.composition`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rawk.config import CALLER_REQUESTS_PER_SECOND
from rawk.ports import AudioStore, Clock, MemoryStore, StatusNotifications, Telemetry
from rawk.use_cases.audio_download import AudioDownload
from rawk.use_cases.callers.authentication import Authentication
from rawk.use_cases.callers.login import Login
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
    authentication: Authentication
    login: Login
    notifications: StatusNotifications
    requests_per_second: int = CALLER_REQUESTS_PER_SECOND
    """Of one caller, in the long run."""
    metrics_keys_sha256: Sequence[str] = ()
    """Digests of the keys that read `GET /metrics`; without any, the API has no such endpoint."""
    cors_allowed_origins: Sequence[str] = ()
    """Origins of the pages that may call the API from a browser."""
    telemetry: Telemetry | None = None
    """None: no spans."""
    close: Callable[[], None] = _nothing_to_close
    """Called once, after the last request."""

    @property
    def deletion(self) -> DeleteMemory:
        return DeleteMemory(self.memories, self.audio, self.clock)

    @property
    def direct_uploads(self) -> DirectUploads:
        intake = self.intake
        return DirectUploads(
            intake.memories, intake.audio, intake.queue, intake.clock, intake.randomness, intake.outbox_grace
        )

    @property
    def retries(self) -> RetryMemory:
        return RetryMemory(self.intake.memories, self.intake.queue, self.clock, self.intake.outbox_grace)

    @property
    def downloads(self) -> AudioDownload:
        return AudioDownload(self.memories, self.audio)

    @property
    def health_checks(self) -> Mapping[str, Callable[[], None]]:
        """Part → check that raises when the part is down. The queue has none: during its outage the outbox keeps
        jobs."""
        return {"db": self.memories.check, "storage": self.audio.check}
