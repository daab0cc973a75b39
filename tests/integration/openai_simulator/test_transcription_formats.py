"""A transcription in every format, as each model gives it."""

import re

import pytest

from sim import recordings

MEMO = recordings.by_name("standup-notes")
MONOLOGUE = max(recordings.all(), key=lambda recording: recording.duration_seconds)
DIARIZE = {"model": "gpt-4o-transcribe-diarize", "chunking_strategy": "auto"}


def transcribe(client, recording=MEMO, **options):
    given = {"model": "whisper-1", "file": (recording.file_name, recording.data), **options}
    return client.audio.transcriptions.create(**given)


def seconds_of(time: str) -> float:
    hours, minutes, seconds = time.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@pytest.mark.parametrize(
    ("shape", "cue"),
    [
        ("srt", r"(\d+)\n(\S+,\d{3}) --> (\S+,\d{3})\n(.+)\n\n"),
        ("vtt", r"()(\d{2}:\d{2}:\d{2}\.\d{3}) --> (\S+\.\d{3})\n(.+)\n\n"),
    ],
)
@pytest.mark.parametrize("recording", [MEMO, MONOLOGUE], ids=lambda recording: recording.name)
def test_subtitles(client, recording, shape, cue):
    subtitles = transcribe(client, recording, response_format=shape)

    cues = re.findall(cue, subtitles)
    assert " ".join(text for *_, text in cues) == recording.transcript
    times = [(seconds_of(start), seconds_of(end)) for _, start, end, _ in cues]
    assert times[0][0] == 0
    assert times[-1][1] == pytest.approx(recording.duration_seconds, abs=0.01)
    assert all(start < end for start, end in times)
    assert [start for start, _ in times[1:]] == [end for _, end in times[:-1]]
    assert subtitles.startswith("WEBVTT\n\n") is (shape == "vtt")
    assert [number for number, *_ in cues] == [str(n + 1) if shape == "srt" else "" for n in range(len(cues))]


def test_words_with_their_times(client):
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=["word"])

    assert len(answer.words) == len(MEMO.transcript.split())
    assert answer.segments is None
    assert (answer.words[0].start, answer.words[-1].end) == (0, pytest.approx(MEMO.duration_seconds, abs=0.01))
    assert (answer.language, answer.usage.seconds) == ("english", 6)


def test_words_and_segments(client):
    options = {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"], "temperature": 0.4}

    answer = transcribe(client, **options)

    assert answer.words
    assert {segment.temperature for segment in answer.segments} == {0.4}


def test_who_speaks(client):
    answer = transcribe(client, **DIARIZE, response_format="diarized_json")

    assert answer.text == MEMO.transcript
    assert {(segment.type, segment.speaker) for segment in answer.segments} == {("transcript.text.segment", "A")}
    assert len({segment.id for segment in answer.segments}) == len(answer.segments)


@pytest.mark.parametrize("model", ["gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
def test_models_that_bill_by_tokens_say_so(client, space, model):
    answer = transcribe(client, model=model, prompt="Notes of a standup.")

    details = answer.usage.input_token_details
    assert (answer.usage.type, details.audio_tokens, details.text_tokens) == ("tokens", 60, 5)
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.languages is None
    assert space.journal()[0]["billed_seconds"] == 6


def test_log_probabilities(client):
    answer = transcribe(client, model="gpt-4o-transcribe", include=["logprobs"])

    assert "".join(each.token for each in answer.logprobs) == MEMO.transcript
    assert transcribe(client, model="gpt-4o-transcribe").logprobs is None


@pytest.mark.parametrize("shape", ["json", "text", "srt", "vtt", "verbose_json"])
def test_silence_in_every_format(client, shape):
    silence = ("silence.mp3", recordings.long_silence(3))

    answer = client.audio.transcriptions.create(model="whisper-1", file=silence, response_format=shape)

    assert "Unknown recording" in (answer if isinstance(answer, str) else answer.text)


@pytest.mark.parametrize("shape", ["json", "text", "srt", "vtt", "verbose_json"])
def test_an_empty_transcript_in_every_format(client, space, shape):
    space.add_fault({"effect": {"kind": "empty_text"}})

    answer = transcribe(client, response_format=shape)

    assert (answer.strip() if isinstance(answer, str) else answer.text) in ("", "WEBVTT")
