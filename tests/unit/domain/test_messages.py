"""The job message: an encoded job can be decoded, and any other body is poison, never another error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rawk.domain.errors import PoisonMessage
from rawk.domain.messages import Job, decode, encode

MEMORY_ID = "8c5f0a54-4a4f-4dbb-9a40-0c2f7a6b1c11"
GOOD = {"version": 1, "type": "process_memory", "memory_id": MEMORY_ID, "correlation_id": "corr-1"}


@given(st.uuids().map(str), st.text(min_size=1))
def test_an_encoded_job_is_decoded_unchanged(memory_id, correlation_id):
    job = Job(memory_id, correlation_id)

    body = encode(job)

    assert decode(body) == job
    assert body.isascii()  # SQS refuses some characters of Unicode


def test_the_message_has_the_agreed_shape():
    assert json.loads(encode(Job(MEMORY_ID, "corr-1"))) == GOOD


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_travels_in_the_body_and_a_job_without_one_has_none():
    job = Job(MEMORY_ID, "corr-1", TRACEPARENT)

    assert json.loads(encode(job)) == {**GOOD, "traceparent": TRACEPARENT}
    assert decode(encode(job)) == job
    assert decode(json.dumps(GOOD)).traceparent is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        None,
        5,
        [TRACEPARENT],
        TRACEPARENT.upper(),
        f"{TRACEPARENT}-more",
        f"{TRACEPARENT}\n",
        f"ff{TRACEPARENT[2:]}",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
    ],
)
def test_a_trace_that_is_none_is_left_out_and_the_job_is_a_job(value):
    assert decode(json.dumps({**GOOD, "traceparent": value})) == Job(MEMORY_ID, "corr-1")


def test_unknown_fields_are_ignored():
    assert decode(json.dumps({**GOOD, "priority": "low"})) == Job(MEMORY_ID, "corr-1")


@pytest.mark.parametrize("spelling", [MEMORY_ID.upper(), f"{{{MEMORY_ID}}}", MEMORY_ID.replace("-", "")])
def test_a_memory_id_is_normalised(spelling):
    assert decode(json.dumps({**GOOD, "memory_id": spelling})).memory_id == MEMORY_ID


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


NOT_JSON = {
    "nothing": "",
    "blank": "  ",
    "prose": "Dear worker,",
    "XML": "<job/>",
    "cut off": json.dumps(GOOD)[:-1],
    "twice": json.dumps(GOOD) * 2,
    "NUL": "\x00",
    "a NUL behind it": json.dumps(GOOD) + "\x00",
    "a byte order mark": "\ufeff" + json.dumps(GOOD),
    "half a character": "\ud800",
    "nested beyond reason": "[" * 100_000,
    "objects nested beyond reason": '{"a":' * 100_000,
    "a number of too many digits": '{"version": ' + "1" * 5000 + "}",
}
NO_OBJECT = {"null": "null", "a number": "1", "a text": '"process_memory"', "a list": json.dumps([GOOD])}
VERSIONS = [0, 2, -1, True, False, None, "1", 1.0, 1.5, [1], {"1": 1}, 10**30]
TYPES = ["", "PROCESS_MEMORY", "reindex", None, 1, ["process_memory"], {}]
MEMORY_IDS = ["../etc/passwd", "8c5f0a54", MEMORY_ID + "0", MEMORY_ID + "\x00", "g" * 32, "'; drop table memories; --"]
NO_TEXTS = [None, "", 7, True, [], {}]


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_body_that_is_not_json_is_poison(body):
    with pytest.raises(PoisonMessage, match="not JSON"):
        decode(body)


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT.keys())
def test_a_body_that_is_not_an_object_is_poison(body):
    with pytest.raises(PoisonMessage, match="not a JSON object"):
        decode(body)


@pytest.mark.parametrize("version", VERSIONS, ids=repr)
def test_a_version_we_do_not_know_is_poison(version):
    with pytest.raises(PoisonMessage, match="version"):
        decode(json.dumps({**GOOD, "version": version}))


@pytest.mark.parametrize("type_", TYPES, ids=repr)
def test_a_type_we_do_not_know_is_poison(type_):
    with pytest.raises(PoisonMessage, match="type"):
        decode(json.dumps({**GOOD, "type": type_}))


@pytest.mark.parametrize("memory_id", MEMORY_IDS)
def test_a_memory_id_that_is_no_uuid_is_poison(memory_id):
    with pytest.raises(PoisonMessage, match="memory_id is not a UUID"):
        decode(json.dumps({**GOOD, "memory_id": memory_id}))


@pytest.mark.parametrize("name", ["memory_id", "correlation_id"])
@pytest.mark.parametrize("value", NO_TEXTS, ids=repr)
def test_a_field_that_is_no_text_is_poison(name, value):
    with pytest.raises(PoisonMessage, match=f"{name} is missing"):
        decode(json.dumps({**GOOD, name: value}))


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_field_is_poison(name):
    with pytest.raises(PoisonMessage):
        decode(json.dumps(without(name)))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "other"]), inner),
    max_leaves=10,
)


@given(json_values.map(json.dumps) | st.text())
def test_any_body_is_a_job_or_poison(body):
    try:
        job = decode(body)
    except PoisonMessage:
        return
    assert decode(encode(job)) == job


@given(st.dictionaries(st.sampled_from(list(GOOD)), json_values, min_size=1))
def test_a_good_message_with_some_fields_changed_is_a_job_or_poison(changes):
    try:
        job = decode(json.dumps({**GOOD, **changes}))
    except PoisonMessage:
        return
    assert decode(encode(job)) == job
