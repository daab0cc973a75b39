"""What schemathesis cannot know about valid requests from the document: it loads this module in its own process."""

from datetime import UTC, datetime

import httpx
import schemathesis
from hypothesis import strategies as st

from rawk.api import cursors
from rawk.api.fields import MAX_TITLE_CHARACTERS, OVERRIDES
from rawk.ports import Cursor
from rawk.use_cases.audio_formats import KINDS
from tests.unit.api.forms import WAV_HEAD

MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
CURSORS = st.builds(Cursor, MOMENTS, st.uuids().map(str)).map(cursors.encode)
TITLES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters=OVERRIDES),
    max_size=MAX_TITLE_CHARACTERS,
)
RECORDINGS = st.binary(max_size=300).map(lambda samples: WAV_HEAD + samples)

schemathesis.openapi.format("cursor", CURSORS)
for kind in KINDS:
    schemathesis.openapi.media_type(kind.content_type, RECORDINGS)


@schemathesis.hook.apply_to(operation_id=["upload_recording", "begin_upload"])
def flatmap_body(context: object, body: object) -> st.SearchStrategy[object]:  # noqa: ARG001
    """A title in half of the requests without one: most of those that fit the document's pattern are spaces."""
    if not isinstance(body, dict) or "title" in body:
        return st.just(body)
    return st.one_of(st.just(body), TITLES.map(lambda title: {**body, "title": title}))


@schemathesis.hook.apply_to(operation_id="upload_recording")
def before_add_examples(context: object, examples: list[schemathesis.Case]) -> None:  # noqa: ARG001
    """An example in the document is text, so a recording has none."""
    for case in examples:
        case.body = {**case.body, "audio": WAV_HEAD}


@schemathesis.hook.apply_to(operation_id="begin_upload")
def after_call(context: object, case: object, response: schemathesis.Response) -> None:  # noqa: ARG001
    """Upload a recording as a client does, so that its submission is more than a refusal."""
    form = response.json()["form"] if response.status_code == httpx.codes.CREATED else None
    if form is not None:
        httpx.post(form["url"], data=form["fields"], files={"file": WAV_HEAD}, trust_env=False).raise_for_status()
