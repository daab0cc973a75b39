"""The form of an upload, parsed as it arrives."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rawk.api.upload_form import FIELD_BYTES, UploadForm
from rawk.domain.errors import MalformedUpload
from tests.unit.api.forms import BOUNDARY, CONTENT_TYPE, audio, form, part, wav


def read(
    body: bytes, content_type: str | None = CONTENT_TYPE, cuts: list[int] | None = None
) -> tuple[bytes, UploadForm]:
    """Feed the body, cut at these places, and close the form."""
    reader = UploadForm(content_type)
    edges = [0, *sorted(cuts or []), len(body)]
    content = b"".join(reader.feed(body[start:end]) for start, end in pairwise(edges))
    reader.close()
    return content, reader


def test_audio_title_and_time_are_read():
    content, reader = read(
        form(audio(wav()), part("title", b" Standup "), part("recorded_at", b"2026-11-20T10:00:00Z"))
    )

    assert content == wav()
    assert reader.title == "Standup"
    assert reader.recorded_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_text_fields_may_stand_before_or_after_the_audio():
    title = part("title", "Café".encode())
    recorded_at = part("recorded_at", b"2026-11-20T10:00:00+02:00")

    for body in (
        form(title, audio(wav()), recorded_at),
        form(recorded_at, title, audio(wav())),
        form(audio(wav()), title, recorded_at),
    ):
        content, reader = read(body)
        assert (content, reader.title, reader.recorded_at) == (wav(), "Café", datetime(2026, 11, 20, 8, tzinfo=UTC))


def test_empty_text_fields_count_as_missing():
    _, reader = read(form(audio(wav()), part("title", b"  "), part("recorded_at", b"")))

    assert reader.title is None
    assert reader.recorded_at is None


# Audio that contains parts of the delimiter, so that chunks end inside them.
tricky_audio = st.lists(
    st.sampled_from([b"\r\n", b"--", b"\r\n--" + BOUNDARY[:9], BOUNDARY, b"\r", b"\n", b"-", wav(70), b"\x00"]),
    max_size=12,
).map(b"".join)


@given(
    data=st.data(),
    content=tricky_audio,
    title=st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=30),
)
def test_the_chunks_of_the_body_make_no_difference(data, content, title):
    if b"\r\n--" + BOUNDARY in b"\r\n" + content:
        content = content.replace(BOUNDARY, b"")  # a client chooses a boundary that its audio does not contain
    body = form(part("title", title.encode()), audio(content), part("recorded_at", b"2026-11-20T10:00:00Z"))
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=40))

    found, reader = read(body, cuts=cuts)

    assert found == content
    assert reader.title == (title or None)
    assert reader.recorded_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_body_in_single_bytes_is_read_as_well():
    body = form(part("title", b"x"), audio(wav(500)))

    content, reader = read(body, cuts=list(range(len(body))))

    assert content == wav(500)
    assert reader.title == "x"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (form(part("title", b"x")), "no part named audio"),
        (form(), "no part named audio"),
        (form(audio(wav()), part("colour", b"red")), "'colour'"),
        (form(audio(wav()), b"--" + BOUNDARY + b"\r\nContent-Type: text/plain\r\n\r\nx\r\n"), "''"),
        (form(audio(wav()), audio(wav())), "audio comes twice"),
        (form(part("title", b"x"), part("title", b"x")), "title comes twice"),
        (form(part("title", b"x" * (FIELD_BYTES + 1))), "longer than"),
        (form(audio(wav()))[:-20], "ends before"),
        (audio(wav()), "ends before"),
        (b"", "ends before"),
        (b'{"audio": "..."}', "not well-formed"),
    ],
)
def test_an_incomplete_or_invalid_form_is_refused(body, says):
    with pytest.raises(MalformedUpload, match=says):
        read(body)


@pytest.mark.parametrize("fields", [{"title": b"x" * 201}, {"title": b"a\x00b"}, {"title": b"\xff\xfe"}])
def test_an_unprintable_title_is_refused(fields):
    _, reader = read(form(audio(wav()), *(part(name, value) for name, value in fields.items())))

    with pytest.raises(MalformedUpload, match="title"):
        _ = reader.title


def test_a_title_may_have_two_hundred_characters_of_any_script():
    _, reader = read(form(audio(wav()), part("title", ("語" * 200).encode())))

    assert reader.title == "語" * 200


@pytest.mark.parametrize(
    "text", [b"yesterday", b"2026-11-20T10:00:00", b"1763632800", b"0001-01-01T00:00:00+14:00", b"\xff"]
)
def test_an_invalid_time_is_refused(text):
    _, reader = read(form(audio(wav()), part("recorded_at", text)))

    with pytest.raises(MalformedUpload, match="recorded_at"):
        _ = reader.recorded_at


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        f"multipart/form-data; boundary={'x' * 71}",
    ],
)
def test_only_forms_with_a_boundary_are_read(content_type):
    with pytest.raises(MalformedUpload, match="multipart/form-data"):
        UploadForm(content_type)
