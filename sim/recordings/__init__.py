"""Real speech for the pipeline: recordings with known words.

`make.py` makes the files under `audio/` from `scripts.toml`; `recordings.json` describes them. A *variant* is a
recording with a take number in its own metadata: other bytes, another digest and another transcript, so that two
hundred uploads are two hundred recordings, and a transcript provably belongs to the audio it is stored with.
`recognise` finds recording and take from the bytes alone.
"""

import hashlib
import json
import random
import wave
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from sim.recordings.formats import FORMATS, AudioFormat, BrokenAudio, detect, mp3, wav

__all__ = [
    "Recognised",
    "Recording",
    "all",
    "by_name",
    "enlarged",
    "long_silence",
    "pick",
    "recognise",
    "silence",
    "variant",
    "variant_transcript",
]

HOME = Path(__file__).parent
AUDIO = HOME / "audio"
MANIFEST = HOME / "recordings.json"
SILENCE_SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True)
class Recording:
    """One checked-in speech recording and its words."""

    name: str
    path: Path
    format: str
    content_type: str
    duration_seconds: float
    sha256: str
    transcript: str
    analysis: dict[str, Any] = field(hash=False)

    @property
    def file_name(self) -> str:
        return self.path.name

    @property
    def data(self) -> bytes:
        return self.path.read_bytes()


@dataclass(frozen=True)
class Recognised:
    """The recording that a file contains, and which take of it (None for the recording itself)."""

    recording: Recording
    take: int | None

    @property
    def transcript(self) -> str:
        return self.recording.transcript if self.take is None else f"{self.recording.transcript} Take {self.take}."


@cache
def _manifest() -> tuple[Recording, ...]:
    entries = json.loads(MANIFEST.read_text("utf-8"))["recordings"]
    return tuple(Recording(path=AUDIO / entry.pop("file_name"), **entry) for entry in entries)


@cache
def _by_digest() -> dict[str, Recording]:
    return {recording.sha256: recording for recording in _manifest()}


def all() -> list[Recording]:
    """Every recording, in the manifest's order."""
    return list(_manifest())


def by_name(name: str) -> Recording:
    """The recording of that name.

    Raises:
        LookupError: there is none; the text lists the names.
    """
    for recording in _manifest():
        if recording.name == name:
            return recording
    names = ", ".join(recording.name for recording in _manifest())
    raise LookupError(f"there is no recording {name!r}; there are {names}")


def pick(count: int, seed: int) -> list[Recording]:
    """A number of recordings, the same for the same seed; all are used once before one is repeated."""
    randomness, chosen = random.Random(seed), list[Recording]()
    while len(chosen) < count:
        chosen += randomness.sample(_manifest(), k=min(count - len(chosen), len(_manifest())))
    return chosen


def variant(recording: Recording, take: int) -> bytes:
    """The recording's audio with a take number in its metadata, so that its digest is unique.

    Raises:
        ValueError: the take is negative or has more than nine digits.
    """
    if not 0 <= take < 10**9:
        raise ValueError(f"a take is a number from 0 to 999999999, not {take}")
    return _format_of(recording).with_take(recording.data, take)


def enlarged(recording: Recording, size_bytes: int) -> bytes:
    """A WAV recording as a file of exactly that size, filled with a chunk that players skip; the words are the same.

    Raises:
        ValueError: the recording is not a WAV, or larger already.
    """
    if recording.format != "wav":
        raise ValueError(f"only WAV recordings can be enlarged, and {recording.name} is {recording.format}")
    return wav.enlarged(recording.data, size_bytes)


def silence(duration_seconds: float = 1.0) -> bytes:
    """A WAV file of silence."""
    file = BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(2)
        writing.setframerate(SILENCE_SAMPLE_RATE_HZ)
        writing.writeframes(bytes(2 * round(SILENCE_SAMPLE_RATE_HZ * duration_seconds)))
    return file.getvalue()


def long_silence(duration_seconds: float) -> bytes:
    """An MP3 file of silence of at least that duration, in few bytes: an hour takes 3.6 MB."""
    return mp3.silence(duration_seconds)


def variant_transcript(recording: Recording, take: int) -> str:
    """The simulator's transcript of `variant(recording, take)`."""
    return Recognised(recording, take).transcript


def recognise(data: bytes) -> Recognised | None:
    """The recording and the take of these bytes; None when they are not a recording of this package."""
    audio_format = detect(data)
    if audio_format is None:
        return None
    try:
        bare, take = audio_format.without_take(data)
        bare = wav.without_filling(bare) if audio_format.name == "wav" else bare
    except BrokenAudio:
        return None
    recording = _by_digest().get(hashlib.sha256(bare).hexdigest())
    return Recognised(recording, take) if recording is not None else None


def _format_of(recording: Recording) -> AudioFormat:
    return next(audio_format for audio_format in FORMATS if audio_format.name == recording.format)
