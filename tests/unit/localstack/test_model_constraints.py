"""What a value violates of AWS's service models, in AWS's words."""

from typing import Any

import botocore.session
import pytest

from sim.localstack.extension.rawk_emulator.constraints.model import violations

SESSION = botocore.session.get_session()


def found(service: str, operation: str, parameters: dict[str, Any], *, quotes_values: bool = True) -> list[str]:
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    return list(violations(shape, parameters, quotes_values=quotes_values))


RULE = {"Name": "rule", "ScheduleExpression": "rate(1 minute)"}
TARGET = {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:111122223333:q"}


def test_what_the_model_allows_is_no_violation() -> None:
    assert found("events", "PutRule", RULE) == []
    assert found("events", "PutTargets", {"Rule": "rule", "Targets": [TARGET]}) == []
    assert found("iam", "CreateRole", {"RoleName": "a+b=c,d.e@f_g-h", "AssumeRolePolicyDocument": "{}\n"}) == []
    assert found("logs", "CreateLogGroup", {"logGroupName": "/aws/lambda/a.b-c_d#1"}) == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "sentence"),
    [
        (
            "events",
            "PutRule",
            {**RULE, "Name": "n" * 65},
            f"Value '{'n' * 65}' at 'name' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        ),
        (
            "events",
            "PutRule",
            {**RULE, "Name": "a b"},
            "Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            r"[\.\-_A-Za-z0-9]+",
        ),
        (
            "events",
            "PutTargets",
            {"Rule": "rule", "Targets": [TARGET, {**TARGET, "RetryPolicy": {"MaximumRetryAttempts": 186}}]},
            "Value '186' at 'targets.2.member.retryPolicy.maximumRetryAttempts' failed to satisfy constraint: "
            "Member must have value less than or equal to 185",
        ),
        (
            "events",
            "PutTargets",
            {"Targets": [TARGET]},
            "Value null at 'rule' failed to satisfy constraint: Member must not be null",
        ),
        (
            "iam",
            "CreateUser",
            {"UserName": "J\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen"},
            "Value 'J\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen' at 'userName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w+=,.@-]+",
        ),
        (
            "ssm",
            "PutParameter",
            {"Name": "/p", "Value": "v", "Tier": "Gold"},
            "Value 'Gold' at 'tier' failed to satisfy constraint: Member must satisfy enum value set: "
            "[Standard, Advanced, Intelligent-Tiering]",
        ),
    ],
    ids=["length", "pattern", "value in a list", "missing", "letters of ASCII", "set of values"],
)
def test_a_violation_is_named_as_aws_names_it(
    service: str, operation: str, parameters: dict[str, Any], sentence: str
) -> None:
    assert found(service, operation, parameters) == [sentence]


def test_the_pattern_is_named_before_the_length() -> None:
    sentences = found("events", "PutRule", {**RULE, "Name": f"a {'n' * 65}"})
    assert [each.partition("Member must ")[2].split()[0] for each in sentences] == ["satisfy", "have"]


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "quoted"),
    [
        (
            "events",
            "PutEvents",
            {"Entries": [{"Source": "s", "Resources": ["a", "b"], "Detail": "{}"}] * 11},
            "["
            + ", ".join(
                ["PutEventsRequestEntry(time=null, source=s, resources=[a, b], detailType=null, detail={}, "
                 "eventBusName=null, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"] * 11
            )
            + "]",
        ),
        ("events", "PutEvents", {"Entries": []}, "[]"),
        (
            "ssm",
            "PutParameter",
            {"Name": "/p", "Value": "v", "Tags": [{"Key": "k", "Value": "v"}] * 1001},
            "[" + ", ".join(["Tag(key=k, value=v)"] * 1001) + "]",
        ),
    ],
    ids=["structures", "nothing", "tags"],
)  # fmt: skip
def test_values_are_written_as_java_writes_them(
    service: str, operation: str, parameters: dict[str, Any], quoted: str
) -> None:
    (sentence,) = found(service, operation, parameters)
    assert sentence.startswith(f"Value '{quoted}' at ")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"ServiceSpecificCredentialId": "c" * 20, "Status": "Invalid"},
            "Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        (
            {"ServiceSpecificCredentialId": "with-hyphens-in-its-name", "Status": "Active"},
            "Value at 'serviceSpecificCredentialId' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w]+",
        ),
        (
            {"ServiceSpecificCredentialId": "c", "Status": "Active"},
            "Value at 'serviceSpecificCredentialId' failed to satisfy constraint: "
            "Member must have length greater than or equal to 20",
        ),
        (
            {"ServiceSpecificCredentialId": "c" * 20},
            "Value at 'status' failed to satisfy constraint: Member must not be null",
        ),
    ],
    ids=["set of values", "pattern", "length", "missing"],
)
def test_some_services_quote_no_values(parameters: dict[str, Any], sentence: str) -> None:
    assert found("iam", "UpdateServiceSpecificCredential", parameters, quotes_values=False) == [sentence]


def test_no_answer_quotes_a_sensitive_value() -> None:
    (sentence,) = found("ssm", "PutParameter", {"Name": "/p", "Value": "v", "Description": "d" * 1025})
    assert "'ddd" in sentence
    (sentence,) = found("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "hunter2" * 10_000})
    assert "hunter2" not in sentence


def test_every_violation_is_found() -> None:
    assert len(found("events", "PutRule", {"Name": "a b" * 30, "State": "ON", "Description": "d" * 513})) == 4


def test_a_token_that_the_emulator_gave_is_not_judged() -> None:
    assert found("events", "ListRules", {"NextToken": "", "Limit": 1}) == []


def test_every_pattern_of_the_models_that_are_held_to_can_be_read_or_is_left_out() -> None:
    for service in ("cloudwatch", "events", "iam", "logs", "scheduler", "secretsmanager", "ssm", "sts"):
        model = SESSION.get_service_model(service)
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            if shape is not None:
                list(violations(shape, dict.fromkeys(shape.members, "x")))
