"""OpenAI's answers to both calls: advice on retries, dates, redirects, and what an error says of an answer."""

import httpcore2
import httpx
import pytest

from rawk.adapters.openai.bounded_answers import MOST_ANSWER_BYTES
from rawk.domain.errors import AIError, AIMisconfigured, AIQuotaExhausted, AIRateLimited, AITransient
from tests.unit.adapters.openai.refusals import error
from tests.unit.adapters.openai.responses import CALL

ENDPOINTS = {"transcription": "/audio/transcriptions", "analysis": "/chat/completions"}
UNREADABLE = {"transcription": "OpenAI's answer is no transcription", "analysis": "the answer is no analysis"}


@pytest.fixture(params=list(ENDPOINTS))
def endpoint(request):
    return request.param


@pytest.fixture
def ask(openai, transcriber, analyst, endpoint):
    """Make a call that OpenAI answers with this response."""

    def ask(response: httpx.Response | Exception):
        mocked = {"side_effect": response} if isinstance(response, Exception) else {"return_value": response}
        openai.post(ENDPOINTS[endpoint]).mock(**mocked)
        if endpoint == "transcription":
            return transcriber.transcribe(b"RIFF....WAVE", "recording.wav", CALL)
        return analyst.analyse("a transcript", CALL)

    return ask


# x-should-retry


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 429, 500, 503])
@pytest.mark.parametrize(("said", "again"), [("true", True), ("false", False), (" True", True)])
def test_the_advice_on_retries_is_obeyed_whatever_the_status(ask, status, said, again):
    with pytest.raises(AIError) as caught:
        ask(httpx.Response(status, json=error("no"), headers={"x-should-retry": said}))

    assert caught.value.worth_calling_again is again


@pytest.mark.parametrize("said", ["", "yes", "1"])
@pytest.mark.parametrize(("status", "again"), [(400, True), (401, False), (429, True), (503, True)])
def test_without_understood_advice_the_class_of_the_failure_decides(ask, status, said, again):
    with pytest.raises(AIError) as caught:
        ask(httpx.Response(status, json=error("no"), headers={"x-should-retry": said}))

    assert caught.value.worth_calling_again is again


def test_an_exhausted_quota_is_not_called_again_against_all_advice(ask):
    with pytest.raises(AIQuotaExhausted) as caught:
        ask(httpx.Response(429, json=error("no", "insufficient_quota"), headers={"x-should-retry": "true"}))

    assert not caught.value.worth_calling_again


# the wait


def test_a_date_to_wait_for_is_counted_from_now(ask):
    """The clock of these tests stands at 12:00:00 that day."""
    body = error("no", "rate_limit_exceeded", code="rate_limit_exceeded")
    with pytest.raises(AIRateLimited) as caught:
        ask(httpx.Response(429, json=body, headers={"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}))

    assert caught.value.retry_after_seconds == 30


# numbers that no float can hold


@pytest.mark.parametrize("body", [{"text": 10**400}, {"choices": 10**400}, {"choices": [10**400]}, 10**400])
def test_a_success_with_a_huge_number_in_place_of_its_content_is_not_understood(ask, endpoint, body):
    with pytest.raises(AIError, match=UNREADABLE[endpoint]):
        ask(httpx.Response(200, json=body))


# what an error says


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        (httpcore2.ReadTimeout("slow"), "APITimeoutError"),
        (httpcore2.ConnectError("refused"), "APIConnectionError"),
    ],
)
def test_a_lost_answer_is_named_by_its_kind(ask, lost, kind):
    with pytest.raises(AITransient) as caught:
        ask(lost)

    assert str(caught.value) == f"no answer from OpenAI ({kind})"


@pytest.mark.parametrize(
    ("response", "kinds"),
    [
        (httpx.Response(200, json={}), {"transcription": "KeyError", "analysis": "TypeError"}),
        (
            httpx.Response(200, text="<html>", headers={"content-type": "text/html"}),
            {"transcription": "JSONDecodeError", "analysis": "AttributeError"},
        ),
        (
            httpx.Response(200, json={"error": {"message": "no"}}),
            {"transcription": "KeyError", "analysis": "TypeError"},
        ),
        (
            httpx.Response(200, content=b" " * (MOST_ANSWER_BYTES + 1)),
            {"transcription": "AnswerTooLarge", "analysis": "AnswerTooLarge"},
        ),
    ],
    ids=["{}", "HTML", "an error that says nothing", "too large"],
)
def test_an_answer_that_is_not_understood_is_named_by_the_kind_of_the_error(ask, endpoint, response, kinds):
    with pytest.raises(AIError) as caught:
        ask(response)

    assert str(caught.value) == f"{UNREADABLE[endpoint]} ({kinds[endpoint]})"


# redirects


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.test/v1", "http://api.openai.test/v1", "https://api.openai.test/v2", "//elsewhere.test", "::"],
)
def test_no_redirect_is_followed(openai, ask, status, location):
    """Any other call than the one to the configured address fails the test: respx knows no other."""
    with pytest.raises(AIMisconfigured, match=f"OpenAI answered {status}"):
        ask(httpx.Response(status, headers={"location": location}))

    assert openai.calls.call_count == 1


# what alarms count


@pytest.mark.parametrize(
    ("response", "event"),
    [
        (httpx.Response(429, json=error("no", "insufficient_quota")), "openai_quota_exhausted"),
        (httpx.Response(401, json=error("no", code="invalid_api_key")), "openai_misconfigured"),
        (httpx.Response(400, json=error("no", param="model", code="model_not_found")), "openai_misconfigured"),
        (httpx.Response(307, headers={"location": "https://elsewhere.test"}), "openai_misconfigured"),
    ],
    ids=["quota", "key", "model", "redirect"],
)
def test_a_failure_that_needs_an_operator_is_logged_for_its_alarm(ask, caplog, response, event):
    with pytest.raises(AIError):
        ask(response)

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [event]


@pytest.mark.parametrize("status", [400, 413, 429, 503])
def test_no_other_failure_is_logged_for_an_alarm(ask, caplog, status):
    with pytest.raises(AIError):
        ask(httpx.Response(status, json=error("no")))

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
