"""The recordings are what their manifest says, and every variant of them can be distinguished."""

import hashlib
import io
import json
import tomllib
import wave
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import recordings
from sim.recordings import AUDIO, MANIFEST
from sim.recordings.formats import FORMATS, BrokenAudio, detect
from sim.recordings.make import ANALYSIS_FIELDS, SCRIPTS

EVERY = pytest.mark.parametrize("recording", recordings.all(), ids=lambda recording: recording.name)
LEADING_BYTES = {"wav": b"RIFF", "mp3": b"\xff\xf3", "ogg": b"OggS", "webm": b"\x1a\x45\xdf\xa3"}


def test_the_manifest_and_the_folder_hold_the_same_files():
    listed = {entry["file_name"] for entry in json.loads(MANIFEST.read_text())["recordings"]}

    assert listed == {path.name for path in AUDIO.iterdir()}
    assert sum(path.stat().st_size for path in AUDIO.iterdir()) < 2_500_000


def test_the_recordings_cover_every_format_and_a_long_duration():
    every = recordings.all()

    assert {recording.format for recording in every} == {"wav", "mp3", "m4a", "ogg", "webm"}
    assert any(recording.duration_seconds > 120 for recording in every)
    assert len({recording.transcript for recording in every}) == len(every)
    assert len({recording.sha256 for recording in every}) == len(every)


@EVERY
def test_a_recording_is_what_the_manifest_says(recording):
    assert hashlib.sha256(recording.data).hexdigest() == recording.sha256
    assert recording.path.suffix == f".{recording.format}"
    found = detect(recording.data)
    assert (found.name, found.content_type) == (recording.format, recording.content_type)
    assert found.seconds(recording.data) == pytest.approx(recording.duration_seconds, abs=0.01)
    leading = recording.data[4:8] if recording.format == "m4a" else recording.data
    assert leading.startswith(LEADING_BYTES.get(recording.format, b"ftyp"))


def test_the_manifest_has_the_transcripts_and_analyses_of_the_scripts():
    scripts = {script["name"]: script for script in tomllib.loads(SCRIPTS.read_text("utf-8"))["recording"]}

    assert set(scripts) == {recording.name for recording in recordings.all()}
    for recording in recordings.all():
        script = scripts[recording.name]
        assert recording.transcript == " ".join(script["transcript"].split())
        assert recording.analysis == {name: script[name] for name in ANALYSIS_FIELDS}


@EVERY
def test_the_duration_fits_the_number_of_words(recording):
    words_per_minute = len(recording.transcript.split()) / recording.duration_seconds * 60

    assert 120 < words_per_minute < 260


@pytest.mark.parametrize("name", ["standup-notes", "dentist-reminder"])
def test_the_standard_library_finds_the_same_duration(name):
    recording = recordings.by_name(name)
    with wave.open(str(recording.path)) as file:
        assert file.getnchannels() == 1
        assert file.getnframes() / file.getframerate() == pytest.approx(recording.duration_seconds, abs=0.01)


@EVERY
@settings(deadline=None, max_examples=40)
@given(take=st.integers(0, 10**9 - 1))
def test_a_variant_is_distinct_and_its_recording_is_recognised(recording, take):
    audio = recordings.variant(recording, take)

    recognised = recordings.recognise(audio)

    assert hashlib.sha256(audio).hexdigest() != recording.sha256
    assert (recognised.recording, recognised.take) == (recording, take)
    assert recognised.transcript == f"{recording.transcript} Take {take}."
    audio_format = detect(audio)
    assert audio_format.seconds(audio) == audio_format.seconds(recording.data)
    assert audio_format.without_take(audio) == (recording.data, take)


@pytest.mark.parametrize("take", [-1, 10**9])
def test_a_take_out_of_range_is_refused(take):
    with pytest.raises(ValueError, match=f"a take is a number from 0 to 999999999, not {take}"):
        recordings.variant(recordings.all()[0], take)


def test_the_standard_library_reads_a_wav_variant():
    audio = recordings.variant(recordings.by_name("standup-notes"), 12)

    with wave.open(io.BytesIO(audio)) as file:
        assert file.getnframes() > 16_000


def test_an_enlarged_recording_has_exactly_the_size_and_the_same_words():
    recording = recordings.by_name("standup-notes")

    audio = recordings.enlarged(recording, 1_000_000)

    assert len(audio) == 1_000_000
    assert recordings.recognise(audio).transcript == recording.transcript
    with pytest.raises(ValueError, match="only WAV recordings can be enlarged"):
        recordings.enlarged(recordings.by_name("lentil-soup"), 1_000_000)


@EVERY
def test_a_file_with_one_bit_changed_is_not_recognised(recording):
    spoiled = bytearray(recording.data)
    spoiled[len(spoiled) // 2] ^= 1

    assert recordings.recognise(bytes(spoiled)) is None


@pytest.mark.parametrize("name", ["standup-notes", "balcony-garden", "flat-viewing", "missed-train", "bike-repair"])
def test_a_truncated_container_is_broken(name):
    data = recordings.by_name(name).data

    with pytest.raises(BrokenAudio):
        detect(data).seconds(data[: len(data) * 2 // 3])


@EVERY
@settings(deadline=None, max_examples=40)
@given(cut=st.floats(0, 1), at=st.floats(0, 1), junk=st.binary(max_size=12))
def test_a_corrupted_file_is_read_or_refused_as_broken_audio(recording, cut, at, junk):
    data = recording.data[: int(cut * 4000)]
    place = int(at * len(data))
    spoiled = recording.data[:8] + data[8:place] + junk + data[place + len(junk) :]
    found = detect(spoiled)
    if found is None:
        return
    for read in (found.seconds, found.without_take):
        with suppress(BrokenAudio):
            read(spoiled)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_not_recognised(data):
    assert recordings.recognise(data) is None


def test_picking_depends_on_the_seed_and_uses_all_before_repeating_one():
    picked = recordings.pick(20, seed=3)

    assert picked == recordings.pick(20, seed=3)
    assert picked != recordings.pick(20, seed=4)
    assert len({recording.name for recording in picked[: len(recordings.all())]}) == len(recordings.all())


def test_an_unknown_name_is_refused_with_the_list_of_names():
    with pytest.raises(LookupError, match=r"there is no recording 'nothing'; there are standup-notes, "):
        recordings.by_name("nothing")


def test_the_simulator_reads_every_format_of_the_manifest():
    assert {recording.format for recording in recordings.all()} <= {each.name for each in FORMATS}
    assert all(Path(recording.file_name).suffix for recording in recordings.all())
