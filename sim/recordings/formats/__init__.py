"""The audio containers the recordings come in: told apart, read for their length, given a take number.

A *take* is a number kept where each format keeps such things (a WAV INFO chunk, an ID3 tag, Ogg
comments, Matroska tags, an MP4 box). It makes any number of distinct, valid files out of one recording,
and whoever holds the bytes can say which recording and which take they are. The formats are those
OpenAI accepts: https://platform.openai.com/docs/guides/speech-to-text.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from sim.recordings.formats import flac, m4a, mp3, ogg, wav, webm
from sim.recordings.formats.broken import BrokenAudio

__all__ = ["FORMATS", "AudioFormat", "BrokenAudio", "detect"]


@dataclass(frozen=True)
class AudioFormat:
    """One container: how to know it, how long it plays, and how it carries a take number."""

    name: str
    content_type: str
    extensions: tuple[str, ...]
    reader: ModuleType

    def matches(self, data: bytes) -> bool:
        return bool(self.reader.matches(data))

    def seconds(self, data: bytes) -> float:
        """How long the audio plays, in seconds.

        Raises:
            BrokenAudio: the file does not keep what its leading bytes promise.
        """
        return float(self._read(self.reader.seconds, data))

    def with_take(self, data: bytes, take: int) -> bytes:
        """The same audio, its metadata saying which take it is."""
        return bytes(self.reader.with_take(data, take))

    def without_take(self, data: bytes) -> tuple[bytes, int | None]:
        """The file as it was before `with_take`, and the take; None when it has none.

        Raises:
            BrokenAudio: as for `seconds`.
        """
        bare, take = self._read(getattr(self.reader, "without_take", _takeless), data)
        return bare, take

    def _read[T](self, read: Callable[[bytes], T], data: bytes) -> T:
        try:
            return read(data)
        except (struct.error, IndexError) as error:
            raise BrokenAudio(f"the {self.name} file ends where more is promised") from error


def _takeless(data: bytes) -> tuple[bytes, None]:
    return data, None


FORMATS = (
    AudioFormat("wav", "audio/wav", ("wav",), wav),
    AudioFormat("mp3", "audio/mpeg", ("mp3", "mpga", "mpeg"), mp3),
    AudioFormat("m4a", "audio/mp4", ("m4a", "mp4"), m4a),
    AudioFormat("ogg", "audio/ogg", ("ogg", "oga"), ogg),
    AudioFormat("webm", "audio/webm", ("webm",), webm),
    AudioFormat("flac", "audio/flac", ("flac",), flac),
)


def detect(data: bytes) -> AudioFormat | None:
    """Which format the leading bytes belong to; None when they are not audio."""
    return next((audio_format for audio_format in FORMATS if audio_format.matches(data)), None)
