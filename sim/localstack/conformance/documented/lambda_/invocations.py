"""Invocations, and what belongs to a function: versions, aliases, permissions, URLs, concurrency, retries."""

import json
from typing import Any

from sim.localstack.conformance.documented.lambda_.fixtures import API, GUIDE, function, on_function
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.target import Target

INVOCATIONS = Checks("Lambda", API)

INVALID = "InvalidParameterValueException"
VALIDATION = "ValidationException"
CONFLICT = "ResourceConflictException"
QUOTAS = f"{GUIDE}gettingstarted-limits.html"

SIX_MB, ONE_MB = 6 * 1024 * 1024, 1024 * 1024


def payload(size: int) -> bytes:
    """A JSON string of so many bytes."""
    return b'"' + b"x" * (size - 2) + b'"'


PERMISSION = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}

REFUSED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (VALIDATION, "invoke", {"InvocationType": "Sometimes"}),
    (VALIDATION, "invoke", {"LogType": "Head"}),
    ("InvalidRequestContentException", "invoke", {"Payload": b"no json"}),
    ("ResourceNotFoundException", "invoke", {"Qualifier": "no-such-alias"}),
    ("ResourceNotFoundException", "invoke", {"Qualifier": "17"}),
    (VALIDATION, "put_function_concurrency", {"ReservedConcurrentExecutions": -1}),
    (INVALID, "put_function_concurrency", {"ReservedConcurrentExecutions": 1_000}),
    (VALIDATION, "put_provisioned_concurrency_config", {"Qualifier": "1", "ProvisionedConcurrentExecutions": 0}),
    (INVALID, "put_provisioned_concurrency_config", {"Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1}),
    *((VALIDATION, "put_function_event_invoke_config", {"MaximumRetryAttempts": value}) for value in (-1, 3)),
    *((VALIDATION, "put_function_event_invoke_config", {"MaximumEventAgeInSeconds": value}) for value in (59, 21_601)),
    (INVALID, "put_function_event_invoke_config", {}),
    (VALIDATION, "create_function_url_config", {"AuthType": "PASSWORD"}),
    (VALIDATION, "create_function_url_config", {"AuthType": "NONE", "InvokeMode": "UNKNOWN"}),
    *(
        (VALIDATION, "create_function_url_config", {"AuthType": "NONE", "Cors": {"MaxAge": age}})
        for age in (-1, 86_401)
    ),
    (VALIDATION, "create_function_url_config", {"AuthType": "NONE", "Cors": {"AllowMethods": ["GET"] * 7}}),
    (VALIDATION, "create_function_url_config", {"AuthType": "NONE", "Cors": {"AllowMethods": ["OPTIONS"]}}),
    (VALIDATION, "create_function_url_config", {"AuthType": "NONE", "Qualifier": "$LATEST"}),
    (VALIDATION, "add_permission", {**PERMISSION, "StatementId": "a statement"}),
    (VALIDATION, "add_permission", {**PERMISSION, "StatementId": "x" * 101}),
    (VALIDATION, "add_permission", {**PERMISSION, "Action": "s3:GetObject"}),
    (VALIDATION, "add_permission", {**PERMISSION, "Principal": "a service"}),
    (VALIDATION, "add_permission", {**PERMISSION, "SourceAccount": "12345"}),
    (VALIDATION, "add_permission", {**PERMISSION, "SourceAccount": 12 * "\N{ARABIC-INDIC DIGIT ONE}"}),
    (VALIDATION, "add_permission", {**PERMISSION, "SourceArn": "no-arn"}),
    (VALIDATION, "add_permission", {**PERMISSION, "PrincipalOrgID": "my-org"}),
    (VALIDATION, "add_permission", {**PERMISSION, "FunctionUrlAuthType": "PASSWORD"}),
    (VALIDATION, "publish_version", {"Description": "x" * 257}),
    (INVALID, "publish_version", {"CodeSha256": "c29tZXRoaW5nIGVsc2U="}),
    ("PreconditionFailedException", "publish_version", {"RevisionId": "3f1d3c6e-0000-4000-8000-000000000000"}),
    (VALIDATION, "create_alias", {"Name": "123", "FunctionVersion": "$LATEST"}),
    (VALIDATION, "create_alias", {"Name": "x" * 129, "FunctionVersion": "$LATEST"}),
    (VALIDATION, "create_alias", {"Name": "a", "FunctionVersion": "$LATEST", "Description": "x" * 257}),
    ("ResourceNotFoundException", "create_alias", {"Name": "a", "FunctionVersion": "17"}),
    ("ResourceNotFoundException", "get_alias", {"Name": "no-such-alias"}),
    ("ResourceNotFoundException", "update_alias", {"Name": "no-such-alias"}),
    ("ResourceNotFoundException", "remove_permission", {"StatementId": "no-such-statement"}),
    ("ResourceNotFoundException", "get_function_event_invoke_config", {}),
    ("ResourceNotFoundException", "update_function_url_config", {"AuthType": "NONE"}),
    ("ResourceNotFoundException", "delete_function_url_config", {}),
    (VALIDATION, "list_versions_by_function", {"MaxItems": 0}),
    (VALIDATION, "list_aliases", {"MaxItems": 10_001}),
)

ACCEPTED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("invoke", {"Payload": b""}),
    ("invoke", {"InvocationType": "DryRun"}),
    ("invoke", {"InvocationType": "Event", "Payload": payload(ONE_MB)}),
    ("put_function_concurrency", {"ReservedConcurrentExecutions": 0}),
    ("put_function_event_invoke_config", {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}),
    ("put_function_event_invoke_config", {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}),
    ("create_function_url_config", {"AuthType": "NONE", "Cors": {"MaxAge": 86_400, "AllowMethods": ["*"]}}),
    ("add_permission", PERMISSION),
    ("publish_version", {"Description": "x" * 256}),
    ("create_alias", {"Name": "live", "FunctionVersion": "$LATEST"}),
)


def _declare() -> None:
    for code, operation, parameters in REFUSED:
        name = _name(operation)
        what = f"{name} with {_short(parameters)}"
        INVOCATIONS.refuses(code, what, f"API_{name}.html", on_function(operation, **parameters))
    for operation, parameters in ACCEPTED:
        name = _name(operation)
        what = f"{name} with {_short(parameters)}"
        INVOCATIONS.accepts(what, f"API_{name}.html", on_function(operation, **parameters))
    for kind, size in (("RequestResponse", SIX_MB + 1), ("Event", ONE_MB + 1)):
        INVOCATIONS.refuses(
            "RequestEntityTooLargeException",
            f"Invoke as {kind} with {size:,} bytes",
            QUOTAS,
            on_function("invoke", InvocationType=kind, Payload=payload(size)),
        )


def _name(operation: str) -> str:
    return "".join(word.capitalize() for word in operation.split("_"))


def _short(parameters: dict[str, Any]) -> str:
    text = ", ".join(f"{name}={_text(value)}" for name, value in parameters.items())
    return (text or "no setting") if len(text) <= 110 else f"{text[:70]}… ({len(text)} characters)"


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else json.dumps(value)


_declare()


@INVOCATIONS.check("A function without concurrency is throttled: TooManyRequestsException", "API_Invoke.html")
def throttled(target: Target) -> None:
    with function(target) as name:
        target.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        expect_error("TooManyRequestsException", lambda: target.lambda_.invoke(FunctionName=name))


@INVOCATIONS.check("An answer of more than 6 MB is an error of the function", QUOTAS)
def large_answer(target: Target) -> None:
    with function(target) as name:
        answer = target.lambda_.invoke(FunctionName=name, Payload=json.dumps({"bytes": SIX_MB + 200}).encode())
        expect("FunctionError", answer.get("FunctionError"), "Unhandled")
        expect("the error's type", json.load(answer["Payload"])["errorType"], "Function.ResponseSizeTooLarge")


@INVOCATIONS.check("A statement's id can be used once: ResourceConflictException", "API_AddPermission.html")
def second_statement(target: Target) -> None:
    with function(target) as name:
        target.lambda_.add_permission(FunctionName=name, **PERMISSION)
        expect_error(CONFLICT, lambda: target.lambda_.add_permission(FunctionName=name, **PERMISSION))


@INVOCATIONS.check(
    "A second URL of a function is refused: ResourceConflictException", "API_CreateFunctionUrlConfig.html"
)
def second_url(target: Target) -> None:
    with function(target) as name:
        target.lambda_.create_function_url_config(FunctionName=name, AuthType="NONE")
        expect_error(CONFLICT, lambda: target.lambda_.create_function_url_config(FunctionName=name, AuthType="NONE"))


@INVOCATIONS.check("A URL without an invoke mode is BUFFERED", "API_GetFunctionUrlConfig.html")
def invoke_mode(target: Target) -> None:
    with function(target) as name:
        target.lambda_.create_function_url_config(FunctionName=name, AuthType="NONE")
        found = target.lambda_.get_function_url_config(FunctionName=name)
        expect("InvokeMode", found.get("InvokeMode"), "BUFFERED")


@INVOCATIONS.check("An alias can be made once: ResourceConflictException", "API_CreateAlias.html")
def second_alias(target: Target) -> None:
    with function(target) as name:
        alias = {"FunctionName": name, "Name": "live", "FunctionVersion": "$LATEST"}
        target.lambda_.create_alias(**alias)
        expect_error(CONFLICT, lambda: target.lambda_.create_alias(**alias))


@INVOCATIONS.check("Reserved concurrency is of a function, not of a version", "API_PutFunctionConcurrency.html")
def concurrency_of_version(target: Target) -> None:
    with function(target) as name:
        version = target.lambda_.publish_version(FunctionName=name)["FunctionArn"]
        expect_error(
            INVALID,
            lambda: target.lambda_.put_function_concurrency(FunctionName=version, ReservedConcurrentExecutions=1),
        )


def _declare_lists() -> None:
    for value in (0, 10_001):
        INVOCATIONS.refuses(
            VALIDATION,
            f"ListFunctions with MaxItems={value}",
            "API_ListFunctions.html",
            lambda target, value=value: target.lambda_.list_functions(MaxItems=value),  # type: ignore[misc]
        )
    INVOCATIONS.refuses(
        VALIDATION,
        "TagResource of no function",
        "API_TagResource.html",
        lambda target: target.lambda_.tag_resource(Resource="arn:aws:something", Tags={"a": "b"}),
    )


_declare_lists()
