"""What boto3's errors and answers mean, for all AWS adapters."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from urllib3.exceptions import IncompleteRead

from rawk.adapters.aws_errors import (
    MalformedAnswer,
    error_name,
    is_misconfiguration,
    is_timeout,
    raised_as,
    require_request_id,
    required_text,
)
from rawk.domain.errors import QueueUnavailable, StorageUnavailable

MISCONFIGURED = [
    "403",
    "404",
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "NoSuchBucket",
    "QueueDoesNotExist",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
]
PASSING = ["SlowDown", "RequestThrottled", "InternalError", "500", "503", "NoSuchKey", "RequestTimeout"]


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "Call")


@pytest.mark.parametrize("code", MISCONFIGURED)
def test_a_wrong_name_key_or_permission_is_logged_for_an_operator(code, log_lines):
    assert is_misconfiguration(refusal(code))
    with (
        pytest.raises(StorageUnavailable, match=rf"^S3 could not fetch: {code}$"),
        raised_as(StorageUnavailable, "S3", "fetch", subject="audio/a/1"),
    ):
        raise refusal(code)
    [line] = log_lines()
    assert (line["event"], line["doing"], line["subject"]) == ("storage_misconfigured", "fetch", "audio/a/1")
    assert code in line["error"]


@pytest.mark.parametrize(
    "error", [NoCredentialsError(), PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY")]
)
def test_missing_credentials_are_a_misconfiguration(error):
    assert is_misconfiguration(error)


@pytest.mark.parametrize("error", [*map(refusal, PASSING), EndpointConnectionError(endpoint_url="http://s3")])
def test_what_a_retry_may_fix_is_not_logged(error, log_lines):
    assert not is_misconfiguration(error)
    with (
        pytest.raises(QueueUnavailable, match=rf"^SQS could not send: {error_name(error)}$") as raised,
        raised_as(QueueUnavailable, "SQS", "send"),
    ):
        raise error
    assert raised.value.__cause__ is error
    assert log_lines() == []


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (refusal("NoSuchKey"), "NoSuchKey"),
        (refusal(404), "404"),
        (ClientError({"Error": {}}, "Call"), "Unknown"),
        (ClientError({}, "Call"), "Unknown"),
        (EndpointConnectionError(endpoint_url="http://s3"), "EndpointConnectionError"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_an_error_has_the_services_code_or_the_name_of_its_type(error, name):
    assert error_name(error) == name


@pytest.mark.parametrize(
    ("error", "timeout"),
    [
        (ConnectTimeoutError(endpoint_url="http://s3"), True),
        (ReadTimeoutError(endpoint_url="http://s3"), True),
        (EndpointConnectionError(endpoint_url="http://s3"), False),
        (refusal("RequestTimeout"), False),
        (None, False),
    ],
)
def test_a_timeout_is_one_of_the_connection(error, timeout):
    assert is_timeout(error) is timeout


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MalformedAnswer("no ETag"), "no ETag"),
        (ResponseParserError("secret"), "ResponseParserError"),
        (IncompleteRead(1, 2), "IncompleteRead"),
        (AttributeError("secret"), "AttributeError"),
        (KeyError("secret"), "KeyError"),
        (IndexError("secret"), "IndexError"),
        (OverflowError("secret"), "OverflowError"),
        (TypeError("secret"), "TypeError"),
        (ValueError("secret"), "ValueError"),
    ],
)
def test_a_malformed_answer_is_a_failure_that_does_not_quote_it(error, reason, log_lines):
    with (
        pytest.raises(QueueUnavailable, match=rf"^SQS could not send: its answer is malformed \({reason}\)$") as raised,
        raised_as(QueueUnavailable, "SQS", "send", subject="jobs"),
    ):
        raise error
    assert raised.value.__cause__ is error
    [line] = log_lines()
    assert (line["event"], line["doing"], line["subject"]) == ("queue_answer_malformed", "send", "jobs")
    assert line["error"] == reason


@pytest.mark.parametrize("error", [ParamValidationError(report="wrong"), ZeroDivisionError(), RuntimeError()])
def test_a_bug_of_ours_is_raised_unchanged(error, log_lines):
    with pytest.raises(type(error)), raised_as(QueueUnavailable, "SQS", "send"):
        raise error
    assert log_lines() == []


def test_every_error_of_botocore_is_a_failed_call():
    with pytest.raises(QueueUnavailable), raised_as(QueueUnavailable, "SQS", "send"):
        raise BotoCoreError


def test_a_text_that_must_be_there_is_given():
    assert required_text({"ETag": "e"}, "ETag") == "e"


@pytest.mark.parametrize("answer", [{}, {"ETag": None}, {"ETag": ""}, {"ETag": 7}, {"ETag": ["e"]}, {"etag": "e"}])
def test_a_text_that_is_missing_or_empty_or_no_text_is_malformed(answer):
    with pytest.raises(MalformedAnswer, match=r"^no ETag$"):
        required_text(answer, "ETag")


@pytest.mark.parametrize("answer", [{}, {"ResponseMetadata": {"RequestId": "r"}}])
def test_an_answer_of_aws_has_a_request_id(answer):
    require_request_id(answer)


@pytest.mark.parametrize("metadata", [{}, {"RequestId": ""}, {"RequestId": None}, {"HTTPStatusCode": 200}])
def test_an_answer_without_a_request_id_is_not_of_aws(metadata):
    with pytest.raises(MalformedAnswer, match=r"^no request id$"):
        require_request_id({"ResponseMetadata": metadata})
