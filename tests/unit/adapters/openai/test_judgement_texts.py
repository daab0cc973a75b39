"""What an error's text, the log and the wait say of an answer of OpenAI."""

import re
from datetime import UTC, datetime

import httpx2
import pytest

from rawk.adapters.openai import causes
from rawk.adapters.openai.causes import Cause
from rawk.adapters.openai.error_bodies import Statement
from rawk.adapters.openai.judgement import judge_analysis, judge_transcription, retry_after_seconds
from rawk.domain.errors import AIMisconfigured, AIQuotaExhausted, AIRateLimited, AIUnexplained

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def answer(status, headers=None, **error):
    return httpx2.Response(status, headers=headers, json={"error": error})


def test_rejected_audio_says_why_and_what_openai_answered():
    refused = answer(400, code="audio_too_long", message="no")
    error = judge_transcription(refused, NOW)
    assert str(error) == "the audio is longer than OpenAI's model takes (OpenAI answered 400 audio_too_long)"


def test_a_refused_analysis_says_why():
    assert str(judge_analysis(answer(400, code="invalid_prompt"), NOW)) == "the content filter stopped it"


@pytest.mark.parametrize("judge", [judge_transcription, judge_analysis])
def test_other_errors_say_what_openai_answered(judge):
    quota = judge(answer(429, code="insufficient_quota"), NOW)
    unexplained = judge(answer(400, code="odd"), NOW)
    assert (type(quota), str(quota)) == (AIQuotaExhausted, "OpenAI answered 429 insufficient_quota")
    assert (type(unexplained), str(unexplained)) == (AIUnexplained, "OpenAI answered 400 odd")


@pytest.mark.parametrize("judge", [judge_transcription, judge_analysis])
def test_a_date_to_wait_for_is_counted_from_now(judge):
    error = judge(answer(429, {"Retry-After": "Mon, 04 May 2026 12:00:30 GMT"}), NOW)
    assert isinstance(error, AIRateLimited)
    assert error.retry_after_seconds == 30


@pytest.mark.parametrize(
    ("param", "logged"), [("response_format", "response_format"), ("Tools[0].x", "tools[0].x"), ("a b", None)]
)
def test_a_misconfiguration_is_logged_with_the_parameter_that_openai_names(param, logged, log_lines):
    error = judge_transcription(answer(400, code="unsupported_parameter", param=param), NOW)
    assert isinstance(error, AIMisconfigured)
    [line] = log_lines()
    assert (line["event"], line["status"], line["code"]) == ("openai_misconfigured", 400, "unsupported_parameter")
    assert line["param"] == logged


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "9"}, 9),
        ({"retry-after": "Mon, 04 May 2026 12:00:30 GMT"}, 30),
        ({}, None),
    ],
)
def test_the_wait_is_read_by_the_names_of_the_headers_in_lower_case(headers, seconds):
    assert retry_after_seconds(headers, NOW) == seconds


# causes


def said(text, param):
    return Statement(types={"invalid_request_error"}, params={param}, text=text)


def test_audio_too_long_for_the_model_is_about_the_audio_although_the_param_is_the_model():
    assert causes.of_transcription(said("the recording is too long for this model", "model")) is Cause.TOO_LONG


@pytest.mark.parametrize("text", ["invalid audio", "the audio is too short", "the file is too large"])
def test_other_words_about_audio_with_the_model_as_param_are_about_the_model(text):
    assert causes.of_transcription(said(text, "model")) is Cause.CONFIGURATION


def test_a_pattern_of_several_finds_each_of_them_and_nothing_else():
    pattern = causes._any("^a$", "b$", "c")
    assert isinstance(pattern, re.Pattern)
    assert [bool(pattern.search(text)) for text in ("a", "xb", "xcx", "ab c", "xa", "bx", "")] == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
