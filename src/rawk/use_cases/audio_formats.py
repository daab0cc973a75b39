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

# What recorders call these formats beside the registered names: MediaRecorder of browsers, Android, iOS, Windows. A
# recording without pictures is often named as a video.
_OTHER_NAMES = {
    WAV: "audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav",
    FLAC: "audio/x-flac application/flac application/x-flac",
    MPEG: "audio/mp3 audio/mpga audio/x-mpga audio/mpeg3 audio/x-mpeg-3 audio/x-mp3 audio/x-mpeg audio/mpg video/mpeg",
    MP4: "audio/m4a audio/x-m4a audio/m4b audio/x-m4b audio/x-mp4 audio/mp4a-latm audio/3gpp audio/3gpp2 video/mp4"
    " video/x-m4v video/3gpp video/3gpp2 application/mp4",
    OGG: "audio/opus audio/x-opus audio/vorbis audio/x-vorbis audio/x-ogg audio/speex audio/x-speex video/ogg"
    " application/ogg application/x-ogg",
    WEBM: "audio/x-webm video/webm",
}
_BY_NAME = {name: kind for kind in KINDS for name in (kind.content_type, *_OTHER_NAMES[kind].split())}

CONTENT_TYPE = rf"^({'|'.join(sorted(_BY_NAME)).replace('.', r'\.')})\s*(;[\s\S]*)?$"
"""What `audio_type` takes, as a regular expression of JSON Schema; `audio_type` ignores case as well."""

# Brands of ISO base media files (ISO/IEC 14496-12; registered at https://mp4ra.org/registered-types/brands). Those of
# sound and films; images, and films of several images, have the same structure and often `iso8` or `mp41`, too.
_MP4_BRANDS = frozenset(
    b"M4A |M4B |M4P |M4V |M4VH|M4VP|F4A |F4B |F4V |MSNV|XAVC|dash|msdh|msix|cmfc|cmf2|cmfa|hlsf|avc1|mp41|mp42|mp71"
    b"|isom|iso2|iso3|iso4|iso5|iso6|iso7|iso8|iso9|isoa|isob|isoc"
    b"|3gp4|3gp5|3gp6|3gp7|3gp8|3gp9|3ge6|3ge7|3gg6|3gr6|3gs6|3gs7|3g2a|3g2b|3g2c|kddi".split(b"|")
)
_IMAGE_BRANDS = frozenset(
    b"heic|heix|heim|heis|hevc|hevx|hevm|hevs|mif1|mif2|msf1|miaf|avif|avis|avio|avci|avcs|jpeg|jpgs|crx ".split(b"|")
)
_OGG_CODECS = (b"OpusHead", b"\x01vorbis", b"Speex   ", b"\x7fFLAC")
_EBML_DOC_TYPE = b"\x42\x82"


def recognise(head: bytes) -> AudioKind | None:
    """The format of audio that begins with these bytes, or None when it is not a known one."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"fLaC":
        return FLAC
    if head[4:8] == b"ftyp" and _has_sound(head):
        return MP4
    if head[:4] == b"OggS" and _first_ogg_packet(head).startswith(_OGG_CODECS):
        return OGG
    if head[:4] == b"\x1a\x45\xdf\xa3" and _is_webm(head):
        return WEBM
    if head[:3] == b"ID3" or _is_mpeg_frame(head[:4]):
        return MPEG
    return None


def audio_type(name: str) -> str:
    """The registered content type of a known format, by any name that recorders give it, with or without parameters
    such as `;codecs=opus`. Raises ValueError."""
    kind = _BY_NAME.get(name.partition(";")[0].strip().lower())
    if kind is None:
        raise ValueError("The content type must be that of FLAC, MP3, MP4 (M4A), Ogg, WAV or WebM audio.")
    return kind.content_type


def file_name_for(content_type: str) -> str:
    """A file name for audio of this content type. Raises ValueError for one that `recognise` never gives."""
    for kind in KINDS:
        if kind.content_type == content_type:
            return f"recording.{kind.extension}"
    raise ValueError(f"{content_type!r} is not the content type of a known audio format")


def _has_sound(head: bytes) -> bool:
    """Recorders write brands of their own, and the known ones that the file is compatible with after it."""
    box = head[8 : min(int.from_bytes(head[:4]), HEAD_BYTES)]
    brands = {box[:4], *(box[at : at + 4] for at in range(8, len(box) - 3, 4))}
    return not brands.isdisjoint(_MP4_BRANDS) and brands.isdisjoint(_IMAGE_BRANDS)


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
