"""Direct uploads: the client uploads a recording straight to the store and then submits it.

For recordings that are too large for the API: a Lambda function URL accepts at most 6 MB
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). A recording is accepted at its submission,
not before. The sweep deletes by age what was begun and never submitted, memory and audio.

A form stays valid after the submission, and cannot be taken back. So it writes below `incoming/` alone, and the
submission copies what it has checked to a key that no form can name. Each attempt has a key of its own: of attempts at
the same moment one commits its key to the memory, and the others remove their copies.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.audio_keys import accepted_copy_key, incoming_key
from rawk.domain.errors import (
    AudioMissing,
    AudioReplaced,
    BadRecording,
    DatabaseUnavailable,
    MemoryNotFound,
    RawkError,
    RecordingEmpty,
    RecordingNotAudio,
    RecordingTooLarge,
    UploadMissing,
    UploadReplaced,
)
from rawk.domain.memory import Memory, NewMemory, Status
from rawk.log import log
from rawk.ports import (
    Accepted,
    AudioForm,
    AudioHead,
    AudioStore,
    Clock,
    JobQueue,
    MemoryStore,
    Randomness,
    SubmittedUpload,
)
from rawk.use_cases.audio_formats import HEAD_BYTES, AudioKind, recognise
from rawk.use_cases.dispatch import Dispatch
from rawk.use_cases.intake import content_digest

FORM_VALID_SECONDS = 15 * 60
"""As long as an upload through the API may take (`rawk.api.uploads`)."""

CHECKS = 3
"""How often a submission checks audio that the client replaces between the check and the copy."""


@dataclass(frozen=True, slots=True)
class PlannedUpload:
    """A recording that a client is going to upload, as the client describes it."""

    content_type: str
    title: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BegunUpload:
    memory: Memory
    form: AudioForm | None
    """None when the idempotency key's memory was submitted already."""
    form_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class DirectUploads:
    """The use case: begin an upload, then submit it."""

    memories: MemoryStore
    audio: AudioStore
    queue: JobQueue
    clock: Clock
    randomness: Randomness
    outbox_grace: timedelta

    def begin(
        self, tenant: str, correlation_id: str, planned: PlannedUpload, idempotency_key: str | None = None
    ) -> BegunUpload:
        """Create the memory and a form to upload its audio; a repeated key gives a new form for the same memory.

        Raises IdempotencyConflict, MemoryDeleted, DatabaseUnavailable, StorageUnavailable.
        """
        memory_id = self.randomness.new_id()
        new = NewMemory(
            id=memory_id,
            tenant=tenant,
            audio_key=incoming_key(tenant, memory_id),
            audio_content_type=planned.content_type,
            audio_bytes=0,
            content_digest=content_digest(f"announced {planned.content_type}", planned.title, planned.recorded_at),
            correlation_id=correlation_id,
            idempotency_key=idempotency_key,
            title=planned.title,
            recorded_at=planned.recorded_at,
        )
        begun = self.memories.begin_upload(new, self.clock.now())
        log.info("upload_begun", memory_id=begun.memory.id, repeated=not begun.created)
        return self._with_form(begun.memory)

    def submit(self, tenant: str, memory_id: str) -> Memory:
        """Check the uploaded audio, accept the recording and send its job. A repeated submission changes nothing.

        If the content is no recording, memory and audio are removed. Raises MemoryNotFound, UploadMissing,
        UploadReplaced, BadRecording, StorageUnavailable, DatabaseUnavailable (which may hide a commit whose answer was
        lost).
        """
        memory = self._known(tenant, memory_id)
        if memory.status is not Status.UPLOADING:
            return memory
        try:
            accepted = self._accept(self._copy_checked(memory))
        except AudioMissing as missing:
            known = self._accepted_meanwhile(memory)
            if known is None:
                raise UploadMissing("Upload the audio with the form you were given, then submit it.") from missing
            return known
        except (BadRecording, UploadReplaced) as refused:
            if isinstance(refused, BadRecording):
                self._withdraw(memory)
            known = self._accepted_meanwhile(memory)
            if known is None:
                raise
            return known
        Dispatch(self.memories, self.queue).send(accepted)
        if accepted.memory.audio_key != memory.audio_key:
            self._remove(memory.id, memory.audio_key)
        return accepted.memory

    def _copy_checked(self, memory: Memory) -> SubmittedUpload:
        """Copy the uploaded audio, if it is a recording, to a key that no form can name.

        Raises AudioMissing, BadRecording, UploadReplaced, StorageUnavailable; then there is no copy, or the sweep
        removes it.
        """
        for _ in range(CHECKS):
            head = self.audio.head(memory.audio_key, HEAD_BYTES)
            kind = _recording(head)
            key = accepted_copy_key(memory.tenant, memory.id, self.randomness.new_id())
            try:
                audio_sha256 = self.audio.copy(memory.audio_key, head.etag, key, kind.content_type)
            except AudioReplaced as error:
                log.warning("upload_replaced", memory_id=memory.id, error=str(error))
                continue
            return SubmittedUpload(memory.tenant, memory.id, kind.content_type, head.size_bytes, key, audio_sha256)
        raise UploadReplaced("The audio was uploaded again and again. Submit it once the last upload has ended.")

    def _accept(self, upload: SubmittedUpload) -> Accepted:
        """Raises MemoryNotFound, DatabaseUnavailable.

        The copy is removed only when the database has answered that no row points to it.
        """
        try:
            accepted = self._accept_once(upload)
        except DatabaseUnavailable as error:  # a second try: perhaps only the answer was lost
            log.warning("submission_repeated", memory_id=upload.memory_id, error=str(error))
            accepted = self._accept_once(upload)
        if accepted is None or accepted.memory.audio_key != upload.audio_key:
            self._remove(upload.memory_id, upload.audio_key)
        if accepted is None:
            raise MemoryNotFound("There is no such memory any more.")
        if accepted.memory.audio_key == upload.audio_key:  # also when the answer to the first try was lost
            log.info(
                "memory_accepted",
                memory_id=upload.memory_id,
                audio_bytes=upload.size_bytes,
                kind=upload.content_type,
            )
        return accepted

    def _accept_once(self, upload: SubmittedUpload) -> Accepted | None:
        now = self.clock.now()
        return self.memories.submit_upload(upload, now, now + self.outbox_grace)

    def _accepted_meanwhile(self, memory: Memory) -> Memory | None:
        """The memory, if a submission at the same moment has accepted it."""
        known = self.memories.get(memory.tenant, memory.id)
        return None if known is None or known.status is Status.UPLOADING else known

    def _with_form(self, memory: Memory) -> BegunUpload:
        if memory.status is not Status.UPLOADING:
            return BegunUpload(memory, None, None)
        # Read the clock first, so that the form is valid a little longer than we say, not shorter.
        expires_at = self.clock.now() + timedelta(seconds=FORM_VALID_SECONDS)
        form = self.audio.upload_form(
            memory.audio_key, memory.audio_content_type, MAX_RECORDING_BYTES, FORM_VALID_SECONDS
        )
        return BegunUpload(memory, form, expires_at)

    def _known(self, tenant: str, memory_id: str) -> Memory:
        memory = self.memories.get(tenant, memory_id)
        if memory is None:
            raise MemoryNotFound("There is no such memory.")
        return memory

    def _withdraw(self, memory: Memory) -> None:
        """First the row: if the client submits other content at the same moment, the audio must stay."""
        key = self.memories.withdraw_upload(memory.tenant, memory.id)
        if key is not None:
            log.info("upload_withdrawn", memory_id=memory.id)
            self._remove(memory.id, key)

    def _remove(self, memory_id: str, key: str) -> None:
        try:
            self.audio.delete(key)
        except RawkError as error:
            log.warning("audio_left_to_sweep", memory_id=memory_id, error=str(error))


def _recording(head: AudioHead) -> AudioKind:
    """The audio format of the recording. Raises BadRecording.

    Checks the size again, although the store enforces the form's conditions: it costs nothing.
    """
    if not head.size_bytes:
        raise RecordingEmpty("The audio has no bytes.")
    if head.size_bytes > MAX_RECORDING_BYTES:
        raise RecordingTooLarge(f"A recording may have {MAX_RECORDING_BYTES} bytes at most.")
    kind = recognise(head.leading_bytes)
    if kind is None:
        raise RecordingNotAudio("The recording must be FLAC, MP3, MP4 (M4A), Ogg, WAV or WebM audio.")
    return kind
