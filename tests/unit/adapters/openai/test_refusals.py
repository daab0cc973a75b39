"""What OpenAI's refusals say decides, not their status: a table of bodies, for both calls."""

import pytest

from rawk.domain.errors import AIError
from tests.unit.adapters.openai.refusals import OF_ANALYSES, OF_AUDIO, OF_BOTH, OF_CHUNKS, as_response
from tests.unit.adapters.openai.responses import CALL


def _params(refusals):
    return [pytest.param(*refusal[1:], id=refusal[0]) for refusal in refusals]


@pytest.mark.parametrize(("status", "body", "kind", "reason"), _params(OF_AUDIO + OF_CHUNKS + OF_BOTH))
def test_a_refused_transcription_is_judged_by_its_words(openai, transcriber, status, body, kind, reason):
    openai.post("/audio/transcriptions").mock(return_value=as_response(status, body))

    with pytest.raises(AIError) as caught:
        transcriber.transcribe(b"RIFF....WAVE", "recording.wav", CALL)

    assert (type(caught.value), caught.value.reason) == (kind, reason)


@pytest.mark.parametrize(("status", "body", "kind", "reason"), _params(OF_ANALYSES + OF_BOTH))
def test_a_refused_analysis_is_judged_by_its_words(openai, analyst, status, body, kind, reason):
    openai.post("/chat/completions").mock(return_value=as_response(status, body))

    with pytest.raises(AIError) as caught:
        analyst.analyse("a transcript", CALL)

    assert (type(caught.value), caught.value.reason) == (kind, reason)
