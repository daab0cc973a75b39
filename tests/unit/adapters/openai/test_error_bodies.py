"""What is read out of the bodies of errors, in all the shapes in which OpenAI, Azure and proxies write them."""

import json
import re
from typing import Any

import pytest

from rawk.adapters.openai.error_bodies import (
    CODES,
    DEEPEST,
    INSIDE,
    MESSAGES,
    MOST_CHARACTERS,
    Statement,
    contains_error,
    read_statement,
)


def read(body: Any) -> Statement:
    return read_statement(json.dumps(body).encode())


def nested(error: Any, levels: int) -> Any:
    for _ in range(levels):
        error = {"error": error}
    return error


# contains_error


@pytest.mark.parametrize("error", [{}, {"message": "no"}, "", "no"])
def test_an_object_with_an_error_contains_one(error: object) -> None:
    assert contains_error(json.dumps({"error": error, "text": "hello"}).encode()) is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"error": ',
        b"\xff",
        b"[" * 100_000,
        b"null",
        b'"error"',
        b'["error"]',
        b'[{"error": "no"}]',
        b"{}",
        b'{"error": null}',
        b'{"error": 7}',
        b'{"error": ["no"]}',
        b'{"ERROR": "no"}',
        b'{"message": "no"}',
    ],
)
def test_anything_else_contains_none(body: bytes) -> None:
    assert contains_error(body) is False


# read_statement


def test_an_error_of_openai_is_read_whole() -> None:
    error = {"message": "Too LONG", "type": "invalid_request_error", "param": "File", "code": "audio_too_long"}

    assert read({"error": error}) == Statement(
        codes={"audio_too_long"},
        types={"invalid_request_error"},
        params={"file"},
        text="too long\n",
        written_codes=["audio_too_long"],
    )


def test_a_text_is_a_message_in_lower_case_without_the_space_around_it() -> None:
    assert read_statement(b" \n No CREDIT left \n") == Statement(text="no credit left")
    assert read_statement(b"caf\xe9 closed") == Statement(text="caf� closed")
    assert read_statement(b"x" * (MOST_CHARACTERS + 1)).text == "x" * MOST_CHARACTERS


@pytest.mark.parametrize("body", [b"<html>quota</html>", b"  \n<!doctype html>quota", b"", b"null", b"7", b"[]", b"{}"])
def test_what_says_nothing_is_empty(body: bytes) -> None:
    assert read_statement(body) == Statement()


def test_a_body_nested_beyond_reason_is_a_text() -> None:
    assert read_statement(b"[" * 100_000) == Statement(text="[" * MOST_CHARACTERS)


def test_a_json_text_and_the_texts_in_a_list_are_messages() -> None:
    assert read("No CREDIT").text == "no credit\n"
    assert read(["One", "Two", {"message": "Three"}]).text == "one\ntwo\nthree\n"


def test_a_list_is_read_up_to_a_bound() -> None:
    assert read([str(number) for number in range(DEEPEST + 2)]).text.split() == [str(n) for n in range(DEEPEST)]


@pytest.mark.parametrize("name", INSIDE)
def test_an_error_is_found_inside_another(name: str) -> None:
    inner = {"message": "inner", "code": "InnerCode"}

    for body in ({"message": "outer", name: inner}, {"message": "outer", name: [inner]}):
        statement = read(body)
        assert (statement.text, statement.codes) == ("outer\ninner\n", {"inner_code"})


@pytest.mark.parametrize("name", ["usage", "data", "metadata", "Error"])
def test_nothing_is_read_inside_other_fields(name: str) -> None:
    assert read({name: {"message": "inner", "code": "inner", "type": "tokens"}}) == Statement()


def test_errors_are_read_to_a_depth_and_no_deeper() -> None:
    assert read(nested({"message": "found"}, DEEPEST - 1)).text == "found\n"
    assert read(nested({"message": "found"}, DEEPEST)).text == ""
    assert read({"errors": [[[["found"]]]]}).text == "found\n"
    assert read({"errors": [[[[["found"]]]]]}).text == ""


def test_the_codes_stand_as_written_the_outermost_first() -> None:
    body = {"code": "429", "error": {"code": "Insufficient-Quota", "reason": "Billing", "error_code": "b7"}}

    statement = read(body)

    assert statement.written_codes == ["429", "Insufficient-Quota", "Billing", "b7"]
    assert statement.codes == {"429", "insufficient_quota", "billing", "b7"}


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("code", [7, None, ["quota"], {"a": 1}])
def test_a_code_that_is_no_text_is_left_out(name: str, code: object) -> None:
    assert read({name: code}) == Statement()


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_of_a_message_is_read(name: str) -> None:
    assert read({name: "No Credit"}).text == "no credit\n"
    assert read({name: 7}).text == ""


def test_several_messages_are_read_each_up_to_the_bound_and_so_is_the_whole() -> None:
    assert read({"message": "One", "msg": "Two"}).text == "one\ntwo\n"
    long = "x" * MOST_CHARACTERS
    assert read([long + "y", "z"]).text == long
    assert read(["y" + "x" * (MOST_CHARACTERS - 3), "z"]).text == "y" + "x" * (MOST_CHARACTERS - 3) + "\nz"


def test_a_type_and_a_param_that_are_no_texts_are_left_out() -> None:
    assert read({"type": 7, "param": ["file"]}) == Statement()
    assert read({"type": None, "param": None}) == Statement()
    assert read({"param": ""}) == Statement()


def test_one_word_as_the_error_is_a_code_too_and_a_sentence_is_none() -> None:
    assert read({"error": "InsufficientQuota"}).codes == {"insufficient_quota"}
    assert read({"error": "InsufficientQuota"}).written_codes == []
    assert read({"error": "no quota"}).codes == set()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("model_not_found", "model_not_found"),
        ("Model-Not-Found", "model_not_found"),
        ("model not\tfound", "model_not_found"),
        ("model.not - found", "model_not_found"),
        ("ModelNotFound", "model_not_found"),
        ("modelNotFound2Day", "model_not_found2_day"),
        ("ResponsibleAIPolicyViolation", "responsible_ai_policy_violation"),
        ("HTTPError", "http_error"),
        ("QUOTA", "quota"),
        ("a" * 101, "a" * 100),
    ],
)
def test_names_have_one_form(written: str, name: str) -> None:
    assert read({"code": written}).codes == {name}
    assert read({"type": written}).types == {name}


# Statement


def test_names_are_the_codes_and_the_types() -> None:
    statement = Statement(codes={"a_code"}, types={"a_type"}, params={"a_param"}, text="a_text")

    assert statement.names == {"a_code", "a_type"}
    found = {name: statement.names_one_of(re.compile(name)) for name in ("code", "type", "param", "text")}
    assert found == {"code": True, "type": True, "param": False, "text": False}
