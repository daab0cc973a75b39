"""Lambda: functions, the event source mapping of the queue, invoke settings and permissions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError
from sim.provisioning.resources.resource_type import (
    Attributes,
    FunctionInputs,
    References,
    ResourceType,
    one,
    only,
    removed_with_parent,
    resource_type,
)

__all__ = ["RESOURCE_TYPES"]


def _make_function(clients: Clients, attributes: Attributes, inputs: FunctionInputs) -> References:
    if attributes["package_type"] != "Zip":
        raise ProvisionError("The local world runs functions from a zip; the rendering asks for an image.")
    function = clients.lambda_.create_function(
        FunctionName=attributes["function_name"],
        Description=attributes.get("description", ""),
        Role=attributes["role"],
        Architectures=attributes["architectures"],
        Runtime=attributes["runtime"],
        Handler=attributes["handler"],
        Timeout=attributes["timeout"],
        MemorySize=attributes["memory_size"],
        Environment={"Variables": _environment(attributes, inputs)},
        Tags=dict(attributes.get("tags", {})),
        Code=inputs.code,
    )
    return {"id": function["FunctionName"], "arn": function["FunctionArn"]}


def _environment(attributes: Attributes, inputs: FunctionInputs) -> dict[str, str]:
    own = one(attributes["environment"])["variables"]
    if replaced := sorted(set(own) & set(inputs.extra_environment)):
        raise ProvisionError(f"extra_environment must not replace what Terraform sets itself: {', '.join(replaced)}.")
    return {**own, **inputs.extra_environment}


def _function_is_ready(clients: Clients, made: References) -> bool:
    configuration = clients.lambda_.get_function_configuration(FunctionName=made["id"])
    if configuration["State"] == "Failed":
        raise ProvisionError(f"Function {made['id']} failed: {configuration.get('StateReason', 'no reason given')}")
    return bool(configuration["State"] == "Active")


def _remove_function(clients: Clients, made: References) -> None:
    clients.lambda_.delete_function(FunctionName=made["id"])


def _make_mapping(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    scaling = only(one(attributes["scaling_config"]), "maximum_concurrency", "scaling_config")
    mapping = clients.lambda_.create_event_source_mapping(
        EventSourceArn=attributes["event_source_arn"],
        FunctionName=attributes["function_name"],
        BatchSize=attributes["batch_size"],
        FunctionResponseTypes=attributes["function_response_types"],
        ScalingConfig={"MaximumConcurrency": scaling["maximum_concurrency"]},
        Tags=dict(attributes.get("tags", {})),
    )
    return {"id": mapping["UUID"], "uuid": mapping["UUID"]}


def _mapping_is_ready(clients: Clients, made: References) -> bool:
    return bool(clients.lambda_.get_event_source_mapping(UUID=made["uuid"])["State"] == "Enabled")


def _remove_mapping(clients: Clients, made: References) -> None:
    clients.lambda_.delete_event_source_mapping(UUID=made["uuid"])


def _make_invoke_config(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    clients.lambda_.put_function_event_invoke_config(
        FunctionName=attributes["function_name"],
        MaximumRetryAttempts=attributes["maximum_retry_attempts"],
        MaximumEventAgeInSeconds=attributes["maximum_event_age_in_seconds"],
    )
    return {"id": attributes["function_name"]}


def _make_permission(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    clients.lambda_.add_permission(
        StatementId=attributes["statement_id"],
        Action=attributes["action"],
        FunctionName=attributes["function_name"],
        Principal=attributes["principal"],
        SourceArn=attributes["source_arn"],
    )
    return {"id": attributes["statement_id"]}


def _functions(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.lambda_.get_paginator("list_functions").paginate():
        yield from (
            {"id": each["FunctionName"]} for each in page["Functions"] if each["FunctionName"].startswith(prefix)
        )


def _mappings(clients: Clients, prefix: str) -> Iterator[References]:
    for page in clients.lambda_.get_paginator("list_event_source_mappings").paginate():
        for each in page["EventSourceMappings"]:
            if each["FunctionArn"].split(":function:")[-1].startswith(prefix):
                yield {"uuid": each["UUID"]}


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_lambda_function": resource_type(
        "function_name description role architectures runtime handler timeout memory_size package_type environment"
        " tags",
        _make_function,
        _remove_function,
        _function_is_ready,
        find=_functions,
        is_active=True,
    ),
    "aws_lambda_event_source_mapping": resource_type(
        "event_source_arn function_name batch_size function_response_types scaling_config tags",
        _make_mapping,
        _remove_mapping,
        _mapping_is_ready,
        find=_mappings,
        is_active=True,
    ),
    "aws_lambda_function_event_invoke_config": resource_type(
        "function_name maximum_retry_attempts maximum_event_age_in_seconds", _make_invoke_config, removed_with_parent
    ),
    "aws_lambda_permission": resource_type(
        "statement_id action function_name principal source_arn", _make_permission, removed_with_parent
    ),
}
