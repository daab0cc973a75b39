"""The emulator enforces IAM. Stock LocalStack 4.14 allows every one of these calls."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sim.localstack.control_client import EmulatorControl
from sim.localstack.server import LocalStack

from .conftest import Client, Function, QueuePair, eventually

MakeFunction = Callable[..., Function]
MakeQueue = Callable[..., QueuePair]
MakeMapping = Callable[..., str]

ACCOUNT = "000000000000"
A_ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: object) -> dict[str, object]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def document(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@dataclass(frozen=True)
class Role:
    """A role, and clients that call in a session of it."""

    name: str
    iam: Any
    session: boto3.Session
    endpoint_url: str

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{self.name}"

    def client(self, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return self.session.client(service, endpoint_url=self.endpoint_url, config=config)  # type: ignore[call-overload]

    def may(self, *statements: dict[str, object]) -> None:
        """From now on the role has these permissions only."""
        self.iam.put_role_policy(RoleName=self.name, PolicyName="own", PolicyDocument=document(*statements))


@pytest.fixture
def role(client: Client, localstack: LocalStack) -> Callable[..., Role]:
    """Create a role that Lambda may assume, with these statements as its only policy."""

    def make(*statements: dict[str, object], trust: dict[str, object] | None = None, **session: object) -> Role:
        name = f"role-{uuid.uuid4().hex[:8]}"
        iam, trusted = client("iam"), trust or {"Service": "lambda.amazonaws.com"}
        trusting: dict[str, object] = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusting))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        keys = client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{name}", RoleSessionName="tester", **session
        )["Credentials"]
        return Role(name, iam, session_of(keys), localstack.endpoint_url)

    return make


MakeRole = Callable[..., Role]


def session_of(keys: dict[str, Any]) -> boto3.Session:
    return boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys.get("SessionToken"), region_name="us-east-1"
    )


@pytest.fixture
def bucket(client: Client) -> str:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    client("s3").create_bucket(Bucket=name)
    client("s3").put_object(Bucket=name, Key="audio/one", Body=b"hello")
    return name


def refusal_of(call: Callable[[], object]) -> tuple[int, str, str]:
    """Status, code and message of the error of a call."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_s3_refuses_in_its_own_format(role: MakeRole, bucket: str) -> None:
    reader = role(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    s3 = reader.client("s3")
    s3.put_object(Bucket=bucket, Key="audio/two", Body=b"")
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one")) == (
        403,
        "AccessDenied",
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{reader.name}/tester is not authorized to perform: s3:GetObject "
        f'on resource: "arn:aws:s3:::{bucket}/audio/one" because no identity-based policy allows the s3:GetObject '
        "action",
    )


@pytest.mark.parametrize(
    ("service", "call", "expected"),
    [
        ("sqs", lambda sqs: sqs.send_message(QueueUrl=f"http://q/{ACCOUNT}/q", MessageBody="x"), (403, "AccessDenied")),
        ("lambda", lambda functions: functions.invoke(FunctionName="f"), (403, "AccessDeniedException")),
        ("secretsmanager", lambda secrets: secrets.get_secret_value(SecretId="s"), (400, "AccessDeniedException")),
        ("logs", lambda logs: logs.describe_log_groups(), (400, "AccessDeniedException")),
        ("ssm", lambda ssm: ssm.get_parameter(Name="/a/b"), (400, "AccessDeniedException")),
        ("events", lambda events: events.list_rules(), (400, "AccessDeniedException")),
        ("sns", lambda sns: sns.list_topics(), (403, "AuthorizationError")),
        ("iam", lambda iam: iam.list_roles(), (403, "AccessDenied")),
        ("cloudwatch", lambda metrics: metrics.describe_alarms(), (403, "AccessDenied")),
        ("sts", lambda sts: sts.assume_role(RoleArn=A_ROLE, RoleSessionName="me"), (403, "AccessDenied")),
        ("kms", lambda kms: kms.list_keys(), (400, "AccessDeniedException")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_service_refuses_in_its_own_format(
    role: MakeRole, service: str, call: Callable[[Any], object], expected: tuple[int, str]
) -> None:
    status, code, message = refusal_of(lambda: call(role().client(service)))
    assert (status, code) == expected
    assert "is not authorized to perform" in message
    assert "because no identity-based policy allows" in message


def test_a_permission_can_be_removed_and_restored(role: MakeRole, bucket: str) -> None:
    reader = role(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/audio/*"))
    s3 = reader.client("s3")
    s3.get_object(Bucket=bucket, Key="audio/one")
    reader.may(allow("s3:ListBucket"))
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))[1] == "AccessDenied"
    reader.may(allow("s3:Get*", f"arn:aws:s3:::{bucket}/*"))
    assert s3.get_object(Bucket=bucket, Key="audio/one")["Body"].read() == b"hello"


def test_an_explicit_deny_wins(role: MakeRole, bucket: str) -> None:
    s3 = role(EVERYTHING, deny("s3:DeleteObject")).client("s3")
    s3.get_object(Bucket=bucket, Key="audio/one")
    _, _, message = refusal_of(lambda: s3.delete_object(Bucket=bucket, Key="audio/one"))
    assert message.endswith("with an explicit deny in an identity-based policy")


def test_managed_policies_count_in_their_default_version(role: MakeRole, client: Client, bucket: str) -> None:
    reader, iam = role(), client("iam")
    arn = iam.create_policy(PolicyName=f"{reader.name}-policy", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=reader.name, PolicyArn=arn)
    s3 = reader.client("s3")
    s3.get_object(Bucket=bucket, Key="audio/one")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow("sqs:*")), SetAsDefault=True)
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))[1] == "AccessDenied"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    s3.get_object(Bucket=bucket, Key="audio/one")


def test_conditions_on_the_parameters_of_a_call(role: MakeRole, bucket: str) -> None:
    s3 = role(allow("s3:ListBucket", Condition={"StringLike": {"s3:prefix": "audio/*"}})).client("s3")
    s3.list_objects_v2(Bucket=bucket, Prefix="audio/")
    assert refusal_of(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="other/"))[1] == "AccessDenied"
    assert refusal_of(lambda: s3.list_objects_v2(Bucket=bucket))[1] == "AccessDenied"


def test_an_unknown_condition_fails_closed(role: MakeRole, bucket: str) -> None:
    unknown = {"StringEquals": {"aws:MoonPhase": "full"}}
    s3 = role(allow("s3:GetObject", Condition=unknown)).client("s3")
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))[1] == "AccessDenied"
    s3 = role(EVERYTHING, deny("s3:GetObject", Condition=unknown)).client("s3")
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))[1] == "AccessDenied"


def test_a_missing_object_is_forbidden_without_the_permission_to_list(role: MakeRole, bucket: str) -> None:
    s3 = role(allow("s3:GetObject")).client("s3")
    status, code, message = refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/gone"))
    assert (status, code) == (403, "AccessDenied")
    assert "s3:ListBucket" in message
    assert refusal_of(lambda: s3.head_object(Bucket=bucket, Key="audio/gone"))[:2] == (403, "403")
    s3 = role(allow(["s3:GetObject", "s3:ListBucket"])).client("s3")
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/gone"))[:2] == (404, "NoSuchKey")


def test_a_bucket_s_own_policy_allows_and_denies(role: MakeRole, client: Client, bucket: str) -> None:
    reader = role()
    s3 = reader.client("s3")
    principal = {"AWS": reader.arn}
    granted = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal=principal)
    client("s3").put_bucket_policy(Bucket=bucket, Policy=document(granted))
    s3.get_object(Bucket=bucket, Key="audio/one")
    refused = deny("s3:*", f"arn:aws:s3:::{bucket}/*", Principal="*")
    client("s3").put_bucket_policy(Bucket=bucket, Policy=document(granted, refused))
    _, _, message = refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))
    assert message.endswith("with an explicit deny in a resource-based policy")


def test_a_queue_s_own_policy_allows(role: MakeRole, client: Client, queue_pair: MakeQueue) -> None:
    sender, queue = role(), queue_pair()
    sqs = sender.client("sqs")
    assert refusal_of(lambda: sqs.send_message(QueueUrl=queue.url, MessageBody="x"))[1] == "AccessDenied"
    policy = document(allow("sqs:SendMessage", queue.arn, Principal={"AWS": sender.arn}))
    client("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy})
    sqs.send_message_batch(QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "x"}])


def test_session_policies_and_boundaries_only_restrict(role: MakeRole, client: Client, bucket: str) -> None:
    s3 = role(EVERYTHING, Policy=document(allow("sqs:*"))).client("s3")
    _, _, message = refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))
    assert "because no session policy allows" in message
    bounded, iam = role(EVERYTHING), client("iam")
    boundary = iam.create_policy(PolicyName=f"{bounded.name}-most", PolicyDocument=document(allow("sqs:*")))
    iam.put_role_permissions_boundary(RoleName=bounded.name, PermissionsBoundary=boundary["Policy"]["Arn"])
    _, _, message = refusal_of(lambda: bounded.client("s3").get_object(Bucket=bucket, Key="audio/one"))
    assert "because no permissions boundary allows" in message


def test_a_user_s_key_and_groups(client: Client, localstack: LocalStack, bucket: str) -> None:
    iam, name = client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    s3 = session_of(key).client("s3", endpoint_url=localstack.endpoint_url)
    _, _, message = refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))
    assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not")
    iam.create_group(GroupName=f"{name}-group")
    iam.put_group_policy(
        GroupName=f"{name}-group",
        PolicyName="p",
        PolicyDocument=document(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/audio/*")),
    )
    iam.add_user_to_group(GroupName=f"{name}-group", UserName=name)
    s3.get_object(Bucket=bucket, Key="audio/one")
    iam.put_user_policy(
        UserName=name,
        PolicyName="p",
        PolicyDocument=document(allow("s3:PutObject", "arn:aws:s3:::*/${aws:username}/*")),
    )
    s3.put_object(Bucket=bucket, Key=f"{name}/x", Body=b"")
    assert refusal_of(lambda: s3.put_object(Bucket=bucket, Key="other-user/x", Body=b""))[0] == 403


def test_a_presigned_url_has_the_permissions_of_its_signer(role: MakeRole, bucket: str) -> None:
    signer = role(allow("s3:PutObject", f"arn:aws:s3:::{bucket}/in/*"))
    s3 = signer.client("s3")
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "audio/one"})
    answer = httpx.get(get, trust_env=False)
    assert answer.status_code == 403
    assert "s3:GetObject" in answer.text
    for key, status in (("in/x", 204), ("elsewhere/x", 403)):
        post = s3.generate_presigned_post(bucket, key)
        answer = httpx.post(post["url"], data=post["fields"], files={"file": b"x"}, trust_env=False)
        assert answer.status_code == status, answer.text


def test_a_copy_needs_permissions_on_source_and_target(role: MakeRole, bucket: str) -> None:
    writer = role(allow("s3:PutObject"))
    copy: dict[str, Any] = {"Bucket": bucket, "Key": "copy", "CopySource": {"Bucket": bucket, "Key": "audio/one"}}
    assert "s3:GetObject" in refusal_of(lambda: writer.client("s3").copy_object(**copy))[2]
    writer.may(allow(["s3:PutObject", "s3:GetObject"]))
    writer.client("s3").copy_object(**copy)


def test_a_secret_is_found_by_name_and_evaluated_by_arn(role: MakeRole, client: Client) -> None:
    name = f"secret-{uuid.uuid4().hex[:8]}"
    arn = client("secretsmanager").create_secret(Name=name, SecretString="x")["ARN"]
    secrets = role(allow("secretsmanager:GetSecretValue", arn)).client("secretsmanager")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "x"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "x"


def test_a_role_assumes_another_role_that_trusts_it(role: MakeRole) -> None:
    first = role(allow("sts:AssumeRole"))
    trusting = role(trust={"AWS": first.arn})
    other = role(trust={"AWS": role().arn})
    sts = first.client("sts")
    assert sts.get_caller_identity()["Arn"].endswith(f":assumed-role/{first.name}/tester")
    sts.assume_role(RoleArn=trusting.arn, RoleSessionName="me")
    assert refusal_of(lambda: sts.assume_role(RoleArn=other.arn, RoleSessionName="me"))[1] == "AccessDenied"


def test_a_function_has_the_permissions_of_its_role(role: MakeRole, function: MakeFunction, bucket: str) -> None:
    source = """
        import boto3
        def handler(event, context):
            try:
                return boto3.client("s3").get_object(Bucket=event, Key="audio/one")["Body"].read().decode()
            except Exception as error:
                return str(error)
    """
    worker = role(allow(["logs:*"]))
    made = function(source, role=worker.arn)
    refused = made.invoke(bucket).payload
    assert "(AccessDenied) when calling the GetObject operation" in refused
    assert f"assumed-role/{worker.name}/{made.name} is not authorized" in refused
    worker.may(allow(["logs:*", "s3:GetObject"]))
    assert made.invoke(bucket).payload == "hello"


def test_a_function_s_log_is_written_under_its_role(role: MakeRole, function: MakeFunction, client: Client) -> None:
    source = """
        def handler(event, context):
            print("said", event)
    """
    worker = role(allow("sqs:*"))
    made = function(source, role=worker.arn)
    made.invoke("silently")
    # The log is written after the invocation has answered: the role must not change before that was denied.
    eventually(lambda: refused_of(worker, "logs:CreateLogGroup"))
    worker.may(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]))
    made.invoke("aloud")

    def logged() -> str:
        groups = client("logs").describe_log_groups(logGroupNamePrefix=made.log_group)["logGroups"]
        if not groups:
            return ""
        events = client("logs").filter_log_events(logGroupName=made.log_group)["events"]
        return "\n".join(event["message"] for event in events if "said" in event["message"])

    assert eventually(logged) == "said aloud\n"


def test_lambda_assumes_only_roles_that_trust_it(role: MakeRole, function: MakeFunction) -> None:
    stranger = role(EVERYTHING, trust={"Service": "ec2.amazonaws.com"})
    status, code, message = refusal_of(lambda: function("def handler(*_): ...", role=stranger.arn))
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == "The role defined for the function cannot be assumed by Lambda."


def test_a_mapping_needs_its_function_s_role(
    role: MakeRole, function: MakeFunction, queue_pair: MakeQueue, mapping: MakeMapping, notebook: Path
) -> None:
    source = f"""
        def handler(event, context):
            with open({str(notebook)!r}, "a") as notes:
                notes.write(event["Records"][0]["body"] + "\\n")
    """
    queue = queue_pair(visibility_seconds=30)
    reading = allow(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], queue.arn)
    worker = role(reading)
    made = function(source, role=worker.arn)
    status, code, message = refusal_of(lambda: mapping(queue, made))
    assert (status, code) == (400, "InvalidParameterValueException")
    assert message == "The provided execution role does not have permissions to call DeleteMessage on SQS"
    worker.may(reading, allow("sqs:DeleteMessage", queue.arn))
    mapping(queue, made)
    queue.send("one")
    eventually(lambda: notebook.read_text() == "one\n" and queue.counts() == (0, 0))
    worker.may(allow("sqs:DeleteMessage", queue.arn))
    queue.send("two")
    eventually(lambda: refused_of(worker, "sqs:ReceiveMessage"))
    assert notebook.read_text() == "one\n"
    worker.may(reading, allow("sqs:DeleteMessage", queue.arn))
    eventually(lambda: notebook.read_text() == "one\ntwo\n")


def test_eventbridge_needs_the_function_s_permission(
    function: MakeFunction, client: Client, notebook: Path, localstack: LocalStack
) -> None:
    made = function(
        f"""
        def handler(event, context):
            open({str(notebook)!r}, "a").write(event["detail-type"] + "\\n")
        """
    )
    events, rule = client("events"), f"rule-{uuid.uuid4().hex[:8]}"
    pattern = json.dumps({"source": [rule]})
    rule_arn = events.put_rule(Name=rule, EventPattern=pattern)["RuleArn"]
    function_arn = client("lambda").get_function(FunctionName=made.name)["Configuration"]["FunctionArn"]
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": function_arn}])
    permission: dict[str, str] = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}

    def publish(what: str) -> None:
        events.put_events(Entries=[{"Source": rule, "DetailType": what, "Detail": "{}"}])

    def refusals() -> int:
        name = f"{rule} (events.amazonaws.com)"
        usage = EmulatorControl(localstack.endpoint_url).iam(rule).get(name, {"denied": []})
        return sum(each["times_denied"] for each in usage["denied"])

    publish("refused")
    eventually(lambda: refusals() == 1)
    client("lambda").add_permission(
        FunctionName=made.name, StatementId="other", SourceArn=rule_arn + "-other", **permission
    )
    publish("refused again")
    eventually(lambda: refusals() == 2)
    client("lambda").add_permission(FunctionName=made.name, StatementId="own", SourceArn=rule_arn, **permission)
    publish("permitted")
    eventually(notebook.read_text)
    assert notebook.read_text() == "permitted\n"


def test_a_redrive_needs_the_permissions_of_its_calls(role: MakeRole, queue_pair: MakeQueue) -> None:
    queue = queue_pair()
    on_dead_letters = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    operator = role(allow(on_dead_letters, queue.dead_letter_arn))
    sqs = operator.client("sqs")
    _, _, message = refusal_of(lambda: sqs.start_message_move_task(SourceArn=queue.dead_letter_arn))
    assert f"sqs:sendmessage on resource: {queue.arn}" in message
    operator.may(allow(on_dead_letters, queue.dead_letter_arn), allow("sqs:SendMessage", queue.arn))
    sqs.start_message_move_task(SourceArn=queue.dead_letter_arn)


def test_root_and_unknown_roles_are_not_evaluated(client: Client, localstack: LocalStack, bucket: str) -> None:
    client("s3").get_object(Bucket=bucket, Key="audio/one")
    keys = client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/no-such", RoleSessionName="me")
    s3 = session_of(keys["Credentials"]).client("s3", endpoint_url=localstack.endpoint_url)
    s3.get_object(Bucket=bucket, Key="audio/one")


def test_a_deleted_role_has_no_permissions(role: MakeRole, client: Client, bucket: str) -> None:
    reader = role(allow("s3:GetObject"))
    s3 = reader.client("s3")
    s3.get_object(Bucket=bucket, Key="audio/one")
    client("iam").delete_role_policy(RoleName=reader.name, PolicyName="own")
    client("iam").delete_role(RoleName=reader.name)
    assert refusal_of(lambda: s3.get_object(Bucket=bucket, Key="audio/one"))[1] == "AccessDenied"


def test_use_and_refusal_are_counted_and_recorded(
    role: MakeRole, bucket: str, localstack: LocalStack, events_file: Path
) -> None:
    reader = role(allow(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*", Sid="Own"))
    s3 = reader.client("s3")
    for _ in range(3):
        s3.get_object(Bucket=bucket, Key="audio/one")
    refusal_of(lambda: s3.delete_object(Bucket=bucket, Key="audio/one"))
    (usage,) = EmulatorControl(localstack.endpoint_url).iam(reader.name).values()
    resource = f"arn:aws:s3:::{bucket}/*"
    assert usage == {
        "grants": [
            {"statement": "Own", "action": "s3:GetObject", "resource": resource, "times_used": 3},
            {"statement": "Own", "action": "s3:PutObject", "resource": resource, "times_used": 0},
        ],
        "decided_alone": {"Own": 3},
        "denied": [{"action": "s3:DeleteObject", "resource": f"arn:aws:s3:::{bucket}/audio/one", "times_denied": 1}],
    }
    lines = [json.loads(line) for line in events_file.read_text().splitlines()]
    (line_of_denial,) = [line for line in lines if line["kind"] == "iam_denied" and line["principal"] == reader.name]
    assert (line_of_denial["action"], line_of_denial["service"], line_of_denial["operation"]) == (
        "s3:DeleteObject",
        "s3",
        "DeleteObject",
    )


def refused_of(role: Role, action: str) -> list[dict[str, Any]]:
    usage = EmulatorControl(role.endpoint_url).iam(role.name).get(role.name, {"denied": []})
    return [each for each in usage["denied"] if each["action"] == action]


def test_enforcement_can_be_disabled(tmp_path: Path) -> None:
    extra_env = {"SIM_WITHOUT": "iam"}
    with LocalStack(tmp_path / "state", tmp_path / "localstack.log", extra_env=extra_env) as stock:
        made = boto3.Session("test", "test", region_name="us-east-1")
        iam, sts = (made.client(service, endpoint_url=stock.endpoint_url) for service in ("iam", "sts"))
        trusting: dict[str, object] = {"Effect": "Deny", "Action": "sts:AssumeRole", "Principal": "*"}
        iam.create_role(RoleName="nothing", AssumeRolePolicyDocument=document(trusting))  # type: ignore[attr-defined]
        arn = f"arn:aws:iam::{ACCOUNT}:role/nothing"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]  # type: ignore[attr-defined]
        session_of(keys).client("s3", endpoint_url=stock.endpoint_url).create_bucket(Bucket="anything")
