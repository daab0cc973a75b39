"""Functions of the checks: how they are created, and one call with one changed parameter."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from sim.localstack.conformance.target import NotConformant, Target
from sim.localstack.functions import zip_of

API = "https://docs.aws.amazon.com/lambda/latest/api/"
GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"

SOURCE = """
def handler(event, context):
    return {"large": "x" * event["bytes"]} if "bytes" in event else event
"""

Settings = dict[str, Any]
Call = Callable[[Target], object]


@cache
def code() -> bytes:
    return zip_of({"module.py": SOURCE})


def settings_of_new(target: Target, **changed: Any) -> Settings:
    """A valid CreateFunction; a change to None leaves the parameter out."""
    settings = {
        "FunctionName": target.new_name(),
        "Runtime": "python3.13",
        "Handler": "module.handler",
        "Role": target.role(),
        "Code": {"ZipFile": code()},
        **changed,
    }
    return {name: value for name, value in settings.items() if value is not None}


def creating(**changed: Any) -> Call:
    """A CreateFunction with changed parameters; a function that was created is deleted again."""

    def call(target: Target) -> None:
        settings = settings_of_new(target, **changed)
        target.lambda_.create_function(**settings)
        with suppress(ClientError):
            target.lambda_.delete_function(FunctionName=settings["FunctionName"])

    return call


@contextmanager
def function(target: Target, **changed: Any) -> Iterator[str]:
    """The name of a function that is active and can be changed; some of its parameters may be changed."""
    settings = settings_of_new(target, **changed)
    name = str(settings["FunctionName"])
    target.lambda_.create_function(**settings)
    try:
        if not target.wait_until(lambda: is_settled(target, name)):
            raise NotConformant("no function becomes active")
        yield name
    finally:
        with suppress(ClientError):
            target.lambda_.delete_function(FunctionName=name)


def is_settled(target: Target, name: str) -> bool:
    config = target.lambda_.get_function_configuration(FunctionName=name)
    return bool(config.get("State") == "Active" and config.get("LastUpdateStatus") != "InProgress")


def configuring(**changed: Any) -> Call:
    """An UpdateFunctionConfiguration of a new function."""

    def call(target: Target) -> None:
        with function(target) as name:
            target.lambda_.update_function_configuration(FunctionName=name, **changed)

    return call


def on_function(operation: str, **parameters: Any) -> Call:
    """An operation on a new function."""

    def call(target: Target) -> None:
        with function(target) as name:
            getattr(target.lambda_, operation)(FunctionName=name, **parameters)

    return call
