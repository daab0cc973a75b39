"""Titles of all languages and extreme times: stored as they are or refused with 422, alike on both ways in."""

import base64
import json
from datetime import UTC, datetime

import pytest

from tests.unit.api.forms import wav

MEMORIES, UPLOADS = "/api/v1/memories", "/api/v1/uploads"


@pytest.fixture(params=["form", "JSON"])
def describe(request, client):
    """Sends a recording's description the one way or the other."""

    def by_form(**fields):
        return client.post(MEMORIES, files={"audio": wav()}, data=fields)

    def by_json(**fields):
        return client.post(UPLOADS, content=json.dumps({"content_type": "audio/wav"} | fields))

    return by_form if request.param == "form" else by_json


def stored(client, answer):
    assert answer.status_code in (201, 202), answer.text
    return client.get(answer.headers["Location"]).json()


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("👩‍⚕️ visit", id="an emoji of several, joined"),
        pytest.param("🏴󠁧󠁢󠁥󠁮󠁧󠁿 match", id="a flag with tags"),
        pytest.param("6:30\u202fPM", id="a narrow space, as phones write times"),
        pytest.param("می\u200cخواهم", id="Persian with a non-joiner"),
        pytest.param("\u200fשלום\u200e 2", id="Hebrew with marks of direction"),
        pytest.param("with \u2068علي\u2069 today", id="an isolated name"),
        pytest.param("Ça va\u00a0? «\u202foui\u202f»", id="French spaces"),
        pytest.param("会議\u3000東京", id="a Japanese space"),
        pytest.param("क्‍ष", id="Devanagari with a joiner"),
        pytest.param("co\u00adoperate", id="a soft hyphen"),
        pytest.param("\uf8ff keynote", id="a logo in private use"),
        pytest.param("\U0001fae9", id="an emoji that is newer than our tables, perhaps"),
        pytest.param("e\u0301tude", id="a combining accent"),
        pytest.param("語" * 200, id="two hundred characters"),
    ],
)
def test_a_title_of_any_language_is_kept_as_it_is(client, describe, title):
    assert stored(client, describe(title=title))["title"] == title


@pytest.mark.parametrize("title", ["", " ", "\u3000", "\u00a0\u202f", "\t \r\n", "\u200b", "\ufeff", "\u200e \u200f"])
def test_a_title_with_nothing_visible_is_no_title(client, describe, title):
    assert stored(client, describe(title=title))["title"] is None


def test_spaces_around_a_title_do_not_count(client, describe):
    assert stored(client, describe(title="\u3000 " + "x" * 200 + " \u00a0"))["title"] == "x" * 200


@pytest.mark.parametrize(
    "character",
    [*"\0\x07\x1b\x7f\x85\x9b\n\r\t\u2028\u2029\u202a\u202b\u202c\u202d\u202e"],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_control_characters_and_overrides_of_direction_are_refused(describe, world, character):
    answer = describe(title=f"a{character}b")

    assert answer.status_code == 422, answer.text
    assert "title" in answer.json()["detail"]
    assert world.memories.rows == {}


def test_a_title_over_the_limit_is_refused(describe):
    assert describe(title="x" * 201).status_code == 422


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0001-01-01T00:00:00+00:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T14:00:00+14:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00-12:00", datetime(1, 1, 1, 12, tzinfo=UTC)),
        ("1582-10-10T00:00:00Z", datetime(1582, 10, 10, tzinfo=UTC)),
        ("1969-12-31T23:59:59.999999Z", datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-03-29T02:30:00+01:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("2038-01-19T03:14:08Z", datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("9999-12-31T23:59:59+23:59", datetime(9999, 12, 31, 0, 0, 59, tzinfo=UTC)),
    ],
)
def test_an_extreme_time_is_kept(client, describe, text, moment):
    assert datetime.fromisoformat(stored(client, describe(recorded_at=text))["recorded_at"]) == moment


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59.999999-12:00",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "+002026-11-20T10:00:00Z",
        "-0001-01-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T10:00:00+99:99",
        "2026-11-20T10:00:00",
        "1e400",
        "99999999999999999999999999",
        "infinity",
        "-infinity",
        "now",
    ],
)
def test_a_time_that_no_calendar_has_is_refused(describe, world, text):
    answer = describe(recorded_at=text)

    assert answer.status_code == 422, answer.text
    assert world.memories.rows == {}


@pytest.mark.parametrize("number", ["1e400", "-1e18", "99999999999999999999999", "NaN", "-62135596801", "253402300800"])
def test_a_number_that_is_no_time_is_refused(client, number):
    answer = client.post(UPLOADS, content=f'{{"content_type": "audio/wav", "recorded_at": {number}}}')

    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_cursor_with_an_impossible_time_is_refused(client, text):
    cursor = base64.urlsafe_b64encode(json.dumps([text, "5f0c1d9e-6f0b-4b0e-9a55-3f2f9b1c7a10"]).encode()).decode()

    answer = client.get(MEMORIES, params={"cursor": cursor.rstrip("=")})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rawk:problem:invalid-cursor")


@pytest.mark.parametrize("text", [r'"\ud800"', r'"a\udfffb"', "7", "true", "[]", '{"a": 1}'])
def test_a_title_that_is_no_text_is_refused(client, text):
    answer = client.post(UPLOADS, content=f'{{"content_type": "audio/wav", "title": {text}}}')

    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("name", ["audio/webm;codecs=opus", "audio/x-m4a", "video/mp4", 'audio/ogg; codecs="opus"'])
def test_a_content_type_as_recorders_name_it_gives_a_form_with_the_registered_one(client, world, name):
    begun = client.post(UPLOADS, json={"content_type": name}).json()

    registered = {"webm": "audio/webm", "m4a": "audio/mp4", "mp4": "audio/mp4", "ogg": "audio/ogg"}
    [expected] = {kind for part, kind in registered.items() if part in name}
    assert begun["form"]["fields"]["Content-Type"] == expected
    assert world.memories.get("acme", begun["id"]).audio_content_type == expected


@pytest.mark.parametrize("name", ["audio/aac", "image/gif", "", 7, None, []])
def test_another_content_type_is_refused(client, name):
    assert client.post(UPLOADS, json={"content_type": name}).status_code == 422
