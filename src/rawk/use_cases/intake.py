"""Intake of a recording without loss: audio to the store, one transaction, then the job.

No intermediate state is visible. Before the transaction there is at most audio that no row points to, which the sweep
removes by age. After the transaction the recording is accepted, and the relay sends the job if intake cannot.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.audio_keys import audio_key
from rawk.domain.errors import (
    DatabaseUnavailable,
    RawkError,
    RecordingEmpty,
    RecordingNotAudio,
    RecordingTooLarge,
    Refused,
)
from rawk.domain.memory import NewMemory
from rawk.log import log
from rawk.ports import Accepted, AudioStore, AudioUpload, Clock, JobQueue, MemoryStore, Randomness
from rawk.use_cases.audio_formats import HEAD_BYTES, AudioKind, recognise
from rawk.use_cases.dispatch import Dispatch


@dataclass(frozen=True, slots=True)
class Intake:
    """The use case: accept recordings that clients upload through the API."""

    memories: MemoryStore
    audio: AudioStore
    queue: JobQueue
    clock: Clock
    randomness: Randomness
    outbox_grace: timedelta
    """How long the relay waits before it sends a job that intake has not sent."""

    def open(self, tenant: str, correlation_id: str, idempotency_key: str | None = None) -> "Recording":
        """Begin a recording; nothing is stored before its first bytes are recognised as audio."""
        memory_id = self.randomness.new_id()
        return Recording(self, tenant, memory_id, audio_key(tenant, memory_id), correlation_id, idempotency_key)

    def accept(self, new: NewMemory) -> Accepted:
        """Write the memory whose audio is in the store, and send its job.

        Raises IdempotencyConflict, MemoryDeleted or DatabaseUnavailable. The audio is removed only when the database
        has answered that no row points to it: DatabaseUnavailable may hide a commit whose answer was lost.
        """
        try:
            accepted = self._accept_with_retry(new)
        except Refused:
            self._remove_audio(new.audio_key)
            raise
        if accepted.memory.id == new.id:
            log.info("memory_accepted", memory_id=new.id, audio_bytes=new.audio_bytes, kind=new.audio_content_type)
            Dispatch(self.memories, self.queue).send(accepted)
        else:
            log.info("upload_repeated", memory_id=accepted.memory.id)
            self._remove_audio(new.audio_key)
        return accepted

    def _accept_with_retry(self, new: NewMemory) -> Accepted:
        """Try again once, because perhaps only the answer was lost: the same id cannot be accepted twice."""
        try:
            return self._accept_once(new)
        except DatabaseUnavailable as error:
            log.warning("accept_repeated", memory_id=new.id, error=str(error))
            return self._accept_once(new)

    def _accept_once(self, new: NewMemory) -> Accepted:
        now = self.clock.now()
        return self.memories.accept(new, now, now + self.outbox_grace)

    def _remove_audio(self, key: str) -> None:
        try:
            self.audio.delete(key)
        except RawkError as error:
            log.warning("audio_left_to_sweep", key=key, error=str(error))


@dataclass(slots=True)
class Recording:
    """One recording that is being uploaded. End it with `finish` or `abort`; a method that raises has aborted it.

    Not thread-safe.
    """

    _intake: Intake
    _tenant: str
    _memory_id: str
    _audio_key: str
    _correlation_id: str
    _idempotency_key: str | None
    size_bytes: int = 0
    ended: bool = False
    _head: bytes = b""
    _kind: AudioKind | None = None
    _upload: AudioUpload | None = None
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def memory_id(self) -> str:
        """The id of the memory that it becomes, unless it is refused or its idempotency key is known."""
        return self._memory_id

    def write(self, chunk: bytes) -> None:
        """Add the next bytes of the audio.

        Raises RecordingNotAudio once HEAD_BYTES were written, RecordingTooLarge with the first byte over
        MAX_RECORDING_BYTES, StorageUnavailable.
        """
        try:
            self._take(chunk)
        except RawkError:
            self.abort()
            raise

    def finish(self, title: str | None = None, recorded_at: datetime | None = None) -> Accepted:
        """All bytes were written: store them, accept the memory, send its job.

        Gives the memory that the idempotency key created earlier, if there is one. Raises RecordingEmpty,
        RecordingNotAudio, IdempotencyConflict, MemoryDeleted, StorageUnavailable, DatabaseUnavailable.
        """
        try:
            kind = self._store()
        except RawkError:
            self.abort()
            raise
        self.ended = True  # From here on Intake keeps or removes the audio.
        return self._intake.accept(self._new_memory(kind, title, recorded_at))

    def abort(self) -> None:
        """Cancel the recording and leave nothing behind. Does nothing when it has ended."""
        if not self.ended and self._upload is not None:
            self._upload.abort()
        self.ended = True

    def _take(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self.size_bytes > MAX_RECORDING_BYTES:
            raise RecordingTooLarge(f"A recording may have {MAX_RECORDING_BYTES} bytes at most.")
        self._digest.update(chunk)
        if self._upload is not None:
            self._upload.write(chunk)
            return
        self._head += chunk
        if len(self._head) >= HEAD_BYTES:
            self._begin_upload()

    def _begin_upload(self) -> AudioUpload:
        self._kind = recognise(self._head[:HEAD_BYTES])
        if self._kind is None:
            raise RecordingNotAudio("The recording must be FLAC, MP3, MP4 (M4A), Ogg, WAV or WebM audio.")
        self._upload = self._intake.audio.open_upload(self._audio_key, self._kind.content_type)
        self._upload.write(self._head)
        self._head = b""
        return self._upload

    def _store(self) -> AudioKind:
        if self.size_bytes == 0:
            raise RecordingEmpty("The audio part has no bytes.")
        upload = self._upload or self._begin_upload()
        upload.complete()
        assert self._kind is not None  # `_begin_upload` has set it
        return self._kind

    def _new_memory(self, kind: AudioKind, title: str | None, recorded_at: datetime | None) -> NewMemory:
        audio_sha256 = self._digest.hexdigest()
        return NewMemory(
            id=self._memory_id,
            tenant=self._tenant,
            audio_key=self._audio_key,
            audio_content_type=kind.content_type,
            audio_bytes=self.size_bytes,
            content_digest=content_digest(audio_sha256, title, recorded_at),
            correlation_id=self._correlation_id,
            idempotency_key=self._idempotency_key,
            title=title,
            recorded_at=recorded_at,
            audio_sha256=audio_sha256,
        )


def content_digest(audio_sha256: str, title: str | None, recorded_at: datetime | None) -> str:
    """SHA-256 in hex of what an idempotency key identifies. The same moment in another time zone is the same
    content."""
    moment = None if recorded_at is None else recorded_at.astimezone(UTC).isoformat()
    return hashlib.sha256(json.dumps([audio_sha256, title, moment]).encode()).hexdigest()
