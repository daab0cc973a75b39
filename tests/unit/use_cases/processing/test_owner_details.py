"""What the owner of a failed memory reads names no key, service or class of ours."""

import pytest

from rawk.domain.errors import AIMalformedTranscription, AIRejectedAudio, AITransient, AudioMissing, StorageUnavailable
from rawk.domain.memory import FailureReason
from rawk.use_cases.processing.failures import TranscriptionFailed, detail_for_owner

TOO_LONG = "the audio is longer than OpenAI's model takes (OpenAI answered 400 invalid_value)"


@pytest.mark.parametrize(
    ("reason", "error", "detail"),
    [
        (
            FailureReason.AUDIO_MISSING,
            AudioMissing("no audio under audio/a/1"),
            "the accepted audio is not in the store",
        ),
        (FailureReason.STORAGE_UNAVAILABLE, StorageUnavailable("S3: Denied"), "the store did not give the audio"),
        (FailureReason.OPENAI_UNAVAILABLE, AITransient("no answer (APITimeoutError)"), "no answer"),
        (FailureReason.TRANSCRIPTION_MALFORMED, AIMalformedTranscription("no text (KeyError)"), "no text"),
        (FailureReason.AUDIO_TOO_LONG, AIRejectedAudio(TOO_LONG), TOO_LONG),
    ],
)
def test_a_detail_is_for_its_owner(reason, error, detail):
    assert detail_for_owner(reason, error) == detail
    assert TranscriptionFailed(reason, error, temporary=False).detail == detail
