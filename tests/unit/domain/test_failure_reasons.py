"""Which failure reasons lie in the recording itself."""

from rawk.domain.memory import REASONS_OF_THE_RECORDING, FailureReason


def test_only_audio_that_openai_cannot_use_is_the_recordings_own_fault():
    """Missing audio is not: the pipeline lost it. A transcription that is malformed is not: OpenAI made it."""
    of_the_recording = {str(reason) for reason in REASONS_OF_THE_RECORDING}

    assert of_the_recording == {str(reason) for reason in FailureReason if reason.startswith("audio_")} - {
        "audio_missing"
    }
