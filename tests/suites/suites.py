"""The outside suites: their files, what their processes need, and which tests cannot pass on any emulator here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

NO_DOCKER = "needs Docker"
NO_NAME_SERVER = "needs LocalStack's name server"
NO_PROCESSOR = "needs another processor"
NO_RUNTIME = "another runtime than Python"
NO_SERVICE = "needs a service that the emulator does not offer"
OWN_PROCESS = "changes settings of a LocalStack in the tests' own process"
OF_THE_MACHINE = frozenset({NO_DOCKER, NO_NAME_SERVER, NO_PROCESSOR, NO_RUNTIME, NO_SERVICE, OWN_PROCESS})
"""Reasons that keep a test from passing on stock LocalStack as well."""

FAKE_SIGNATURE = "signs with a fake signature; AWS refuses it"
WRONG_SECRET = "signs with another secret than its key's; AWS refuses it"
UNVERIFIED = "expects that signatures are not verified; AWS verifies them"


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

    def reason(self, test: str, markers: list[str], *, passes_on_stock: bool = False) -> str:
        """Why the test cannot pass here; empty if nothing is known.

        What this machine lacks is no reason for a test that passes on stock LocalStack, on the same machine.
        """
        for pattern, reason in self.not_here.items():
            if passes_on_stock and reason in OF_THE_MACHINE:
                continue
            if re.search(pattern, test) or any(re.fullmatch(pattern, marker) for marker in markers):
                return reason
        return ""


AWS = "tests/aws/services"

RECORDED = "AWS's answer is recorded in LocalStack's"
"""Followed by the name of a test whose snapshot or assertions were made on AWS."""

UNSIGNED = "does not sign its call; AWS refuses it"
POLICY_VERSION = f"expects a policy of the version 2012-10-17; {RECORDED} `test_sqs_permission_lifecycle`: 2008-10-17"
FIFO_QUEUE = (
    "sets `FifoQueue` to another value than `true`, which AWS refuses; "
    f"{RECORDED} `test_create_standard_queue_with_fifo_attribute_raises_error`"
)
BLANK = "misspells an attribute of a queue (`VisibilityTimeout` and a blank); AWS refuses unknown ones"
REDRIVE_POLICY = (
    "expects InvalidAttributeValue for a redrive policy whose members are wrong; "
    f"{RECORDED} `test_redrive_policy_attribute_validity`: InvalidParameterValue"
)

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
        f"{AWS}/events/test_events_inputs.py",
        f"{AWS}/events/test_events_patterns.py",
        f"{AWS}/events/test_events_schedule.py",
        f"{AWS}/events/test_events_tags.py",
        f"{AWS}/events/test_events_targets.py",
        f"{AWS}/scheduler/test_scheduler.py",
        f"{AWS}/iam/test_iam.py",
        f"{AWS}/secretsmanager/test_secretsmanager.py",
    ),
    "TEST_AWS_ENDPOINT_URL",
    variables={"TEST_SKIP_LOCALSTACK_START": "1"},
    settings={
        "LAMBDA_RETRY_BASE_DELAY": "5",  # the tests expect retries after five seconds, not sixty
        # LocalStack's own defaults, with which the addresses in answers are compared
        "LOCALSTACK_HOST": "localhost.localstack.cloud:4566",
        "SQS_ENDPOINT_STRATEGY": "standard",
    },
    port=4566,
    not_here={
        r"api_destinations\[auth2\]": "sends the method `put`, which the enumeration of AWS's model does not have",
        "response_streaming|url_echo_invoke|url_persists_after_alias_delete|presigned_url_v4_": NO_RUNTIME,
        "host_prefix_api_operation": NO_NAME_SERVER,
        "TestLambdaImages": NO_DOCKER,
        "TargetApiGateway|TargetFirehose|TargetKinesis|TargetStepFunctions": NO_SERVICE,
        "test_event_source_mapping_lifecycle|test_create_event_(source|filter_criteria)_validation": NO_SERVICE,
        "test_lambda_code_location|concurrent_config_updates": "expects that an update takes longer than it does here",
        "test_invoke_lambda_eventbridge": NO_SERVICE,
        "test_maxeventage": "expects a minute between retries; these runs have five seconds",
        "test_message_retention": "sets a retention below 60 seconds; AWS refuses it",
        "presigned_url_with_session_token": WRONG_SECRET,
        "requires_docker": NO_DOCKER,
        "requires_in_process|requires_in_container": OWN_PROCESS,
        r"nodejs|\[java|\[dotnet|\[ruby|\[provided|_java|multiruntime": NO_RUNTIME,
        "only_on_arm64|only_on_amd64": NO_PROCESSOR,
        r"SecretsManager::test_(http_|\w+_client_request_token)": FAKE_SIGNATURE,
        r"TestS3PresignedUrl::.*False\]": UNVERIFIED,
        "multi_region|cross_account_get_queue_url": OWN_PROCESS,
        "external_host_via_header": FAKE_SIGNATURE,
        "recently_deleted_can_be_disabled": "takes the name of a deleted queue at once; AWS frees it after 60 seconds",
    },
)

MOTO = Suite(
    "moto",
    "github.com/getmoto/moto",
    ("tests/test_sqs/test_sqs.py",),
    "TEST_SERVER_MODE_ENDPOINT",
    variables={"TEST_SERVER_MODE": "true", "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "test"},
    starts_with_no_queue=True,
    settings={"SQS_DELAY_RECENTLY_DELETED": "0"},  # tests use names again that were deleted between them
    not_here={
        "test_message_retention_period": "sets a retention below 60 seconds; AWS refuses it",
        "with_different_attributes_fail|test_create_fifo_queue_with_dlq": FIFO_QUEUE,
        r"becomes_inflight|with_explicit_visibility|test_change_message_visibility$|test_queue_length": BLANK,
        "test_delete_batch_operation|test_delete_message_after_visibility_timeout": BLANK,
        "queues_in_multiple_region|queue_with_prefix": "expects queues at `http://localhost:5000`, moto's own address",
        "test_message_with_invalid_attributes": "expects that a name with an umlaut is refused; "
        f"{RECORDED} `test_send_message_with_invalid_string_attributes`: accepted",
        "attributes_invalid_datatype": "expects a text that AWS has replaced (github.com/grafana/k6-jslib-aws/pull/65)",
        "on_unknown_receipt_handle|test_delete_message_errors": "expects another text of the error; "
        f"{RECORDED} `test_delete_message_with_illegal_receipt_handle`",
        "test_remove_permission_errors": "expects another text of the error; "
        f"{RECORDED} `test_sqs_permission_lifecycle`",
        "test_permissions": POLICY_VERSION,
        "fifo_without_message_group_id": "expects MissingParameter for a batch; "
        f"{RECORDED} `test_send_batch_missing_message_group_id_for_fifo_queue`: InvalidParameterValue",
        "delay_is_more_than_15": "gives messages of a standard queue an id for deduplication; "
        "AWS fails these entries (github.com/aws/aws-sdk-js/issues/4216)",
    },
)

MINISTACK = Suite(
    "ministack",
    "github.com/ministackorg/ministack",
    ("tests/test_sqs.py",),
    "MINISTACK_ENDPOINT",
    not_here={
        "legacy_namespace|rejects_null_tag_value|reflects_request_host|host_rewritten": UNSIGNED,
        "messages_endpoint|localstack_queue_path_alias": "MiniStack's own addresses",
        "receive_max_10": "asks for 15 messages; AWS refuses more than 10",
        "mapping_to_lambda": "creates a function with a role that does not exist; AWS refuses it",
        "oversized_body": "expects a limit of 256 KiB; it is 1 MiB on AWS since August 2025",
        "add_permission_appends": POLICY_VERSION,
        "redrive_policy_invalid_shape|cross_region_dlq": REDRIVE_POLICY,
        "fifo_receive_with_redrive_policy": "creates a queue whose name ends in `.fifo` without `FifoQueue`; "
        "AWS refuses it",
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
