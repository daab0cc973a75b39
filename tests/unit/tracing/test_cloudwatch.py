"""Log lines in CloudWatch Logs: pages, bounds, missing groups and refusals."""

from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from rawk.adapters.traces.cloudwatch import CloudWatchLogs, groups_of, part_of
from rawk.domain.errors import LogsUnavailable

SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
UNTIL = datetime(2026, 11, 20, 13, tzinfo=UTC)
GROUP = "/aws/lambda/rawk-worker"


def event(number: int) -> dict:
    return {"eventId": f"e{number}", "timestamp": 1_795_176_000_000 + number, "message": f"line {number}\n"}


@pytest.fixture
def stub():
    client = boto3.client("logs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def asked(**more: object) -> dict:
    return {"logGroupName": GROUP, "filterPattern": '"m-1"', "startTime": 1_795_176_000_000, **more}


def test_every_page_is_read_also_after_an_empty_one(stub):
    stub.add_response("filter_log_events", {"events": [event(1)], "nextToken": "a"}, asked(endTime=1_795_179_600_000))
    second = asked(endTime=1_795_179_600_000, nextToken="a")
    stub.add_response("filter_log_events", {"events": [], "nextToken": "b"}, second)
    stub.add_response("filter_log_events", {"events": [event(2)]}, {**second, "nextToken": "b"})
    logs = CloudWatchLogs(stub.client, [GROUP], UNTIL, max_pages=3)

    lines = list(logs.lines(["m-1"], SINCE))

    assert [(line.where, line.text) for line in lines] == [("worker", "line 1"), ("worker", "line 2")]
    assert lines[0].at == datetime(2026, 11, 20, 12, 0, 0, 1000, tzinfo=UTC)
    assert lines[0].key != lines[1].key
    assert logs.cut_short() == []


def test_what_has_more_pages_than_the_bound_says_so(stub):
    for number in range(2):
        expected = asked(nextToken="t") if number else asked()
        stub.add_response("filter_log_events", {"events": [event(number)], "nextToken": "t"}, expected)
    logs = CloudWatchLogs(stub.client, [GROUP], None, max_pages=2)

    assert len(list(logs.lines(["m-1"], SINCE))) == 2
    assert logs.cut_short() == [f"{GROUP} has more than 2 pages"]


def test_a_group_that_does_not_exist_is_left_out_and_not_asked_again(stub):
    stub.add_client_error("filter_log_events", "ResourceNotFoundException")
    stub.add_response("filter_log_events", {"events": [event(1)]})
    stub.add_response("filter_log_events", {"events": []})
    logs = CloudWatchLogs(stub.client, ["/rawk/api", GROUP], None, max_pages=1)

    assert len(list(logs.lines(["m-1", "m-2"], None))) == 1


def test_no_group_at_all_is_a_mistake_in_the_name(stub):
    stub.add_client_error("filter_log_events", "ResourceNotFoundException")
    with pytest.raises(LogsUnavailable, match="there is no log group /aws/lambda/rawk-worker in this account"):
        list(CloudWatchLogs(stub.client, [GROUP], None, max_pages=1).lines(["m-1"], None))


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "UnrecognizedClientException"])
def test_a_refusal_names_the_group_and_the_code(stub, code):
    stub.add_client_error("filter_log_events", code, "may hold anything")
    with pytest.raises(LogsUnavailable) as raised:
        list(CloudWatchLogs(stub.client, [GROUP], None, max_pages=1).lines(["m-1"], None))
    assert str(raised.value) == f"CloudWatch Logs refused to show {GROUP}: {code}"


def test_the_groups_are_those_of_terraform():
    assert groups_of("rawk") == [
        "/aws/lambda/rawk-worker",
        "/aws/lambda/rawk-relay",
        "/aws/lambda/rawk-api",
        "/rawk/api",
    ]


@pytest.mark.parametrize(
    ("group", "part"),
    [
        ("/aws/lambda/my-rawk-worker", "worker"),
        ("/rawk/api", "api"),
        ("/aws/apprunner/rawk-api/0a1b/application", "api"),
        ("plain", "plain"),
    ],
)
def test_the_name_of_a_group_says_whose_it_is(group, part):
    assert part_of(group) == part
