"""The form of an upload beside a reference parser, the standard library's for e-mail: the same parts and bytes."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.api.upload_form import PARTS, UploadForm
from rawk.domain.errors import MalformedUpload
from tests.unit.api.forms import wav
from tests.unit.api.world import World

BOUNDARY_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'+_-."
"""Of RFC 2046, 5.1.1, those that need no quotes in a header."""

boundaries = st.text(st.sampled_from(BOUNDARY_CHARACTERS), min_size=1, max_size=70)
texts = st.lists(st.one_of(st.characters(codec="utf-8"), st.sampled_from(" \t\r\n-")), max_size=30).map("".join)
file_names = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20),
    st.sampled_from(['a"; name="title', "a;b=c", "\\x", '"', "über 1.m4a", "name=audio", "a'b''c", " "]),
).filter(lambda name: not name.endswith("\\"))
"""Without a backslash at the end, see `test_a_file_name_that_hides_the_name`."""


def quoted(text: str) -> str:
    """As curl quotes it; browsers write %22 for a quote, which needs none."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def heads(draw: st.DrawFn, name: str) -> bytes:
    """The head of a part as clients write it."""
    name_option = f"name={draw(st.sampled_from([name, quoted(name)]))}"
    options = [name_option]
    if draw(st.booleans()):
        options.append(f"filename={quoted(draw(file_names))}")
    space = draw(st.sampled_from(["; ", ";", ";  "]))
    field = draw(st.sampled_from(["Content-Disposition", "content-disposition", "CONTENT-DISPOSITION"]))
    lines = [f"{field}: " + space.join(["form-data", *draw(st.permutations(options))])]
    if draw(st.booleans()):
        lines.append(f"Content-Type: {draw(st.sampled_from(['audio/wav', 'text/plain;charset=UTF-8']))}")
    return "".join(f"{line}\r\n" for line in draw(st.permutations(lines))).encode() + b"\r\n"


@st.composite
def forms(draw: st.DrawFn) -> tuple[str, bytes]:
    """A boundary, and a valid body with an audio part and perhaps text fields, in any order."""
    boundary = draw(boundaries)
    delimiter = b"--" + boundary.encode()
    audio = b"".join(
        draw(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"\r\n", b"--", b"\r", b"\n"])), max_size=9))
    )
    contents = {"audio": wav(60) + audio}
    for name in draw(st.sets(st.sampled_from(["title", "recorded_at"]))):
        contents[name] = draw(texts).encode()
    names = draw(st.permutations(list(contents)))
    for content in contents.values():  # a client chooses a boundary that is in none of the parts
        assume(delimiter not in b"\r\n" + content)
    parts = [delimiter + b"\r\n" + draw(heads(name)) + contents[name] + b"\r\n" for name in names]
    epilogue = draw(st.sampled_from([b"", b"\r\n", b"\r\nThis is an epilogue."]))
    return boundary, b"".join(parts) + delimiter + b"--" + epilogue


def reference(boundary: str, body: bytes) -> dict[str, bytes]:
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'.encode()
    message = BytesParser(EmailMessage, policy=policy.compat32).parsebytes(head + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return {str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) for part in parts}


def read(boundary: str, body: bytes, cuts: list[int]) -> dict[str, bytes]:
    """What the product finds when the body comes in these pieces."""
    form = UploadForm(f"multipart/form-data; boundary={boundary}")
    edges = [0, *sorted(cuts), len(body)]
    audio = b"".join(form.feed(body[start:end]) for start, end in pairwise(edges))
    form.close()
    return {"audio": audio} | {name: bytes(text) for name, text in form._texts.items()}


@given(st.data(), forms())
def test_the_product_and_the_reference_read_the_same_parts(data, form):
    boundary, body = form
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=20))

    found = read(boundary, body, cuts)

    assert found == reference(boundary, body)
    assert set(found) <= set(PARTS)


@given(st.data(), forms())
def test_a_body_that_ends_early_is_refused(data, form):
    boundary, body = form
    end = body.rindex(b"--" + boundary.encode() + b"--") + len(boundary) + 3
    cut = data.draw(st.integers(0, end))

    with pytest.raises(MalformedUpload):
        read(boundary, body[:cut], [])


@pytest.mark.parametrize("option", [r'filename="memo\\"', r'filename="memo\"', 'filename=6"'])
def test_a_file_name_that_hides_the_name(option):
    """python-multipart and the reference both take the text after an odd quote or a backslash before the last quote
    for part of the file name. Clients write the name first; a form that does not is refused, and never misread."""
    part = f'--b\r\nContent-Disposition: form-data; {option}; name="audio"\r\n\r\n'.encode() + wav(60)
    body = part + b"\r\n--b--\r\n"

    assert list(reference("b", body)) == ["None"]
    with pytest.raises(MalformedUpload, match="unknown"):
        read("b", body, [])
    name_first = body.replace(f'{option}; name="audio"'.encode(), f'name="audio"; {option}'.encode())
    assert read("b", name_first, []) == reference("b", name_first) == {"audio": wav(60)}


BROKEN = st.sampled_from(
    [b"", b"\r", b"\n", b"\x00", b"\xff", b":", b'"', b"\r\n\r\n", b"--", b"Content-Disposition: form-data\r\n", b"=?"]
)


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(World().services({"key": "acme"})), headers={"X-API-Key": "key"}) as client:
        yield client


@given(st.data(), forms())
def test_a_damaged_body_is_accepted_or_refused_with_a_reason_and_never_crashes(client, data, form):
    boundary, body = form
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body = body[:at] + data.draw(BROKEN) + body[at + data.draw(st.integers(0, 3)) :]

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post("/api/v1/memories", content=body, headers=headers)

    assert answer.status_code in (202, 413, 415, 422), answer.text
    if answer.status_code != 202:
        assert answer.json()["type"] in (
            "urn:rawk:problem:malformed-upload",
            "urn:rawk:problem:recording-not-audio",
            "urn:rawk:problem:recording-too-large",
        )
