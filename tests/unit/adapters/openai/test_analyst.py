"""OpenAI's responses to an analysis: a useless response never becomes an analysis."""

import json

import httpcore2
import httpx
import pytest

from rawk.adapters.openai.client import INSTRUCTIONS
from rawk.domain.errors import AIBadAnalysis, AIError, AIMisconfigured, AIQuotaExhausted, AIRateLimited, AITransient
from rawk.domain.memory import Analysis, FailureReason
from tests.unit.adapters.openai.responses import (
    ANALYSIS,
    CALL,
    KEY,
    TRANSCRIPT,
    analysis,
    answer,
    completion,
    failure,
    raw,
)

PATH = "/chat/completions"


@pytest.fixture
def analysed(openai, analyst):
    """Analyse with this response of OpenAI."""

    def analyse(response: httpx.Response | Exception) -> Analysis:
        mocked = {"side_effect": response} if isinstance(response, Exception) else {"return_value": response}
        openai.post(PATH).mock(**mocked)
        return analyst.analyse(TRANSCRIPT, CALL)

    return analyse


def test_an_analysis_is_read(analysed):
    assert analysed(analysis()) == Analysis("Meeting", "They meet.", ("plans",), ("Ada",), "positive")


def test_the_request_contains_the_schema(openai, analysed):
    analysed(analysis())

    request = openai.calls.last.request
    body = json.loads(request.content)
    assert body["model"] == "gpt-small"
    assert body["messages"] == [{"role": "system", "content": INSTRUCTIONS}, {"role": "user", "content": TRANSCRIPT}]
    schema = body["response_format"]["json_schema"]
    assert schema["strict"]
    assert set(schema["schema"]["required"]) == set(ANALYSIS)
    assert request.headers["x-client-request-id"] == CALL.memory_id
    assert request.headers["x-correlation-id"] == CALL.correlation_id
    assert {request.extensions["timeout"][part] for part in ("connect", "read", "write")} == {CALL.timeout_seconds}


MALFORMED = [
    pytest.param(raw("<html>Welcome!</html>", "text/html"), id="HTML"),
    pytest.param(answer({}), id="{}"),
    pytest.param(raw('{"choices": [{'), id="truncated body"),
    pytest.param(raw(""), id="empty body"),
    pytest.param(raw("null"), id="null"),
    pytest.param(raw("[" * 100_000), id="nested beyond reason"),
    pytest.param(answer({"choices": []}), id="no choice"),
    pytest.param(answer({"choices": None}), id="choices null"),
    pytest.param(answer({"choices": [{}]}), id="an empty choice"),
    pytest.param(answer({"choices": [{"finish_reason": "stop", "message": None}]}), id="no message"),
    pytest.param(completion(None), id="no content"),
    pytest.param(completion(""), id="empty content"),
    pytest.param(completion("Sure, here you are:"), id="prose"),
    pytest.param(completion('{"title": "Mee'), id="truncated content"),
    pytest.param(completion("{}"), id="fields missing"),
    pytest.param(analysis(topics="plans"), id="a text for a list"),
    pytest.param(analysis(title=None), id="null for a text"),
    pytest.param(analysis(mood="grumpy"), id="a mood that is none"),
    pytest.param(completion("[1, 2]"), id="a list"),
]


@pytest.mark.parametrize("response", MALFORMED)
def test_a_malformed_answer_is_worth_another_try(analysed, response):
    with pytest.raises(AIBadAnalysis) as caught:
        analysed(response)

    assert caught.value.reason is FailureReason.ANALYSIS_MALFORMED
    assert caught.value.worth_retrying


@pytest.mark.parametrize(
    ("response", "reason", "says"),
    [
        (completion(None, refusal="I cannot help."), FailureReason.ANALYSIS_REFUSED, "the model refused"),
        (completion("{", finish_reason="length"), FailureReason.ANALYSIS_TRUNCATED, "the answer was cut off"),
        (
            completion(None, finish_reason="content_filter"),
            FailureReason.ANALYSIS_FILTERED,
            "the content filter stopped it",
        ),
        (failure(400, "content_filter"), FailureReason.ANALYSIS_FILTERED, "the content filter stopped it"),
        (failure(400, "content_policy_violation"), FailureReason.ANALYSIS_FILTERED, "the content filter stopped it"),
        (
            failure(400, "context_length_exceeded"),
            FailureReason.ANALYSIS_TRUNCATED,
            "the transcript is too long for the model",
        ),
    ],
    ids=["refusal", "token limit", "content filter", "filtered, as an error", "against policy", "too long"],
)
def test_a_failure_that_the_same_transcript_repeats_is_not_worth_another_try(analysed, response, reason, says):
    with pytest.raises(AIBadAnalysis) as caught:
        analysed(response)

    assert (caught.value.reason, str(caught.value)) == (reason, says)
    assert not caught.value.worth_retrying


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 529])
def test_a_temporary_failure_is_worth_another_try(analysed, status):
    with pytest.raises(AITransient, match=f"OpenAI answered {status}"):
        analysed(failure(status))


@pytest.mark.parametrize("error", [httpcore2.ReadTimeout("slow"), httpcore2.ConnectError("refused")])
def test_no_answer_is_worth_another_try(analysed, error):
    with pytest.raises(AITransient, match="no answer from OpenAI"):
        analysed(error)


def test_a_rate_limit_says_how_long_to_wait(analysed):
    with pytest.raises(AIRateLimited) as caught:
        analysed(failure(429, "rate_limit_exceeded", retry_after="20"))

    assert caught.value.retry_after_seconds == 20


def test_the_quota_is_known_by_its_code(analysed):
    with pytest.raises(AIQuotaExhausted):
        analysed(failure(429, "insufficient_quota"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 415, 422])
def test_a_refusal_of_our_key_is_a_misconfiguration(analysed, status):
    with pytest.raises(AIMisconfigured) as caught:
        analysed(failure(status, type="invalid_request_error"))

    assert caught.value.reason is FailureReason.CONFIGURATION


def test_an_answer_without_an_analysis_says_so(analysed):
    with pytest.raises(AIBadAnalysis, match=r"^the answer has no analysis$"):
        analysed(completion(None))


LEAKING = [
    *MALFORMED,
    pytest.param(completion(f'{{"title": "{TRANSCRIPT}"}}'), id="a validation error quotes the content"),
    pytest.param(completion(None, refusal=f"I will not say: {TRANSCRIPT}"), id="a refusal quotes the transcript"),
    *(pytest.param(failure(status, KEY), id=f"{status} quotes key and transcript") for status in (400, 401, 429, 500)),
]


@pytest.mark.parametrize("response", LEAKING)
def test_no_text_of_openai_is_in_our_errors(analysed, response):
    with pytest.raises(AIError) as caught:
        analysed(response)

    for secret in (KEY, "SECRET1234", "Ada"):
        assert secret not in str(caught.value)
