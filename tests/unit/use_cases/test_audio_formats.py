"""Audio is recognised by its leading bytes: real recordings of every format, and content that only looks similar."""

import pytest

from rawk.use_cases.audio_formats import (
    FLAC,
    HEAD_BYTES,
    KINDS,
    MP4,
    MPEG,
    OGG,
    WAV,
    WEBM,
    audio_type,
    file_name_for,
    recognise,
)
from sim import recordings


@pytest.mark.parametrize("recording", recordings.all(), ids=lambda recording: recording.name)
def test_a_real_recording_is_recognised_by_its_first_bytes(recording):
    kind = recognise(recording.path.read_bytes()[:HEAD_BYTES])

    assert kind is not None
    assert kind.content_type == recording.content_type


OGG_PAGE = b"OggS\x00\x02" + bytes(20) + b"\x01\x13"
EBML = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", WAV),
        (b"fLaC\x00\x00\x00\x22", FLAC),
        (b"ID3\x04\x00", MPEG),
        (b"\xff\xfb\x90\x64", MPEG),
        (b"\xff\xf3\x40\xc0", MPEG),
        (b"\xff\xfd\x80\x04", MPEG),
        (b"\x00\x00\x00\x1cftypM4A \x00\x00\x02\x00", MP4),
        (b"\x00\x00\x00\x18ftypmp42", MP4),
        (OGG_PAGE + b"OpusHead", OGG),
        (OGG_PAGE + b"\x01vorbis", OGG),
        (EBML + b"\x42\x82\x84webm", WEBM),
        # As written by ffmpeg, with lengths of eight bytes.
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f" + EBML[5:] + b"\x42\x82\x84webm", WEBM),
    ],
)
def test_every_format_is_recognised_by_its_signature(head, kind):
    assert recognise(head) == kind


def ftyp(major, *compatible):
    return (16 + 4 * len(compatible)).to_bytes(4) + b"ftyp" + major + bytes(4) + b"".join(compatible)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(ftyp(b"M4A ", b"M4A ", b"mp42", b"isom", b"\0\0\0\0"), id="Voice Memos of iOS"),
        pytest.param(ftyp(b"iso5", b"iso5", b"isom", b"hlsf"), id="MediaRecorder of Safari"),
        pytest.param(ftyp(b"iso6", b"iso6", b"isom", b"mp41"), id="MediaRecorder of Chrome"),
        pytest.param(ftyp(b"mp42", b"isom", b"mp42"), id="MediaRecorder of Android"),
        pytest.param(ftyp(b"3gp4", b"isom", b"3gp4"), id="3GP of Android"),
        pytest.param(ftyp(b"3gp7", b"3gp7", b"isom"), id="3GP, release 7"),
        pytest.param(ftyp(b"3g2a", b"3g2a"), id="3GP2"),
        pytest.param(ftyp(b"isoa", b"isoa"), id="a later ISO brand"),
        pytest.param(ftyp(b"M4VH", b"M4VH", b"M4A ", b"mp42", b"isom"), id="a film for Apple TV"),
        pytest.param(ftyp(b"F4A ", b"isom"), id="Flash audio"),
        pytest.param(ftyp(b"cmfc", b"cmfc"), id="CMAF"),
        pytest.param(ftyp(b"SMVR", b"mp42", b"isom"), id="a recorder's own brand, compatible with known ones"),
        pytest.param(ftyp(b"\xa9ABC", b"\0\0\0\0", b"isom"), id="a brand beyond ASCII"),
        pytest.param(ftyp(b"isom"), id="no compatible brands"),
        pytest.param(ftyp(b"mp42", b"isom") + b"\0\0\0\x08freeheic", id="image brands behind the box do not count"),
        pytest.param(ftyp(b"wxyz", *[b"abcd"] * 11, b"isom"), id="a known brand at the end of what is read"),
    ],
)
def test_mp4_as_recorders_write_it_is_recognised(head):
    assert recognise(head[:HEAD_BYTES]) == MP4


@pytest.mark.parametrize(
    "head",
    [
        ftyp(b"heic", b"mif1", b"heic"),
        ftyp(b"mif1", b"mif1", b"heic"),
        ftyp(b"msf1", b"msf1", b"hevc", b"iso8"),
        ftyp(b"avif", b"avif", b"mif1", b"miaf"),
        ftyp(b"avis", b"avis", b"msf1", b"iso8", b"mp41"),
        ftyp(b"crx ", b"crx ", b"isom"),
        ftyp(b"qt  ", b"qt  "),
        ftyp(b"jp2 ", b"jp2 "),
        ftyp(b"wxyz", b"abcd"),
        ftyp(b"wxyz") + b"\0\0\0\x10freeisom",
        b"\0\0\0\x08ftypisom",
        b"\0\0\0\0ftypisom",
        b"\0\0\0\x18ftyp",
    ],
)
def test_images_and_other_files_in_the_same_wrapping_are_not_recognised(head):
    assert recognise(head[:HEAD_BYTES]) is None


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("audio/webm;codecs=opus", "audio/webm"),
        ('audio/webm; codecs="opus"', "audio/webm"),
        ("video/webm;codecs=vp8,opus", "audio/webm"),
        ("audio/ogg; codecs=opus", "audio/ogg"),
        ("application/ogg", "audio/ogg"),
        ("audio/mp4;codecs=mp4a.40.2", "audio/mp4"),
        ("audio/x-m4a", "audio/mp4"),
        ("audio/m4a", "audio/mp4"),
        ("video/mp4", "audio/mp4"),
        ("audio/3gpp", "audio/mp4"),
        ("audio/mp3", "audio/mpeg"),
        ("audio/mpga", "audio/mpeg"),
        ("audio/x-wav", "audio/wav"),
        ("audio/vnd.wave;codec=1", "audio/wav"),
        ("audio/x-flac", "audio/flac"),
        (" Audio/WAV ", "audio/wav"),
        *((kind.content_type, kind.content_type) for kind in KINDS),
    ],
)
def test_a_content_type_has_many_names(name, registered):
    assert audio_type(name) == registered


@pytest.mark.parametrize(
    "name",
    [
        "",
        ";codecs=opus",
        "audio",
        "audio/",
        "audio/*",
        "*/*",
        "image/gif",
        "audio/aac",
        "audio/amr",
        "video/quicktime",
        "video/x-matroska;codecs=avc1",
        "audio/webmx",
        "text/plain; audio/webm",
        "audio/webm, audio/wav",
    ],
)
def test_content_types_of_other_formats_are_refused(name):
    with pytest.raises(ValueError, match="FLAC"):
        audio_type(name)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="too short to recognise"),
        pytest.param(b"Dear diary, today I bought a new recorder", id="text"),
        pytest.param(b"\xff\xfeH\x00e\x00l\x00l\x00o\x00", id="UTF-16 text"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="PNG"),
        pytest.param(b"%PDF-1.7", id="PDF"),
        pytest.param(b"PK\x03\x04", id="zip"),
        pytest.param(b"RIFF\x24\x00\x00\x00AVI LIST", id="AVI, in the same wrapping as WAV"),
        pytest.param(b"RIFF\x24\x00\x00\x00WEBPVP8 ", id="WebP, in the same wrapping as WAV"),
        pytest.param(b"\x00\x00\x00\x18ftypheic", id="HEIC, in the same wrapping as MP4"),
        pytest.param(OGG_PAGE + b"\x80theora", id="Ogg video"),
        pytest.param(EBML + b"\x42\x82\x88matroska", id="Matroska, in the same wrapping as WebM"),
        pytest.param(b"\xff\xf1\x50\x80", id="AAC without a container, which OpenAI does not take"),
        pytest.param(b"\xff\xff\xff\xff", id="ones"),
        pytest.param(bytes(64), id="zeros"),
    ],
)
def test_other_content_is_not_recognised(head):
    assert recognise(head) is None


def test_the_file_name_has_the_extension_of_the_format():
    assert {file_name_for(kind.content_type) for kind in KINDS} == {f"recording.{kind.extension}" for kind in KINDS}
    with pytest.raises(ValueError, match="video/mp4"):
        file_name_for("video/mp4")
