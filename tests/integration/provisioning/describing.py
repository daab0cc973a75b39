"""The description of a pipeline by AWS's APIs, in a form that is comparable between pipelines of different names."""

import json
from typing import Any

from sim.provisioning.clients import Clients
from sim.provisioning.pipeline import Pipeline

NAME = "PIPELINE"

_IGNORED = {
    # differs between any two copies
    "CodeSha256", "CodeSize", "CreatedTimestamp", "CreationDate", "LastModified", "LastModifiedTimestamp", "RevisionId",
    "RoleId", "PolicyId", "UUID", "EventSourceMappingArn", "StateTransitionReason", "creationTime", "CreateDate",
    "UpdateDate", "RoleLastUsed", "ResponseMetadata", "LastChangedDate", "CreatedDate", "VersionIdsToStages",
    # changes when the relay runs while Terraform is still applying
    "storedBytes", "LastAccessedDate",
}  # fmt: skip


def describe(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    """All resources of the configuration, as the API of each service describes them."""
    described: dict[str, Any] = {
        **_storage(pipeline, clients),
        **_queues(pipeline, clients),
        **_functions(pipeline, clients),
        **_roles(pipeline, clients),
        **_secrets(pipeline, clients),
        **_schedule(pipeline, clients),
        **_logs(pipeline, clients),
        "outputs": _outputs(pipeline),
    }
    return {what: _comparable(each, pipeline) for what, each in described.items()}


def _storage(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    s3, bucket = clients.s3, pipeline.audio_bucket
    return {
        "bucket": {
            "public access": s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"],
            "encryption": s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"],
            "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"],
            "tags": _by_key(s3.get_bucket_tagging(Bucket=bucket)["TagSet"]),
        }
    }


def _queues(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    described = {}
    for what, url in (("jobs", pipeline.jobs_queue_url), ("dead letters", pipeline.dead_letter_queue_url)):
        attributes = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = clients.sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
        described[what] = {
            **{name: _parsed(value) for name, value in attributes.items() if "Timestamp" not in name},
            "tags": tags,
        }
    return described


def _functions(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for what, name in (("worker", pipeline.worker_function), ("relay", pipeline.relay_function)):
        function = clients.lambda_.get_function(FunctionName=name)
        described[what] = {**function["Configuration"], "tags": function.get("Tags", {})}
    mapping = clients.lambda_.get_event_source_mapping(UUID=pipeline.mapping_uuid)
    tags = clients.lambda_.list_tags(Resource=mapping["EventSourceMappingArn"])["Tags"]
    described["mapping"] = {**mapping, "tags": tags}
    relay = pipeline.relay_function
    described["relay policy"] = json.loads(clients.lambda_.get_policy(FunctionName=relay)["Policy"])
    described["relay retries"] = clients.lambda_.get_function_event_invoke_config(FunctionName=relay)
    return described


def _roles(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for what, arn in pipeline.role_arns.items():
        name = arn.rsplit("/", 1)[-1]
        role = clients.iam.get_role(RoleName=name)["Role"]
        policies = clients.iam.list_role_policies(RoleName=name)["PolicyNames"]
        described[f"{what} role"] = {
            **role,
            "Tags": _by_key(role.get("Tags", [])),
            "policies": {
                each: clients.iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in policies
            },
            "attached": clients.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
        }
    policy = clients.iam.get_policy(PolicyArn=pipeline.operator_policy_arn)["Policy"]
    version = clients.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    document = version["PolicyVersion"]["Document"]
    described["operator"] = {**policy, "Tags": _by_key(policy.get("Tags", [])), "document": document}
    return described


def _secrets(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    described = {}
    for what, secret_id in pipeline.secret_ids.items():
        secret = clients.secretsmanager.describe_secret(SecretId=secret_id)
        described[f"secret {what}"] = {**secret, "Tags": _by_key(secret.get("Tags", []))}
    return described


def _schedule(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    rule = clients.events.describe_rule(Name=pipeline.relay_rule)
    targets = clients.events.list_targets_by_rule(Rule=pipeline.relay_rule)["Targets"]
    tags = _by_key(clients.events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"])
    return {"schedule": {**rule, "targets": targets, "tags": tags}}


def _logs(pipeline: Pipeline, clients: Clients) -> dict[str, Any]:
    described = {}
    for what, name in pipeline.log_groups.items():
        found = clients.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        (group,) = [each for each in found if each["logGroupName"] == name]
        described[f"{what} logs"] = {**group, "tags": clients.logs.list_tags_log_group(logGroupName=name)["tags"]}
    return described


def _outputs(pipeline: Pipeline) -> dict[str, Any]:
    kept = {name: value for name, value in vars(pipeline).items() if name not in ("resources", "mapping_uuid")}
    return {**kept, "limits": vars(pipeline.limits)}


def _comparable(value: Any, pipeline: Pipeline) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(each, pipeline) for key, each in value.items() if key not in _IGNORED}
    if isinstance(value, list):
        return [_comparable(each, pipeline) for each in value]
    if isinstance(value, str):
        for known, secret_id in pipeline.secret_ids.items():
            value = value.replace(secret_id, f"SECRET {known}")  # their ARNs end in six random letters
        return value.replace(pipeline.name, NAME)
    return value


def _by_key(tags: list[dict[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags}


def _parsed(value: str) -> Any:
    return json.loads(value) if value.startswith("{") else value
