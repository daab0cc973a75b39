"""The audio containers of the recordings: detection, duration, take number.

A *take* is a number in the metadata field that each format has for such numbers (a WAV INFO chunk, an ID3 tag, Ogg
comments, Matroska tags, an MP4 box). It makes any number of distinct, valid files out of one recording, and the bytes
alone say which recording and which take they are: removing the take gives back the original bytes. The formats are
those that OpenAI accepts: https://platform.openai.com/docs/guides/speech-to-text. Why no library reads them:
docs/decisions/0011-hand-written-parsers.md.
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
    """One container: its detection, the duration of its audio, and its take number."""

    name: str
    content_type: str
    extensions: tuple[str, ...]
    reader: ModuleType

    def matches(self, data: bytes) -> bool:
        return bool(self.reader.matches(data))

    def seconds(self, data: bytes) -> float:
        """The duration of the audio in seconds.

        Raises:
            BrokenAudio: the file is not what its leading bytes announce.
        """
        return float(self._read(self.reader.seconds, data))

    def with_take(self, data: bytes, take: int) -> bytes:
        """The same audio with this take in its metadata."""
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
            raise BrokenAudio(f"the {self.name} file ends too early") from error


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
    """The format of the leading bytes; None when they are not audio."""
    return next((audio_format for audio_format in FORMATS if audio_format.matches(data)), None)
