"""Functions: what CreateFunction, UpdateFunctionConfiguration and UpdateFunctionCode accept."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from sim.localstack.conformance.documented.lambda_.fixtures import (
    API,
    Call,
    code,
    configuring,
    creating,
    function,
    on_function,
    settings_of_new,
)
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import TIMEOUT_SECONDS, Http
from sim.localstack.conformance.target import NotConformant, Target
from sim.localstack.functions import zip_of

FUNCTIONS = Checks("Lambda", API)

INVALID = "InvalidParameterValueException"
VALIDATION = "ValidationException"

CALLS = {"CreateFunction": creating, "UpdateFunctionConfiguration": configuring}

ACCEPTED: tuple[tuple[str, Any], ...] = (
    *(("Timeout", value) for value in (1, 900)),
    *(("MemorySize", value) for value in (128, 10_240)),
    *(("EphemeralStorage", {"Size": value}) for value in (512, 10_240)),
    ("Description", "x" * 256),
    ("Description", ""),
    ("Handler", "x" * 128),
    ("Environment", {"Variables": {"LARGE": "x" * 4_000}}),
    ("TracingConfig", {"Mode": "PassThrough"}),
)

REFUSED: tuple[tuple[str, str, Any], ...] = (
    *((VALIDATION, "Timeout", value) for value in (0, -1, 901)),
    *((VALIDATION, "MemorySize", value) for value in (0, 127, 10_241)),
    *((VALIDATION, "EphemeralStorage", {"Size": value}) for value in (0, 511, 10_241)),
    (VALIDATION, "Description", "x" * 257),
    (VALIDATION, "Handler", "a handler"),
    (VALIDATION, "Handler", "x" * 129),
    *((VALIDATION, "Environment", {"Variables": {name: "v"}}) for name in ("1A", "A-B", "A B", "A", "_HANDLER")),
    *(
        (INVALID, "Environment", {"Variables": {name: "v"}})
        for name in ("AWS_REGION", "AWS_LAMBDA_FUNCTION_NAME", "LAMBDA_TASK_ROOT", "AWS_ACCESS_KEY_ID")
    ),
    (INVALID, "Environment", {"Variables": {"LARGE": "x" * 4_097}}),
    (VALIDATION, "TracingConfig", {"Mode": "Sometimes"}),
    (VALIDATION, "KMSKeyArn", "no-arn"),
    (VALIDATION, "DeadLetterConfig", {"TargetArn": "no-arn"}),
    *(
        (INVALID, "DeadLetterConfig", {"TargetArn": arn})
        for arn in (
            *("arn:aws:s3:::a-bucket", "arn:aws:sqs:a-queue", "arn:aws:sns:", "arn:aws:sqs:::", "arn:aws:sqs::::"),
            *("arn:aws:sqs:us-east-1:123456789012:", "arn::sqs:us-east-1:123456789012:a-queue"),
        )
    ),
    (VALIDATION, "LoggingConfig", {"LogFormat": "XML"}),
    (VALIDATION, "LoggingConfig", {"LogFormat": "JSON", "ApplicationLogLevel": "LOUD"}),
    (VALIDATION, "LoggingConfig", {"LogFormat": "JSON", "SystemLogLevel": "ERROR"}),
    (VALIDATION, "LoggingConfig", {"LogGroup": "a group"}),
    (VALIDATION, "VpcConfig", {"SubnetIds": [f"subnet-{number:08x}" for number in range(17)]}),
    (VALIDATION, "VpcConfig", {"SecurityGroupIds": [f"sg-{number:08x}" for number in range(6)]}),
    (VALIDATION, "ImageConfig", {"WorkingDirectory": "x" * 1_001}),
    (VALIDATION, "SnapStart", {"ApplyOn": "Always"}),
    (VALIDATION, "Role", "no-arn"),
    (INVALID, "Role", "arn:aws:iam::123456789012:role/no-such-role"),
    (INVALID, "Runtime", "python9.9"),
    (INVALID, "Layers", [f"arn:aws:lambda:us-east-1:123456789012:layer:l{number}:1" for number in range(6)]),
)


def _declare_parameters() -> None:
    for operation, call_with in CALLS.items():
        page = f"API_{operation}.html"
        for name, value in ACCEPTED:
            FUNCTIONS.accepts(f"{operation} with {name}={_short(value)}", page, call_with(**{name: value}))
        for error, name, value in REFUSED:
            FUNCTIONS.refuses(error, f"{operation} with {name}={_short(value)}", page, call_with(**{name: value}))


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text)} characters)"


_declare_parameters()

CREATION = "API_CreateFunction.html"


def _declare_creation() -> None:
    for error, what, changed in (
        (VALIDATION, "PackageType=Tar", {"PackageType": "Tar"}),
        (VALIDATION, "two architectures", {"Architectures": ["x86_64", "arm64"]}),
        (VALIDATION, "the architecture riscv", {"Architectures": ["riscv"]}),
        (VALIDATION, "an alias in its name", {"FunctionName": "invalid:function:name"}),
        (VALIDATION, "a blank in its name", {"FunctionName": "a name"}),
        (INVALID, "a name of 65 characters", {"FunctionName": "x" * 65}),
        (INVALID, "no code", {"Code": {}}),
        (INVALID, "code from two places", {"Code": {"ZipFile": b"PK", "S3Bucket": "bucket", "S3Key": "key"}}),
        (INVALID, "code that is no zip", {"Code": {"ZipFile": b"no zip"}}),
        (INVALID, "code in a bucket that does not exist", {"Code": {"S3Bucket": "no-such-bucket-here", "S3Key": "k"}}),
        (VALIDATION, "a bucket's name of two characters", {"Code": {"S3Bucket": "ab", "S3Key": "key"}}),
        (INVALID, "no runtime", {"Runtime": None}),
        (INVALID, "no handler", {"Handler": None}),
        (INVALID, "51 tags", {"Tags": {f"tag{number}": "v" for number in range(51)}}),
        (
            VALIDATION,
            "two file systems",
            {"FileSystemConfigs": [{"Arn": "arn:aws:elasticfilesystem:us-east-1:1:x", "LocalMountPath": "/mnt/a"}] * 2},
        ),
    ):
        FUNCTIONS.refuses(error, f"CreateFunction with {what}", CREATION, creating(**changed))
    FUNCTIONS.accepts(
        "CreateFunction with 50 tags", CREATION, creating(Tags={f"tag{number}": "v" for number in range(50)})
    )
    FUNCTIONS.accepts("CreateFunction for arm64", CREATION, creating(Architectures=["arm64"]))


_declare_creation()


@FUNCTIONS.check("A role that does not trust Lambda cannot be a function's", f"{API}API_CreateFunction.html")
def untrusting_role(target: Target) -> None:
    role = target.role(trusts="ec2.amazonaws.com")
    expect_error(INVALID, lambda: creating(Role=role)(target))


@FUNCTIONS.check("A second function of the same name is refused: ResourceConflictException", CREATION)
def existing_name(target: Target) -> None:
    with function(target) as name:
        settings = settings_of_new(target, FunctionName=name)
        expect_error("ResourceConflictException", lambda: target.lambda_.create_function(**settings))


def _declare_missing() -> None:
    for operation, parameters in (
        ("get_function", {}),
        ("get_function_configuration", {}),
        ("delete_function", {}),
        ("update_function_configuration", {"Timeout": 5}),
        ("update_function_code", {"ZipFile": b"PK"}),
        ("invoke", {}),
        ("publish_version", {}),
        ("get_policy", {}),
        ("put_function_concurrency", {"ReservedConcurrentExecutions": 1}),
        ("get_function_concurrency", {}),
        ("put_function_event_invoke_config", {"MaximumRetryAttempts": 1}),
        ("create_function_url_config", {"AuthType": "NONE"}),
        ("get_function_url_config", {}),
    ):
        name = "".join(word.capitalize() for word in operation.split("_"))

        def call(target: Target, operation: str = operation, parameters: dict[str, Any] = parameters) -> None:
            getattr(target.lambda_, operation)(FunctionName=target.new_name(), **parameters)

        FUNCTIONS.refuses(
            "ResourceNotFoundException", f"{name} of a function that does not exist", f"API_{name}.html", call
        )


_declare_missing()


def _declare_changes() -> None:
    stale = {"RevisionId": "3f1d3c6e-0000-4000-8000-000000000000"}
    calls: tuple[tuple[str, str, str, Call], ...] = (
        (
            "PreconditionFailedException",
            "UpdateFunctionConfiguration with an old RevisionId",
            "API_UpdateFunctionConfiguration.html",
            on_function("update_function_configuration", **stale),
        ),
        (
            "PreconditionFailedException",
            "UpdateFunctionCode with an old RevisionId",
            "API_UpdateFunctionCode.html",
            on_function("update_function_code", ZipFile=b"PK", **stale),
        ),
        (
            INVALID,
            "UpdateFunctionCode with code that is no zip",
            "API_UpdateFunctionCode.html",
            on_function("update_function_code", ZipFile=b"no zip"),
        ),
        (
            VALIDATION,
            "UpdateFunctionCode for two architectures",
            "API_UpdateFunctionCode.html",
            on_function("update_function_code", ZipFile=code(), Architectures=["x86_64", "arm64"]),
        ),
        (
            INVALID,
            "DeleteFunction of $LATEST",
            "API_DeleteFunction.html",
            on_function("delete_function", Qualifier="$LATEST"),
        ),
    )
    for error, what, page, call in calls:
        FUNCTIONS.refuses(error, what, page, call)


_declare_changes()


def _downloaded(location: str) -> bytes:
    try:
        with build_opener(ProxyHandler({})).open(location, timeout=TIMEOUT_SECONDS) as answer:
            return bytes(answer.read())
    except HTTPError as error:
        raise NotConformant(f"the link answers {error.code}") from error


@FUNCTIONS.check("The link that GetFunction gives downloads the code", "API_FunctionCodeLocation.html")
def location_of_code(target: Target) -> None:
    with function(target) as name:
        version = target.lambda_.publish_version(FunctionName=name)["Version"]
        target.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
        changed = zip_of({"module.py": "def handler(event, context): return 1"})
        target.lambda_.update_function_code(FunctionName=name, ZipFile=changed)
        for qualifier, expected in {"$LATEST": changed, version: code()}.items():
            found = target.lambda_.get_function(FunctionName=name, Qualifier=qualifier)["Code"]
            expect(f"the code of {qualifier}", _downloaded(found["Location"]), expected)


@FUNCTIONS.check(
    "The link that GetFunction gives downloads nothing else: SignatureDoesNotMatch", "API_FunctionCodeLocation.html"
)
def altered_location(target: Target) -> None:
    with function(target) as name:
        location = urlsplit(target.lambda_.get_function(FunctionName=name)["Code"]["Location"])
        altered = Http("GET", f"{location.path}x?{location.query}")
        expect_error("SignatureDoesNotMatch", lambda: altered.send(target))


@FUNCTIONS.check("The link that GetLayerVersion gives downloads the layer", "API_LayerVersionContentOutput.html")
def location_of_layer(target: Target) -> None:
    name = target.new_name()
    content = zip_of({"python/module.py": "x = 1"})
    version = target.lambda_.publish_layer_version(LayerName=name, Content={"ZipFile": content})["Version"]
    try:
        found = target.lambda_.get_layer_version(LayerName=name, VersionNumber=version)["Content"]
        expect("the content", _downloaded(found["Location"]), content)
    finally:
        target.lambda_.delete_layer_version(LayerName=name, VersionNumber=version)


@FUNCTIONS.check(
    "A change while another is in progress is refused: ResourceConflictException",
    "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html",
)
def change_during_change(target: Target) -> None:
    with function(target) as name:

        def change_twice() -> None:
            for number in range(20):  # the first is over soon: one of the next comes in time
                target.lambda_.update_function_configuration(FunctionName=name, Description=str(number))

        expect_error("ResourceConflictException", change_twice)
