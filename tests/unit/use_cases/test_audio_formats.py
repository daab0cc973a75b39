"""Audio is recognised by its leading bytes: real recordings of every format, and content that only looks similar."""

import pytest

from rawk.use_cases.audio_formats import FLAC, HEAD_BYTES, KINDS, MP4, MPEG, OGG, WAV, WEBM, file_name_for, recognise
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
