"""All errors of the product, as one tree.

RawkError
├── Refused                 the client's error; the API answers 4xx
│   ├── NotAuthenticated · TenantMissing · TenantForbidden · TooManyRequests · MalformedLogin
│   ├── MemoryNotFound · MemoryDeleted · IdempotencyConflict · InvalidCursor
│   ├── RequestTooLarge · UploadMissing · UploadReplaced · AudioNotYet · AudioGone · NotFailed · AnalysisNotGivenUp
│   └── BadRecording        RecordingTooLarge · RecordingNotAudio · RecordingEmpty · MalformedUpload · UploadTooSlow
├── Unavailable             a part of the pipeline is down; the API answers 503, the worker returns the job
│   ├── DatabaseUnavailable     DatabaseWaking · DatabaseOutdated
│   └── StorageUnavailable · QueueUnavailable
├── Overloaded              the API has enough to do: 503, or 429 when one caller is the cause (TooManyAtOnce)
├── AudioMissing            the memory's audio is not in the store
├── AudioReplaced           other audio is under the key than the caller has checked
├── AudioAltered            the stored bytes are not those that were accepted
├── LeaseLost               another worker took the memory over, or it was deleted
├── PoisonMessage           a message that is no job
├── ConfigurationError      a setting is missing or invalid
└── AIError                 a call to OpenAI failed; `reason` says why
    ├── AITransient         worth another try
    │   ├── AIRateLimited                says how long to wait
    │   ├── AIUnexplained                OpenAI refuses the call and does not say why
    │   └── AIMalformedTranscription     a 200 without a transcript, perhaps paid
    ├── AIQuotaExhausted    worth another try only after an operator has paid
    ├── AIMisconfigured     wrong key, unknown model, a parameter or a redirect: only an operator can help
    ├── AIRejectedAudio     OpenAI rejects the audio: only another recording helps
    └── AIBadAnalysis       no usable analysis of this transcript
"""

from rawk.domain.memory import FailureReason


class RawkError(Exception):
    """Root of all errors of the product."""


class Refused(RawkError):
    """The client's request is refused. `type` is stable, for programs."""

    status_code = 400
    type = "bad-request"
    title = "The request is invalid"


class NotAuthenticated(Refused):
    status_code = 401
    type = "not-authenticated"
    title = "A valid API key or token is needed"


class TenantMissing(Refused):
    """The caller has several tenants, and the request names none."""

    status_code = 400
    type = "tenant-missing"
    title = "The request must name its tenant"


class TenantForbidden(Refused):
    status_code = 403
    type = "tenant-forbidden"
    title = "The caller may not act for this tenant"


class TooManyRequests(Refused):
    """`retry_after_seconds` is when the next request is answered."""

    status_code = 429
    type = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class MemoryNotFound(Refused):
    status_code = 404
    type = "memory-not-found"
    title = "There is no such memory"


class MemoryDeleted(Refused):
    """An idempotency key was used again after its memory was deleted."""

    status_code = 410
    type = "memory-deleted"
    title = "The memory of this idempotency key was deleted"


class IdempotencyConflict(Refused):
    status_code = 409
    type = "idempotency-conflict"
    title = "The idempotency key was used before with other content"


class BadRecording(Refused):
    status_code = 422
    type = "bad-recording"
    title = "The recording cannot be accepted"


class RecordingTooLarge(BadRecording):
    status_code = 413
    type = "recording-too-large"
    title = "The recording is over the size limit"


class RecordingNotAudio(BadRecording):
    status_code = 415
    type = "recording-not-audio"
    title = "The file is not audio in a known format"


class RecordingEmpty(BadRecording):
    status_code = 422
    type = "recording-empty"
    title = "The recording is empty"


class MalformedUpload(BadRecording):
    status_code = 422
    type = "malformed-upload"
    title = "The upload is not a complete multipart form with an audio part"


class UploadTooSlow(BadRecording):
    """The client stopped sending, or sends too slowly to finish in time."""

    status_code = 408
    type = "upload-too-slow"
    title = "The upload takes too long"


class RequestTooLarge(Refused):
    status_code = 413
    type = "request-too-large"
    title = "The request is over the size limit"


class MalformedLogin(Refused):
    status_code = 422
    type = "malformed-login"
    title = "The request is no form with a name and a password"


class UploadMissing(Refused):
    """A memory was submitted before its audio was uploaded."""

    status_code = 409
    type = "upload-missing"
    title = "The audio has not been uploaded"


class UploadReplaced(Refused):
    """The client uploaded again and again while its memory was being submitted."""

    status_code = 409
    type = "upload-replaced"
    title = "The audio was replaced during the submission"


class AudioNotYet(Refused):
    """The audio of a recording that was not submitted was requested."""

    status_code = 409
    type = "audio-not-yet"
    title = "The recording was not submitted yet"


class AudioGone(Refused):
    """The memory exists, but its audio has expired."""

    status_code = 410
    type = "audio-gone"
    title = "The audio is no longer kept"


class NotFailed(Refused):
    status_code = 409
    type = "memory-not-failed"
    title = "Only a failed memory can be processed again"


class AnalysisNotGivenUp(Refused):
    status_code = 409
    type = "analysis-not-given-up"
    title = "Only an analysis that was given up can be retried"


class InvalidCursor(Refused):
    status_code = 422
    type = "invalid-cursor"
    title = "The cursor is invalid"


class Unavailable(RawkError):
    """A part of the pipeline does not answer; a later retry may succeed."""

    part = "pipeline"


class DatabaseUnavailable(Unavailable):
    part = "database"


class DatabaseWaking(DatabaseUnavailable):
    """The database may have paused because nobody used it; then it answers again within a minute."""


class DatabaseOutdated(DatabaseUnavailable):
    """The database's schema is older than this release, which was deployed before its migration."""


class StorageUnavailable(Unavailable):
    part = "storage"


class QueueUnavailable(Unavailable):
    part = "queue"


class LogsUnavailable(Unavailable):
    part = "logs"


class Overloaded(RawkError):
    """The API does as much at once as it may. The client tries again in a few seconds."""

    status_code = 503
    type = "overloaded"
    title = "The API has too much to do at the moment"


class TooManyAtOnce(Overloaded):
    """One caller does as much at once as it may."""

    status_code = 429
    type = "too-many-at-once"
    title = "You do too much at once"


class AudioMissing(RawkError):
    """The memory's audio is not in the store."""


class AudioReplaced(RawkError):
    """Other audio is under the key than the caller has checked."""


class AudioAltered(RawkError):
    """The bytes under the memory's key are not those that were accepted."""


class LeaseLost(RawkError):
    """The worker lost its lease: it expired and was taken over, or the memory was deleted."""


class PoisonMessage(RawkError):
    """A message that is no job; SQS must dead-letter it."""


class ConfigurationError(RawkError):
    """A setting is missing or invalid; the text names it."""


class AIError(RawkError):
    """A call to OpenAI failed. `should_retry` is what OpenAI's header `x-should-retry` says, None without one."""

    reason = FailureReason.OPENAI_UNAVAILABLE

    def __init__(self, detail: str, *, reason: FailureReason | None = None, should_retry: bool | None = None) -> None:
        super().__init__(detail)
        if reason is not None:
            self.reason = reason
        self.should_retry = should_retry

    @property
    def worth_calling_again(self) -> bool:
        """Whether another call in the same invocation may succeed: as OpenAI says, or else by the error's class."""
        return False if self.should_retry is None else self.should_retry


class AITransient(AIError):
    """Timeout, connection error, 408, 409, 5xx: worth another try."""

    @property
    def worth_calling_again(self) -> bool:
        return True if self.should_retry is None else self.should_retry


class AIRateLimited(AITransient):
    """429 for the rate. `retry_after_seconds` is OpenAI's `Retry-After`, if it sent one."""

    def __init__(
        self, detail: str, *, retry_after_seconds: float | None = None, should_retry: bool | None = None
    ) -> None:
        super().__init__(detail, should_retry=should_retry)
        self.retry_after_seconds = retry_after_seconds


class AIUnexplained(AITransient):
    """OpenAI refuses the call and names neither audio, transcript, quota nor configuration as the cause.

    An outage answers like that, too: Azure's of 2026-03-09 answered 400 to a part of the calls for twenty hours.
    """

    reason = FailureReason.OPENAI_REFUSED


class AIMalformedTranscription(AITransient):
    """A 200 without a transcript. OpenAI may have charged for it, so each receive pays for one at most."""

    reason = FailureReason.TRANSCRIPTION_MALFORMED

    @property
    def worth_calling_again(self) -> bool:
        return False


class AIQuotaExhausted(AIError):
    """No credit is left: no retry in this invocation helps, whatever `x-should-retry` says; an operator has to pay."""

    reason = FailureReason.OPENAI_QUOTA

    @property
    def worth_calling_again(self) -> bool:
        return False


class AIMisconfigured(AIError):
    """OpenAI rejects our key, model, parameters or address: the recording is good, and an operator has to act."""

    reason = FailureReason.CONFIGURATION


class AIRejectedAudio(AIError):
    """OpenAI rejects the audio; `reason` is one of `RECORDING_FAULTS`."""

    reason = FailureReason.AUDIO_UNREADABLE


class AIBadAnalysis(AIError):
    """No usable analysis: a malformed one is worth another try, any other failure repeats with the same transcript."""

    reason = FailureReason.ANALYSIS_MALFORMED

    @property
    def worth_retrying(self) -> bool:
        return self.reason is FailureReason.ANALYSIS_MALFORMED

    @property
    def worth_calling_again(self) -> bool:
        return self.worth_retrying if self.should_retry is None else self.should_retry
