"""Checks of functions: that they run, where and on what, their limits, and their logs."""

import json
import sys
from contextlib import suppress

from botocore.exceptions import ClientError

from sim.localstack.conformance.listener import Listener
from sim.localstack.conformance.target import EXACT_BODY, NotConformant, Target, expect_refusal

ECHO = "def handler(event, context):\n    return event\n"
MEMORY_MB, TAKEN_MB = 128, 512


def services(target: Target) -> None:
    """S3 and SQS answer."""
    target.client("s3").list_buckets()
    target.sqs.list_queues()


def invocation(target: Target) -> None:
    """A function is created, invoked and deleted."""
    with target.function(ECHO) as name:
        answer = target.lambda_.invoke(FunctionName=name, Payload=b'{"ready": true}')
        body = answer["Payload"].read()
    if body != b'{"ready": true}':
        raise NotConformant(f"a function that returns its event returned {body!r}")


def runtime(target: Target) -> None:
    """Functions run on the Python of this process and can connect to this machine's loopback."""
    with target.function(timeout_seconds=10) as name, Listener() as listener:
        event = json.dumps({"connect_to": listener.address}).encode()
        answer = target.lambda_.invoke(FunctionName=name, Payload=event)
        returned = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError") or not isinstance(returned, dict) or "python" not in returned:
        error = returned.get("errorMessage", returned) if isinstance(returned, dict) else returned
        where = f"this machine at {listener.address[0]}, where Postgres and the OpenAI simulator listen"
        raise NotConformant(f"a function did not reach {where}: {error}")
    if tuple(returned["python"]) != sys.version_info[:2]:
        major, minor = returned["python"]
        raise NotConformant(
            f"functions run on Python {major}.{minor} although python3.13 was requested: start it with Python 3.13"
        )


def memory_limit(target: Target) -> None:
    """A function that takes more than its MemorySize is killed."""
    with target.function(memory_mb=MEMORY_MB) as function:
        payload = json.dumps({"take_megabytes": TAKEN_MB}).encode()
        answer = target.lambda_.invoke(FunctionName=function, Payload=payload)
        returned = answer["Payload"].read().decode()
    if "Runtime.OutOfMemory" not in returned and "signal: killed" not in returned:
        raise NotConformant(f"a function of {MEMORY_MB} MB took {TAKEN_MB} MB and was not killed")


def reserved_concurrency(target: Target) -> None:
    """A function whose reserved concurrency is 0 is throttled."""
    with target.function() as function:
        target.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        expect_refusal(
            "TooManyRequestsException",
            "an invocation of a function with a reserved concurrency of 0",
            lambda: target.lambda_.invoke(FunctionName=function),
        )


def function_logs(target: Target) -> None:
    """What a function prints is in CloudWatch Logs."""
    logs = target.client("logs")
    with target.mapped_queue() as (function, url):
        target.sqs.send_message(QueueUrl=url, MessageBody=EXACT_BODY)
        group = f"/aws/lambda/{function}"

        def is_there() -> bool:
            with suppress(ClientError):
                events = logs.filter_log_events(logGroupName=group)["events"]
                return any("conformance body" in each["message"] for each in events)
            return False

        if not target.wait_until(is_there):
            raise NotConformant(
                "what a function prints is not in CloudWatch Logs, so a secret in a log would not be found"
            )
    with suppress(ClientError):
        logs.delete_log_group(logGroupName=group)
