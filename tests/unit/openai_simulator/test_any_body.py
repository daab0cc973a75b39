"""Whatever a client sends, the simulator answers or refuses: it never fails itself."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.openai_simulator.endpoints import transcription
from sim.openai_simulator.endpoints.json_schema import CannotGenerate, conforms, value_for
from sim.openai_simulator.endpoints.models import HEARING, MODELS, WRITING
from sim.openai_simulator.endpoints.schema_rules import KEYWORDS, LENGTHS, LISTS, NUMBERS, BadSchema, check_schema
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.journal import Journal
from sim.openai_simulator.parameters import chat, responses
from sim.openai_simulator.parameters.transcription import PARAMETERS
from sim.recordings import by_name
from tests.unit.openai_simulator.asking import ask_chat, ask_responses

WORDS = st.sampled_from(
    ["type", "text", "role", "user", "content", "json_schema", "json_object", "name", "schema", "auto", "none", "low"]
)
TEXTS = WORDS | st.text(max_size=5)
BEYOND_FLOATS = st.sampled_from([10**400, -(10**400)])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 200)
    | BEYOND_FLOATS
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
MEMO = by_name("standup-notes").data


def bodies(table):
    models = st.fixed_dictionaries({}, optional={"model": st.sampled_from(list(WRITING))})
    given_values = st.dictionaries(st.sampled_from(list(table)), VALUES, max_size=3)
    return st.tuples(given_values, models).map(lambda both: {**both[0], **both[1]})


def answered_or_refused(ask, body):
    refused = None
    try:
        assert ask(**body)
    except Refusal as refusal:
        refused = refusal.answer
    if refused is not None:
        assert json.loads(refused.body)["error"]["message"]
        assert 400 <= refused.status < 500


@settings(deadline=None, max_examples=150)
@given(bodies(chat.PARAMETERS))
def test_a_chat_completion(body):
    answered_or_refused(lambda **body: ask_chat(**{**body, "stream": None, "stream_options": None}), body)


@settings(deadline=None, max_examples=150)
@given(bodies(responses.PARAMETERS))
def test_a_response(body):
    answered_or_refused(lambda **body: ask_responses(**{**body, "stream": None, "stream_options": None}), body)


FORM_NAMES = st.sampled_from([*PARAMETERS, "include[]", "chunking_strategy[type]", "a[", "]", "[]", "a[b][c]"])
FORM_VALUES = TEXTS | st.sampled_from(["1", "true", "json", "logprobs", "srt"])


@settings(deadline=None, max_examples=100)
@given(
    fields=st.lists(st.tuples(FORM_NAMES, FORM_VALUES), max_size=4),
    model=st.sampled_from(list(HEARING)),
)
def test_a_transcription(fields, model):
    parts = [("model", model), *fields]
    body = b"".join(
        b'--b\r\ncontent-disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value.encode() + b"\r\n"
        for name, value in parts
    )
    body += b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + MEMO + b"\r\n--b--\r\n"
    record = Journal().open(0.0, "s", "transcription", None, None, 0)

    def ask():
        request = transcription.understand("multipart/form-data; boundary=b", body, len(body), record)
        return transcription.answer(request, MODELS, record, silent=False).body

    answered_or_refused(ask, {})


KEYS = st.sampled_from([*KEYWORDS, *LISTS, *LENGTHS, *NUMBERS, "properties", "$defs", "not", "if"])
SCHEMAS = st.recursive(
    st.sampled_from(["string", "object", "array", "#/$defs/type", "#", "[", "date", {"type": "string"}]) | VALUES,
    lambda inner: st.dictionaries(KEYS, inner | st.lists(inner, max_size=2), max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("strict", [True, False])
@settings(deadline=None, max_examples=200)
@given(properties=st.dictionaries(st.sampled_from(["type", "a"]), SCHEMAS, min_size=1, max_size=2))
def test_a_schema(strict, properties):
    whole = {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}
    schema = {**whole, "$defs": {"type": properties.get("type", {"type": "string"})}}
    try:
        check_schema(schema, strict=strict)
        value = value_for(schema, {"a": "known"})
    except (BadSchema, CannotGenerate):
        return
    assert conforms(schema, json.loads(json.dumps(value)), schema)
