"""What a value violates of AWS's service models, in AWS's words."""

import re
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest

from sim.localstack.extension.rawk_emulator.constraints import model
from sim.localstack.extension.rawk_emulator.constraints.model import USUAL, Rules, _characters_of, violations

SESSION = botocore.session.get_session()


def found(service: str, operation: str, parameters: dict[str, Any], rules: Rules = USUAL) -> list[str]:
    shape = SESSION.get_service_model(service).operation_model(operation).input_shape
    return list(violations(shape, parameters, rules))


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
    assert found("iam", "UpdateServiceSpecificCredential", parameters, Rules(quotes_values=False)) == [sentence]


def test_no_answer_quotes_a_sensitive_value() -> None:
    (sentence,) = found("ssm", "PutParameter", {"Name": "/p", "Value": "v", "Description": "d" * 1025})
    assert "'ddd" in sentence
    (sentence,) = found("secretsmanager", "CreateSecret", {"Name": "s", "SecretString": "hunter2" * 10_000})
    assert "hunter2" not in sentence


def test_every_violation_is_found() -> None:
    assert len(found("events", "PutRule", {"Name": "a b" * 30, "State": "ON", "Description": "d" * 513})) == 4


@pytest.mark.parametrize(
    "key", ["a b", "_.:/=+-@", "k\N{LATIN SMALL LETTER E WITH ACUTE}y", "\N{DEVANAGARI DIGIT TWO}"]
)
def test_letters_of_every_alphabet_are_letters_where_the_pattern_says_so(key: str) -> None:
    assert found("logs", "CreateLogGroup", {"logGroupName": "g", "tags": {key: key}}) == []


@pytest.mark.parametrize("key", ["key?", "a\tb", "a!", "\N{EURO SIGN}", "\N{GRINNING FACE}"])
def test_what_is_neither_a_letter_nor_a_digit_nor_a_blank_is_refused(key: str) -> None:
    (sentence,) = found("logs", "CreateLogGroup", {"logGroupName": "g", "tags": {key: "v"}})
    assert "Map keys must satisfy constraint: [" in sentence


def test_a_token_that_the_emulator_gave_is_not_judged() -> None:
    assert found("events", "ListRules", {"NextToken": "", "Limit": 1}) == []


def test_every_pattern_of_the_models_that_are_held_to_can_be_read_or_is_left_out() -> None:
    for service in ("cloudwatch", "events", "iam", "lambda", "logs", "scheduler", "secretsmanager", "ssm", "sts"):
        model = SESSION.get_service_model(service)
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            if shape is not None:
                list(violations(shape, dict.fromkeys(shape.members, "x")))


@pytest.mark.parametrize(
    ("parameters", "sentences"),
    [
        (
            {"Layers": ["x"], "Timeout": 901, "MemorySize": 10_241},
            [
                "Value '901' at 'timeout' failed to satisfy constraint: "
                "Member must have value less than or equal to 900",
                "Value '10241' at 'memorySize' failed to satisfy constraint: "
                "Member must have value less than or equal to 10240",
            ],
        ),
        (
            {"VpcConfig": {"SubnetIds": ["no id"] * 17, "SecurityGroupIds": ["no id"]}},
            [
                f"Value '[{', '.join(['no id'] * 17)}]' at 'vpcConfig.subnetIds' failed to satisfy constraint: "
                "Member must have length less than or equal to 16",
            ],
        ),
        (
            {"Description": "d" * 2000},
            [
                f"Value '{'d' * 1024}' at 'description' failed to satisfy constraint: "
                "Member must have length less than or equal to 256",
            ],
        ),
    ],
    ids=["limits that the model does not have", "members that LocalStack checks", "a long value"],
)
def test_lambda_is_held_to_its_model_by_rules_of_its_own(parameters: dict[str, Any], sentences: list[str]) -> None:
    rules = Rules(
        not_judged=frozenset({"Layers", "FunctionName"}),
        members_not_judged=frozenset({"SubnetIds", "SecurityGroupIds"}),
        maxima={"Timeout": 900, "MemorySize": 10_240},
        most_quoted=1024,
    )
    assert found("lambda", "UpdateFunctionConfiguration", parameters, rules) == sentences


@pytest.mark.parametrize(
    ("operation", "parameters", "sentence"),
    [
        (
            "CreateEventSourceMapping",
            {"FunctionName": "f", "FunctionResponseTypes": ["Sometimes"]},
            "Value '[Sometimes]' at 'functionResponseTypes' failed to satisfy constraint: Member must satisfy "
            "constraint: [Member must satisfy enum value set: [ReportBatchItemFailures], Member must not be null]",
        ),
        (
            "CreateEventSourceMapping",
            {"FunctionName": "f", "Topics": ["a b"]},
            "Value '[a b]' at 'topics' failed to satisfy constraint: Member must satisfy constraint: "
            "[Member must have length less than or equal to 249, Member must have length greater than or equal to 1, "
            r"Member must satisfy regular expression pattern: [^.]([a-zA-Z0-9\-_.]+), Member must not be null]",
        ),
        (
            "CreateAlias",
            {
                "FunctionName": "f",
                "Name": "n",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"one": 0.5}},
            },
            "Value '{one=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must "
            "satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater "
            "than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
        ),
        (
            "CreateAlias",
            {
                "FunctionName": "f",
                "Name": "n",
                "FunctionVersion": "1",
                "RoutingConfig": {"AdditionalVersionWeights": {"1": 1.5}},
            },
            "Value '{1=1.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must "
            "satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater "
            "than or equal to 0.0, Member must not be null]",
        ),
    ],
    ids=["list of values", "list of texts", "keys of a map", "values of a map"],
)
def test_plain_members_are_named_together(operation: str, parameters: dict[str, Any], sentence: str) -> None:
    assert found("lambda", operation, parameters) == [sentence]


@pytest.mark.parametrize("category", ["L", "N", "Z", "P", "S", "M", "C", "Lu", "Ll", "Nd", "Zs", "Sc", "Cn", "Co"])
def test_a_category_has_the_characters_that_unicode_gives_it(category: str) -> None:
    pattern = re.compile(f"[{_characters_of(category)}]")
    codes = [*range(0x3000), *range(0x3000, sys.maxunicode + 1, 251), 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x10000]
    for code in [*codes, 0x1D7CB, 0x1F600, 0x2FA1D, 0xE0100, 0x10FFFD, sys.maxunicode]:
        assert bool(pattern.fullmatch(chr(code))) == unicodedata.category(chr(code)).startswith(category), hex(code)


def test_the_categories_are_read_once_however_many_calls_need_them(monkeypatch: pytest.MonkeyPatch) -> None:
    model._characters_of.cache_clear()
    model._runs_of_categories.cache_clear()
    reads: list[int] = []
    stock = unicodedata.category
    counting = SimpleNamespace(category=lambda character: (character == "a" and reads.append(1)) or stock(character))
    monkeypatch.setattr(model, "unicodedata", counting)
    with ThreadPoolExecutor(4) as calls:
        list(calls.map(_characters_of, ["L", "N", "Z", "P"]))
    assert reads == [1]
