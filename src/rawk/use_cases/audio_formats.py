"""The audio format of a recording, recognised by its leading bytes and never by the sender's content type.

The formats are those that OpenAI's transcription accepts: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm
(https://platform.openai.com/docs/guides/speech-to-text). Intake refuses what OpenAI would refuse.
"""

from dataclasses import dataclass

HEAD_BYTES = 64
"""Enough to recognise every format. A shorter recording may be recognised by fewer bytes."""


@dataclass(frozen=True, slots=True)
class AudioKind:
    content_type: str
    extension: str
    """OpenAI derives the format from the file name's extension."""


WAV = AudioKind("audio/wav", "wav")
FLAC = AudioKind("audio/flac", "flac")
MPEG = AudioKind("audio/mpeg", "mp3")
MP4 = AudioKind("audio/mp4", "m4a")
OGG = AudioKind("audio/ogg", "ogg")
WEBM = AudioKind("audio/webm", "webm")

KINDS = (WAV, FLAC, MPEG, MP4, OGG, WEBM)

# Major brands of ISO base media files with sound: images (HEIC, AVIF) have the same structure.
_MP4_BRANDS = frozenset(
    {b"M4A ", b"M4B ", b"M4V ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"dash", b"MSNV"}
    | {b"3gp4", b"3gp5", b"3gp6"}
)
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_EBML_DOC_TYPE = b"\x42\x82"


def recognise(head: bytes) -> AudioKind | None:
    """The format of audio that begins with these bytes, or None when it is not a known one."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"fLaC":
        return FLAC
    if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
        return MP4
    if head[:4] == b"OggS" and _first_ogg_packet(head).startswith(_OGG_CODECS):
        return OGG
    if head[:4] == b"\x1a\x45\xdf\xa3" and _is_webm(head):
        return WEBM
    if head[:3] == b"ID3" or _is_mpeg_frame(head[:4]):
        return MPEG
    return None


def file_name_for(content_type: str) -> str:
    """A file name for audio of this content type. Raises ValueError for one that `recognise` never gives."""
    for kind in KINDS:
        if kind.content_type == content_type:
            return f"recording.{kind.extension}"
    raise ValueError(f"{content_type!r} is not the content type of a known audio format")


def _first_ogg_packet(head: bytes) -> bytes:
    """The bytes after the page header and its segment table (RFC 3533, section 6)."""
    segments = head[26] if len(head) > 26 else 0
    return head[27 + segments :]


def _is_webm(head: bytes) -> bool:
    """Matroska begins with the same EBML header; only the document type differs."""
    at = head.find(_EBML_DOC_TYPE)
    return at > 0 and b"webm" in head[at : at + 16]


def _is_mpeg_frame(start: bytes) -> bool:
    """An MPEG audio frame of layer II or III (ISO 11172-3, 2.4.1.3).

    Layer I is left out: no recorder uses it, and the byte order mark of a UTF-16 text looks like it.
    """
    if len(start) < 4 or start[0] != 0xFF or start[1] & 0xE0 != 0xE0:
        return False
    version, layer = start[1] >> 3 & 0b11, start[1] >> 1 & 0b11
    bit_rate, sample_rate = start[2] >> 4, start[2] >> 2 & 0b11
    return version != 0b01 and layer in (0b01, 0b10) and bit_rate not in (0, 15) and sample_rate != 0b11
