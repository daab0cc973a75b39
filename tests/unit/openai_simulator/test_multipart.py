"""Forms are read as the SDK writes them, and refused when they end too early."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.openai_simulator.http.multipart import NotAForm, parse_form

CONTENT_TYPE = "multipart/form-data; boundary=b0undary"


def form(file: bytes) -> bytes:
    head = b'--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\ngpt-transcribe\r\n'
    named = b'--b0undary\r\ncontent-disposition: form-data; name="file"; filename="a b.wav"\r\n'
    return head + named + b"Content-Type: audio/wav\r\n\r\n" + file + b"\r\n--b0undary--\r\n"


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300))
def test_a_file_is_read_unchanged(data):
    read = parse_form(CONTENT_TYPE, form(data))

    assert read.fields == {"model": ["gpt-transcribe"]}
    (upload,) = read.files["file"]
    assert (upload.file_name, upload.data) == ("a b.wav", data)


def test_a_form_that_ends_too_early_is_refused():
    with pytest.raises(NotAForm, match="breaks off"):
        parse_form(CONTENT_TYPE, form(b"audio")[:-16])


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data"])
def test_a_body_that_is_not_a_form_is_refused(content_type):
    with pytest.raises(NotAForm, match="not multipart/form-data with a boundary"):
        parse_form(content_type, form(b"audio"))


def test_another_boundary_is_refused():
    with pytest.raises(NotAForm, match="does not keep to its boundary"):
        parse_form("multipart/form-data; boundary=other", form(b"audio"))
