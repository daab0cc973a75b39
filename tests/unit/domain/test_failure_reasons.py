"""Which failure reasons lie in the recording itself."""

from rawk.domain.memory import RECORDING_FAULTS, FailureReason


def test_only_audio_that_openai_cannot_use_is_the_recordings_own_fault():
    """Missing or altered audio was accepted by the pipeline; a malformed transcription was made by OpenAI."""
    of_the_recording = {str(reason) for reason in RECORDING_FAULTS}

    assert of_the_recording == {str(reason) for reason in FailureReason if reason.startswith("audio_")} - {
        "audio_missing",
        "audio_altered",
    }
