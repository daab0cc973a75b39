"""OpenAI's responses to a transcription."""

import httpcore2
import httpx
import pytest

from rawk.domain.errors import (
    AIError,
    AIMalformedTranscription,
    AIMisconfigured,
    AIQuotaExhausted,
    AIRateLimited,
    AITransient,
)
from rawk.domain.memory import FailureReason
from rawk.ports import AICall
from tests.unit.adapters.openai.responses import CALL, KEY, TRANSCRIPT, answer, failure, raw

PATH = "/audio/transcriptions"


@pytest.fixture
def transcribed(openai, transcriber):
    """Transcribe with this response of OpenAI."""

    def hear(response: httpx.Response | Exception, call: AICall = CALL):
        mocked = {"side_effect": response} if isinstance(response, Exception) else {"return_value": response}
        openai.post(PATH).mock(**mocked)
        return transcriber.transcribe(b"RIFF....WAVE", "recording.wav", call)

    return hear


def test_text_and_billed_seconds_are_read(transcribed):
    heard_text = transcribed(answer({"text": TRANSCRIPT, "usage": {"type": "duration", "seconds": 7}}))

    assert (heard_text.text, heard_text.billed_seconds) == (TRANSCRIPT, 7.0)


@pytest.mark.parametrize("seconds", [0.001, 0.5, 1, 1800.25, 604_800])
def test_billed_seconds_are_read_as_they_are(transcribed, seconds):
    billed = transcribed(answer({"text": TRANSCRIPT, "usage": {"seconds": seconds}})).billed_seconds

    assert (billed, type(billed)) == (seconds, float)


def test_a_model_charged_by_tokens_bills_no_seconds(transcribed):
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 45, "total_tokens": 59}

    assert transcribed(answer({"text": TRANSCRIPT, "usage": usage})).billed_seconds == 0


@pytest.mark.parametrize(
    "usage",
    [
        *("nonsense", 7, None, True, [], {}, {"type": "duration", "seconds": "seven"}),
        *({"seconds": seconds} for seconds in (-1, -0.5, 0, None, True, [7], {"value": 7}, "7")),
        *({"seconds": seconds} for seconds in (604_800.5, 1e308, 10**309, -(10**400))),
    ],
    ids=lambda usage: str(usage)[:30],
)
def test_an_invalid_usage_figure_does_not_discard_the_transcript(transcribed, usage):
    heard_text = transcribed(answer({"text": TRANSCRIPT, "usage": usage}))

    assert (heard_text.text, heard_text.billed_seconds) == (TRANSCRIPT, 0.0)


@pytest.mark.parametrize("name", ["created", "id", "duration", "error", "logprobs"])
def test_a_huge_number_beside_the_transcript_does_not_discard_it(transcribed, name):
    assert transcribed(answer({"text": TRANSCRIPT, name: 10**400})).text == TRANSCRIPT


@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "1e999"])
def test_infinite_billed_seconds_count_as_zero(transcribed, seconds):
    body = f'{{"text": "hello", "usage": {{"type": "duration", "seconds": {seconds}}}}}'

    assert transcribed(raw(body)).billed_seconds == 0


def test_silence_is_an_empty_transcript_and_no_error(transcribed):
    assert transcribed(answer({"text": ""})).text == ""


def test_half_a_character_is_replaced(transcribed):
    assert transcribed(raw('{"text": "smile \\ud83d!"}')).text == "smile ?!"


def test_the_request_names_the_model_the_file_and_the_memory(openai, transcribed):
    transcribed(answer({"text": "hello"}))

    request = openai.calls.last.request
    assert b'name="model"\r\n\r\ngpt-transcribe' in request.content
    assert b'name="response_format"\r\n\r\njson\r\n' in request.content
    assert b'filename="recording.wav"' in request.content
    assert b"RIFF....WAVE" in request.content
    assert request.headers["x-correlation-id"] == "corr-1"
    assert request.headers["x-client-request-id"] == CALL.memory_id
    assert {request.extensions["timeout"][part] for part in ("connect", "read", "write")} == {CALL.timeout_seconds}


@pytest.mark.parametrize("correlation_id", ["req-1", "a/b?c=d&e=%", "!#$*+,;:@[]{}~"])
def test_a_correlation_id_that_is_valid_in_a_header_is_sent_as_it_is(openai, transcribed, correlation_id):
    transcribed(answer({"text": "hello"}), AICall(CALL.memory_id, correlation_id, 30))

    assert openai.calls.last.request.headers["x-correlation-id"] == correlation_id


@pytest.mark.parametrize("correlation_id", ["a\nb", "a\x00b", "café", "\ud800", " blank "])
def test_a_correlation_id_that_is_invalid_in_a_header_does_not_stop_the_call(openai, transcribed, correlation_id):
    transcribed(answer({"text": "hello"}), AICall(CALL.memory_id, correlation_id, 30))

    assert openai.calls.last.request.headers["x-correlation-id"].isascii()


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 529])
def test_a_temporary_failure_is_worth_another_try(transcribed, status):
    with pytest.raises(AITransient, match=f"OpenAI answered {status}"):
        transcribed(failure(status))


@pytest.mark.parametrize(
    "error",
    [
        httpcore2.ConnectTimeout("slow"),
        httpcore2.ReadTimeout("slow"),
        httpcore2.WriteTimeout("slow"),
        httpcore2.ConnectError("refused"),
        httpcore2.ReadError("reset"),
        httpcore2.RemoteProtocolError("cut off"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_is_worth_another_try(transcribed, error):
    with pytest.raises(AITransient, match="no answer from OpenAI"):
        transcribed(error)


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(raw("<html>Welcome!</html>", "text/html"), id="HTML"),
        pytest.param(answer({}), id="{}"),
        pytest.param(raw('{"text": "We me'), id="truncated"),
        pytest.param(raw(""), id="empty"),
        pytest.param(raw("null"), id="null"),
        pytest.param(answer([1, 2]), id="a list"),
        pytest.param(answer({"text": 5}), id="a number for a text"),
        pytest.param(answer({"text": None}), id="null for a text"),
        pytest.param(raw("[" * 100_000), id="nested beyond reason"),
        pytest.param(httpx.Response(204), id="no content"),
        pytest.param(raw("The file is corrupted, and our credit balance is low.", "text/plain"), id="spoken words"),
        pytest.param(answer({"message": "The file is corrupted."}), id="words without an error"),
        pytest.param(answer({"error": {"message": "no"}}), id="an error that says nothing"),
        pytest.param(answer({"error": None}), id="no error"),
    ],
)
def test_a_200_without_a_transcript_is_worth_another_receive_but_no_other_call(transcribed, response):
    with pytest.raises(AIMalformedTranscription) as caught:
        transcribed(response)

    assert not caught.value.worth_calling_again
    assert caught.value.reason is FailureReason.TRANSCRIPTION_MALFORMED


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "application/octet-stream", "nonsense", ""])
def test_a_transcript_is_taken_whatever_content_type_it_claims(transcribed, content_type):
    """It is paid for."""
    assert transcribed(raw('{"text": "hello"}', content_type)).text == "hello"


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"])
@pytest.mark.parametrize("status", [429, 400, 403])
def test_the_quota_is_known_by_its_code_whatever_the_status(transcribed, status, code):
    with pytest.raises(AIQuotaExhausted) as caught:
        transcribed(failure(status, code, retry_after="1"))

    assert caught.value.reason is FailureReason.OPENAI_QUOTA


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "600"}, 600.0),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
        ({"retry_after_ms": "soon", "retry_after": "7"}, 7.0),
        # The clock of these tests stands at 12:00:00 that day.
        ({"retry_after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry_after": "Fri, 20 Nov 2026 13:00:30 +0100"}, 30.0),
        ({"retry_after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry_after": "Fri, 20 Nov 2026 12:00:30"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "inf"}, None),
        ({"retry_after": "nan"}, None),
        ({"retry_after": ""}, None),
        ({"retry_after": "Fri, 20 Nov 99999999999999 12:00:30 GMT"}, None),
        ({"retry_after": "Fri, 99999999999999999999 Nov 2026 12:00:30 GMT"}, None),
        ({"retry_after": "Fri, 20 Nov 2026 99999999999999999999:00:30 GMT"}, None),
        ({"retry_after": "Fri, 20 Nov 2026 12:00:30 +99999999999999999999999"}, None),
        ({"retry_after": "9" * 5000}, None),
        ({"retry_after": "1e300"}, 43_200.0),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 43_200.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_read_in_all_its_forms(transcribed, status, headers, seconds):
    with pytest.raises(AITransient) as caught:
        transcribed(failure(status, "rate_limit_exceeded", **headers))

    assert getattr(caught.value, "retry_after_seconds", None) == seconds
    assert caught.value.reason is FailureReason.OPENAI_UNAVAILABLE


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "invalid_api_key"), (403, "unsupported_country_region_territory"), (404, "model_not_found")],
)
def test_a_misconfiguration_does_not_reject_the_audio(transcribed, status, code):
    with pytest.raises(AIMisconfigured) as caught:
        transcribed(failure(status, code, type="invalid_request_error"))

    assert caught.value.reason is FailureReason.CONFIGURATION
    assert str(caught.value) == f"OpenAI answered {status}" + (f" {code}" if code else "")


@pytest.mark.parametrize("code", [7, ["insufficient_quota"], {"a": 1}, f"your key {KEY}"])
def test_an_invalid_code_is_left_out(transcribed, code):
    with pytest.raises(AIRateLimited, match=r"^OpenAI answered 429$"):
        transcribed(answer({"error": {"message": "no", "code": code}}, 429))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503])
@pytest.mark.parametrize("code", [KEY, TRANSCRIPT, "some_code"])
def test_no_text_of_openai_is_in_our_errors(transcribed, status, code):
    with pytest.raises(AIError) as caught:
        transcribed(failure(status, code))

    for secret in (KEY, "SECRET1234", "Ada"):
        assert secret not in str(caught.value)


def test_an_html_error_page_is_classified_by_its_status(transcribed):
    with pytest.raises(AITransient, match=r"^OpenAI answered 502$"):
        transcribed(raw("<html>Bad gateway</html>", "text/html", 502))


def test_one_call_is_one_try(openai, transcribed):
    with pytest.raises(AITransient):
        transcribed(failure(500))

    assert openai.calls.call_count == 1
