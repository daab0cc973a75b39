"""How each kind of resource in the rendering is made and removed through AWS's own API.

One entry per Terraform type. `attributes` says what the entry honours: the reduction of a plan and
the reading of a rendering both refuse anything else, so a setting added to the Terraform
configuration is either made here too, or is an error. How a Terraform attribute is called in AWS's
API is from the provider's documentation of the type and from the API reference of the call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sim.provisioning.clients import Clients
from sim.provisioning.errors import ProvisionError

__all__ = ["KINDS", "Kind", "Material"]

Attributes = Mapping[str, Any]
References = dict[str, str]


@dataclass(frozen=True)
class Material:
    """What goes into functions beside their rendering: their code, and environment of this world only."""

    code: Mapping[str, Any]
    """As Lambda takes it: `ZipFile`, or `S3Bucket` and `S3Key`."""
    extra_environment: Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """One Terraform type: what it honours, how it is made, when it is ready, how it goes.

    `make` gives back what other resources may refer to (arn, id, url, ...). `remove` gets the same.
    """

    attributes: frozenset[str]
    make: Callable[[Clients, Attributes, Material], References]
    remove: Callable[[Clients, References], None]
    is_ready: Callable[[Clients, References], bool] = lambda _clients, _made: True
    acts: bool = False
    """Whether it does something by itself, or has something done to it as time passes; else it only lies there."""


def _kind(
    attributes: str,
    make: Callable[[Clients, Attributes, Material], References],
    remove: Callable[[Clients, References], None],
    is_ready: Callable[[Clients, References], bool] = lambda _clients, _made: True,
    *,
    acts: bool = False,
) -> Kind:
    return Kind(frozenset(attributes.split()), make, remove, is_ready, acts)


def _goes_with_its_owner(_clients: Clients, _made: References) -> None:
    """Nothing to remove: it is part of a resource that goes itself."""


def _only(block: Attributes, allowed: str, where: str) -> Attributes:
    """The block itself, once it holds nothing but what is allowed."""
    if unknown := sorted(set(block) - set(allowed.split())):
        raise ProvisionError(f"{where} sets {', '.join(unknown)}, which resource_types.py does not honour.")
    return block


def _one(blocks: list[Attributes]) -> Attributes:
    """Terraform writes a nested block that occurs once as a list of one."""
    if len(blocks) != 1:
        raise ProvisionError(f"Expected one block, found {len(blocks)}: {blocks}")
    return blocks[0]


def _tag_list(attributes: Attributes) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in attributes.get("tags", {}).items()]


# --- S3 ----------------------------------------------------------------------------------------


def _make_bucket(clients: Clients, attributes: Attributes, _material: Material) -> References:
    name = attributes["bucket"]
    # us-east-1 is the one region S3 does not take as a location constraint.
    elsewhere = clients.region != "us-east-1"
    location = {"CreateBucketConfiguration": {"LocationConstraint": clients.region}} if elsewhere else {}
    clients.s3.create_bucket(Bucket=name, **location)
    if tags := _tag_list(attributes):
        clients.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    return {"id": name, "arn": f"arn:aws:s3:::{name}"}


def _remove_bucket(clients: Clients, made: References) -> None:
    """Empty it first; a pipeline of the local world has no recording worth keeping."""
    bucket = made["id"]
    for page in clients.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        keys = [{"Key": each["Key"]} for each in page.get("Contents", ())]
        if keys:
            clients.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
    for upload in clients.s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()):
        clients.s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    clients.s3.delete_bucket(Bucket=bucket)


def _make_public_access_block(clients: Clients, attributes: Attributes, _material: Material) -> References:
    clients.s3.put_public_access_block(
        Bucket=attributes["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": attributes.get("block_public_acls", False),
            "BlockPublicPolicy": attributes.get("block_public_policy", False),
            "IgnorePublicAcls": attributes.get("ignore_public_acls", False),
            "RestrictPublicBuckets": attributes.get("restrict_public_buckets", False),
        },
    )
    return {"id": attributes["bucket"]}


def _make_encryption(clients: Clients, attributes: Attributes, _material: Material) -> References:
    allowed = "apply_server_side_encryption_by_default bucket_key_enabled"
    rule = _only(_one(attributes["rule"]), allowed, "encryption rule")
    default = _only(_one(rule["apply_server_side_encryption_by_default"]), "sse_algorithm", "encryption default")
    wanted = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": default["sse_algorithm"]},
        "BucketKeyEnabled": rule["bucket_key_enabled"],
    }
    clients.s3.put_bucket_encryption(Bucket=attributes["bucket"], ServerSideEncryptionConfiguration={"Rules": [wanted]})
    return {"id": attributes["bucket"]}


def _make_lifecycle(clients: Clients, attributes: Attributes, _material: Material) -> References:
    clients.s3.put_bucket_lifecycle_configuration(
        Bucket=attributes["bucket"],
        LifecycleConfiguration={"Rules": [_lifecycle_rule(each) for each in attributes["rule"]]},
    )
    return {"id": attributes["bucket"]}


def _lifecycle_rule(rule: Attributes) -> dict[str, Any]:
    _only(rule, "id status filter expiration abort_incomplete_multipart_upload", "lifecycle rule")
    wanted: dict[str, Any] = {
        "ID": rule["id"],
        "Status": rule["status"],
        "Filter": {"Prefix": _only(_one(rule["filter"]), "prefix", "lifecycle filter")["prefix"]},
    }
    if "expiration" in rule:
        wanted["Expiration"] = {"Days": _only(_one(rule["expiration"]), "days", "expiration")["days"]}
    if "abort_incomplete_multipart_upload" in rule:
        abort = _only(_one(rule["abort_incomplete_multipart_upload"]), "days_after_initiation", "abort rule")
        wanted["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": abort["days_after_initiation"]}
    return wanted


# --- SQS ---------------------------------------------------------------------------------------

_QUEUE_ATTRIBUTES = {
    "message_retention_seconds": "MessageRetentionPeriod",
    "visibility_timeout_seconds": "VisibilityTimeout",
    "max_message_size": "MaximumMessageSize",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
    "redrive_policy": "RedrivePolicy",
    "redrive_allow_policy": "RedriveAllowPolicy",
}


def _make_queue(clients: Clients, attributes: Attributes, _material: Material) -> References:
    wanted = {
        theirs: value if isinstance(value, str) else json.dumps(value)
        for ours, theirs in _QUEUE_ATTRIBUTES.items()
        if (value := attributes.get(ours)) is not None
    }
    made = clients.sqs.create_queue(
        QueueName=attributes["name"], Attributes=wanted, tags=dict(attributes.get("tags", {}))
    )
    url = made["QueueUrl"]
    return {"id": url, "url": url, "arn": f"arn:aws:sqs:{clients.region}:{clients.account}:{attributes['name']}"}


def _remove_queue(clients: Clients, made: References) -> None:
    clients.sqs.delete_queue(QueueUrl=made["url"])


# --- IAM ---------------------------------------------------------------------------------------


def _make_role(clients: Clients, attributes: Attributes, _material: Material) -> References:
    role = clients.iam.create_role(
        RoleName=attributes["name"],
        Description=attributes.get("description", ""),
        AssumeRolePolicyDocument=json.dumps(attributes["assume_role_policy"]),
        Tags=_tag_list(attributes),
    )["Role"]
    return {"id": role["RoleName"], "arn": role["Arn"]}


def _remove_role(clients: Clients, made: References) -> None:
    clients.iam.delete_role(RoleName=made["id"])


def _make_role_policy(clients: Clients, attributes: Attributes, _material: Material) -> References:
    role, name = attributes["role"], attributes["name"]
    clients.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(attributes["policy"]))
    return {"id": f"{role}:{name}", "role": role, "name": name}


def _remove_role_policy(clients: Clients, made: References) -> None:
    clients.iam.delete_role_policy(RoleName=made["role"], PolicyName=made["name"])


def _make_policy(clients: Clients, attributes: Attributes, _material: Material) -> References:
    policy = clients.iam.create_policy(
        PolicyName=attributes["name"],
        Description=attributes.get("description", ""),
        PolicyDocument=json.dumps(attributes["policy"]),
        Tags=_tag_list(attributes),
    )["Policy"]
    return {"id": policy["Arn"], "arn": policy["Arn"]}


def _remove_policy(clients: Clients, made: References) -> None:
    clients.iam.delete_policy(PolicyArn=made["arn"])


# --- Secrets Manager, CloudWatch Logs -----------------------------------------------------------


def _make_secret(clients: Clients, attributes: Attributes, _material: Material) -> References:
    secret = clients.secretsmanager.create_secret(
        Name=attributes["name"], Description=attributes.get("description", ""), Tags=_tag_list(attributes)
    )
    return {"id": secret["ARN"], "arn": secret["ARN"]}


def _remove_secret(clients: Clients, made: References) -> None:
    clients.secretsmanager.delete_secret(SecretId=made["arn"], ForceDeleteWithoutRecovery=True)


def _make_log_group(clients: Clients, attributes: Attributes, _material: Material) -> References:
    name = attributes["name"]
    clients.logs.create_log_group(logGroupName=name, tags=dict(attributes.get("tags", {})))
    if days := attributes.get("retention_in_days"):
        clients.logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    account = clients.account
    return {"id": name, "arn": f"arn:aws:logs:{clients.region}:{account}:log-group:{name}"}


def _remove_log_group(clients: Clients, made: References) -> None:
    clients.logs.delete_log_group(logGroupName=made["id"])


# --- Lambda ------------------------------------------------------------------------------------


def _make_function(clients: Clients, attributes: Attributes, material: Material) -> References:
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
        Environment={"Variables": _environment(attributes, material)},
        Tags=dict(attributes.get("tags", {})),
        Code=material.code,
    )
    return {"id": function["FunctionName"], "arn": function["FunctionArn"]}


def _environment(attributes: Attributes, material: Material) -> dict[str, str]:
    own = _one(attributes["environment"])["variables"]
    if replaced := sorted(set(own) & set(material.extra_environment)):
        raise ProvisionError(f"extra_environment must not replace what Terraform sets itself: {', '.join(replaced)}.")
    return {**own, **material.extra_environment}


def _function_is_ready(clients: Clients, made: References) -> bool:
    configuration = clients.lambda_.get_function_configuration(FunctionName=made["id"])
    if configuration["State"] == "Failed":
        raise ProvisionError(f"Function {made['id']} failed: {configuration.get('StateReason', 'no reason given')}")
    return bool(configuration["State"] == "Active")


def _remove_function(clients: Clients, made: References) -> None:
    clients.lambda_.delete_function(FunctionName=made["id"])


def _make_mapping(clients: Clients, attributes: Attributes, _material: Material) -> References:
    scaling = _only(_one(attributes["scaling_config"]), "maximum_concurrency", "scaling_config")
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


def _make_invoke_config(clients: Clients, attributes: Attributes, _material: Material) -> References:
    clients.lambda_.put_function_event_invoke_config(
        FunctionName=attributes["function_name"],
        MaximumRetryAttempts=attributes["maximum_retry_attempts"],
        MaximumEventAgeInSeconds=attributes["maximum_event_age_in_seconds"],
    )
    return {"id": attributes["function_name"]}


def _make_permission(clients: Clients, attributes: Attributes, _material: Material) -> References:
    clients.lambda_.add_permission(
        StatementId=attributes["statement_id"],
        Action=attributes["action"],
        FunctionName=attributes["function_name"],
        Principal=attributes["principal"],
        SourceArn=attributes["source_arn"],
    )
    return {"id": attributes["statement_id"]}


# --- EventBridge -------------------------------------------------------------------------------


def _make_rule(clients: Clients, attributes: Attributes, _material: Material) -> References:
    rule = clients.events.put_rule(
        Name=attributes["name"],
        Description=attributes.get("description", ""),
        ScheduleExpression=attributes["schedule_expression"],
        Tags=_tag_list(attributes),
    )
    return {"id": attributes["name"], "arn": rule["RuleArn"]}


def _remove_rule(clients: Clients, made: References) -> None:
    clients.events.delete_rule(Name=made["id"])


def _make_target(clients: Clients, attributes: Attributes, _material: Material) -> References:
    rule, target = attributes["rule"], attributes["target_id"]
    answer = clients.events.put_targets(Rule=rule, Targets=[{"Id": target, "Arn": attributes["arn"]}])
    if answer["FailedEntryCount"]:
        raise ProvisionError(f"EventBridge refused the target of rule {rule}: {answer['FailedEntries']}")
    return {"id": f"{rule}-{target}", "rule": rule, "target": target}


def _remove_target(clients: Clients, made: References) -> None:
    clients.events.remove_targets(Rule=made["rule"], Ids=[made["target"]])


# --- SNS, CloudWatch ---------------------------------------------------------------------------


def _make_topic(clients: Clients, attributes: Attributes, _material: Material) -> References:
    topic = clients.sns.create_topic(Name=attributes["name"], Tags=_tag_list(attributes))
    return {"id": topic["TopicArn"], "arn": topic["TopicArn"]}


def _remove_topic(clients: Clients, made: References) -> None:
    clients.sns.delete_topic(TopicArn=made["arn"])


_ALARM_PARAMETERS = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "namespace": "Namespace",
    "metric_name": "MetricName",
    "statistic": "Statistic",
    "period": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "comparison_operator": "ComparisonOperator",
    "threshold": "Threshold",
    "treat_missing_data": "TreatMissingData",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
}


def _make_alarm(clients: Clients, attributes: Attributes, _material: Material) -> References:
    wanted = {theirs: attributes[ours] for ours, theirs in _ALARM_PARAMETERS.items() if ours in attributes}
    dimensions = [{"Name": name, "Value": value} for name, value in attributes["dimensions"].items()]
    clients.cloudwatch.put_metric_alarm(**wanted, Dimensions=dimensions, Tags=_tag_list(attributes))
    return {"id": attributes["alarm_name"]}


def _remove_alarm(clients: Clients, made: References) -> None:
    clients.cloudwatch.delete_alarms(AlarmNames=[made["id"]])


KINDS: Mapping[str, Kind] = {
    "aws_s3_bucket": _kind("bucket tags", _make_bucket, _remove_bucket),
    "aws_s3_bucket_public_access_block": _kind(
        "bucket block_public_acls block_public_policy ignore_public_acls restrict_public_buckets",
        _make_public_access_block,
        _goes_with_its_owner,
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _kind("bucket rule", _make_encryption, _goes_with_its_owner),
    "aws_s3_bucket_lifecycle_configuration": _kind("bucket rule", _make_lifecycle, _goes_with_its_owner),
    "aws_sqs_queue": _kind(f"name tags {' '.join(_QUEUE_ATTRIBUTES)}", _make_queue, _remove_queue, acts=True),
    "aws_iam_role": _kind("name description assume_role_policy tags", _make_role, _remove_role),
    "aws_iam_role_policy": _kind("name role policy", _make_role_policy, _remove_role_policy),
    "aws_iam_policy": _kind("name description policy tags", _make_policy, _remove_policy),
    "aws_secretsmanager_secret": _kind("name description tags", _make_secret, _remove_secret),
    "aws_cloudwatch_log_group": _kind("name retention_in_days tags", _make_log_group, _remove_log_group),
    "aws_lambda_function": _kind(
        "function_name description role architectures runtime handler timeout memory_size package_type environment"
        " tags",
        _make_function,
        _remove_function,
        _function_is_ready,
        acts=True,
    ),
    "aws_lambda_event_source_mapping": _kind(
        "event_source_arn function_name batch_size function_response_types scaling_config tags",
        _make_mapping,
        _remove_mapping,
        _mapping_is_ready,
        acts=True,
    ),
    "aws_lambda_function_event_invoke_config": _kind(
        "function_name maximum_retry_attempts maximum_event_age_in_seconds", _make_invoke_config, _goes_with_its_owner
    ),
    "aws_lambda_permission": _kind(
        "statement_id action function_name principal source_arn", _make_permission, _goes_with_its_owner
    ),
    "aws_sns_topic": _kind("name tags", _make_topic, _remove_topic),
    "aws_cloudwatch_metric_alarm": _kind(f"dimensions tags {' '.join(_ALARM_PARAMETERS)}", _make_alarm, _remove_alarm),
    "aws_cloudwatch_event_rule": _kind(
        "name description schedule_expression tags", _make_rule, _remove_rule, acts=True
    ),
    "aws_cloudwatch_event_target": _kind("rule target_id arn", _make_target, _remove_target, acts=True),
}
