"""An independent decoder, ffmpeg, agrees with the manifest about the recordings and their variants."""

import json
import shutil
import subprocess

import pytest

from sim import recordings

pytestmark = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffmpeg is not installed")
LIMIT_SECONDS = 60


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LIMIT_SECONDS)


@pytest.mark.parametrize("recording", recordings.all(), ids=lambda recording: recording.name)
@pytest.mark.parametrize("take", [None, 7, 123_456_789])
def test_ffmpeg_decodes_it_without_errors_and_finds_the_duration_of_the_manifest(tmp_path, recording, take):
    path = tmp_path / recording.file_name
    path.write_bytes(recording.data if take is None else recordings.variant(recording, take))

    decoded = run("ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-")
    probed = run("ffprobe", "-v", "error", "-show_entries", "format=duration:stream=channels", "-of", "json", str(path))

    assert decoded.stderr == ""
    found = json.loads(probed.stdout)
    assert float(found["format"]["duration"]) == pytest.approx(recording.duration_seconds, abs=0.02)
    assert [stream["channels"] for stream in found["streams"]] == [1]


@pytest.mark.parametrize("name", ["standup-notes", "lentil-soup", "flat-viewing", "missed-train"])
def test_players_show_the_take_as_the_track_number(tmp_path, name):
    recording = recordings.by_name(name)
    path = tmp_path / recording.file_name
    path.write_bytes(recordings.variant(recording, 42))

    probed = run("ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", str(path))

    assert '"track": "42"' in probed.stdout


def test_ffmpeg_decodes_long_silence_without_errors_and_finds_its_duration(tmp_path):
    path = tmp_path / "long.mp3"
    path.write_bytes(recordings.long_silence(90))

    decoded = run("ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-")
    probed = run("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "json", str(path))

    assert decoded.stderr == ""
    assert float(json.loads(probed.stdout)["format"]["duration"]) == pytest.approx(90, abs=0.1)
