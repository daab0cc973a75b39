"""The outside suites: their files, what their processes need, and which tests cannot pass on any emulator here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Suite:
    """One project's tests of an AWS API. `checkout` says which one: this repository holds and fetches none of them.

    `endpoint_variable` is how its tests learn the emulator's address. `settings` go to both emulators.
    """

    name: str
    checkout: str
    files: tuple[str, ...]
    endpoint_variable: str
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    port: int | None = None
    """The port that the tests expect an emulator at, beside the variable; None: any."""
    starts_with_no_queue: bool = False
    not_here: Mapping[str, str] = field(default_factory=dict)
    """Reasons why a test cannot pass here, by a regular expression that matches its name or one of its markers."""

    def reason(self, test: str, markers: list[str]) -> str:
        """Why the test cannot pass here; empty if nothing is known."""
        for pattern, reason in self.not_here.items():
            if re.search(pattern, test) or any(re.fullmatch(pattern, marker) for marker in markers):
                return reason
        return ""


AWS = "tests/aws/services"

LOCALSTACK = Suite(
    "localstack",
    "github.com/localstack/localstack at v4.14.0",
    (
        f"{AWS}/lambda_/event_source_mapping/test_lambda_integration_sqs.py",
        f"{AWS}/lambda_/test_lambda.py",
        f"{AWS}/lambda_/test_lambda_api.py",
        f"{AWS}/lambda_/test_lambda_destinations.py",
        f"{AWS}/sqs/test_sqs.py",
        f"{AWS}/sqs/test_sqs_developer_api.py",
        f"{AWS}/sqs/test_sqs_move_task.py",
        f"{AWS}/s3/test_s3.py::TestS3PresignedUrl",
        f"{AWS}/s3/test_s3.py::TestS3PresignedPost",
        f"{AWS}/s3/test_s3_preconditions.py",
        f"{AWS}/events/test_events.py",
        f"{AWS}/events/test_events_schedule.py",
        f"{AWS}/events/test_events_targets.py",
        f"{AWS}/scheduler/test_scheduler.py",
        f"{AWS}/iam/test_iam.py",
        f"{AWS}/secretsmanager/test_secretsmanager.py",
    ),
    "TEST_AWS_ENDPOINT_URL",
    variables={"TEST_SKIP_LOCALSTACK_START": "1", "SQS_ENDPOINT_STRATEGY": "off"},
    settings={"LAMBDA_RETRY_BASE_DELAY": "5"},  # the tests expect retries after five seconds, not sixty
    port=4566,
    not_here={
        "requires_docker": "inspects a container",
        "requires_in_process|requires_in_container": "changes settings of a LocalStack in the tests' own process",
        "only_on_arm64|only_on_amd64": "needs another processor",
        r"SecretsManager::test_(http_|\w+_client_request_token)": "signs with a fake signature; AWS refuses it",
        r"TestS3PresignedUrl::.*False\]": "changes settings of a LocalStack in the tests' own process",
        "multi_region|cross_account_get_queue_url": "changes settings of a LocalStack in the tests' own process",
        "external_host_via_header": "signs with a fake signature; AWS refuses it",
        r"test_message_retention": "sets a retention below 60 seconds; AWS refuses it",
        r"recently_deleted_can_be_disabled": "expects a setting of LocalStack that is off here",
        r"nodejs|\[java|\[dotnet|\[ruby|\[provided|_java|multiruntime": "another runtime than Python",
    },
)

MOTO = Suite(
    "moto",
    "github.com/getmoto/moto",
    ("tests/test_sqs/test_sqs.py",),
    "TEST_SERVER_MODE_ENDPOINT",
    variables={"TEST_SERVER_MODE": "true", "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "test"},
    starts_with_no_queue=True,
    not_here={"test_message_retention_period": "sets a retention below 60 seconds; AWS refuses it"},
)

MINISTACK = Suite(
    "ministack",
    "github.com/ministackorg/ministack",
    ("tests/test_sqs.py",),
    "MINISTACK_ENDPOINT",
    not_here={
        "legacy_namespace": "does not sign its call; AWS refuses it",
        "reflects_request_host|host_rewritten": "a queue's URL has the host of the request: MiniStack's own behaviour",
        "messages_endpoint|localstack_queue_path_alias": "MiniStack's own addresses",
    },
)

ANY = Suite(
    "any",
    "any pytest suite whose clients read AWS_ENDPOINT_URL",
    (),
    "AWS_ENDPOINT_URL",
    variables={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"},
)

SUITES = {each.name: each for each in (LOCALSTACK, MOTO, MINISTACK, ANY)}
