"""The first step: transcribe the audio and commit the transcript, or fail the memory."""

from hashlib import sha256

from rawk.domain.errors import AIError, AudioAltered, AudioMissing, StorageUnavailable
from rawk.domain.memory import RECORDING_FAULTS, FailureReason, Usage
from rawk.log import log
from rawk.ports import MemoryFailure, NewTranscript, Transcription
from rawk.use_cases.audio_formats import file_name_for
from rawk.use_cases.processing.claimed_job import ClaimedJob
from rawk.use_cases.processing.failures import TEMPORARY_REASONS, TranscriptionFailed, worth_calling_again
from rawk.use_cases.processing.outcome import Acknowledged, JobOutcome, Returned
from rawk.use_cases.retry_budget import OutOfTime


def transcribe_and_commit(claimed: ClaimedJob) -> str:
    """The transcript, committed. Raises TranscriptionFailed, LeaseLost, DatabaseUnavailable."""
    transcription = transcribe(claimed)
    claimed.usage += Usage(billed_seconds=transcription.billed_seconds)
    claimed.commit(lambda: _save(claimed, transcription.text))
    log.info("transcript_saved", billed_seconds=transcription.billed_seconds)
    return transcription.text


def transcribe(claimed: ClaimedJob) -> Transcription:
    """Fetch the audio and let OpenAI transcribe it. Raises TranscriptionFailed."""
    services, memory = claimed.services, claimed.memory
    try:
        audio = _accepted_audio(claimed)
        file_name = file_name_for(memory.audio_content_type)
        return claimed.call_openai(
            lambda call: services.transcriber.transcribe(audio, file_name, call),
            worth_retrying=worth_calling_again,
        )
    except AIError as error:
        raise TranscriptionFailed(error.reason, error, temporary=error.reason in TEMPORARY_REASONS) from error
    except AudioMissing as error:
        raise TranscriptionFailed(FailureReason.AUDIO_MISSING, error, temporary=False) from error
    except AudioAltered as error:
        # Another receive may get the right bytes: a store or a proxy can answer 200 with a page of its own.
        raise TranscriptionFailed(FailureReason.AUDIO_ALTERED, error, temporary=True) from error
    except StorageUnavailable as error:
        raise TranscriptionFailed(FailureReason.STORAGE_UNAVAILABLE, error, temporary=True) from error
    except OutOfTime as error:
        raise TranscriptionFailed(FailureReason.OPENAI_UNAVAILABLE, error, temporary=True) from error


def _accepted_audio(claimed: ClaimedJob) -> bytes:
    """The bytes that were accepted, and no others. Raises AudioMissing, AudioAltered, StorageUnavailable."""
    memory = claimed.memory
    audio = claimed.services.audio.fetch(memory.audio_key)
    digest = sha256(audio).hexdigest()
    if memory.audio_sha256 is not None and digest != memory.audio_sha256:
        log.error("audio_altered", key=memory.audio_key, accepted_sha256=memory.audio_sha256, fetched_sha256=digest)
        raise AudioAltered(f"{len(audio)} bytes were fetched that are not the {memory.audio_bytes} that were accepted")
    return audio


def fail_memory(claimed: ClaimedJob, failure: TranscriptionFailed) -> JobOutcome:
    """Fail the memory with its reason. The message of a recording that is itself the cause is acknowledged; any other
    is returned, so that SQS dead-letters it soon.

    Raises DatabaseUnavailable, and LeaseLost also when only the answer to the first try was lost: the next claim then
    finds the memory failed.
    """
    claimed.commit(lambda: _save_failure(claimed, failure))
    receive_count = claimed.delivery.receive_count
    if failure.reason in RECORDING_FAULTS:
        log.warning("recording_failed", reason=failure.reason, detail=str(failure), receive_count=receive_count)
        return Acknowledged()
    log.error("memory_failed", reason=failure.reason, detail=str(failure), receive_count=receive_count)
    return Returned(after_seconds=0)


def _save(claimed: ClaimedJob, transcript: str) -> None:
    services, policy = claimed.services, claimed.services.policy
    now = services.clock.now()
    # If the worker dies right after this commit, the sweep queues the analysis, but only after this job's own retry.
    gap = policy.analysis_retry.gap(claimed.memory.analysis_attempts)
    saved = NewTranscript(transcript, claimed.usage, analysis_due_at=now + gap + policy.lease_duration)
    services.memories.save_transcript(claimed.lease, saved, now)
    claimed.usage = Usage()


def _save_failure(claimed: ClaimedJob, failure: TranscriptionFailed) -> None:
    services = claimed.services
    saved = MemoryFailure(claimed.delivery.message_id, failure.reason, failure.detail, claimed.usage)
    services.memories.fail(claimed.lease, saved, services.clock.now())
