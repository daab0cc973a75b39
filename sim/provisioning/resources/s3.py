"""S3: the bucket of the recordings and its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sim.provisioning.clients import Clients
from sim.provisioning.resources.resource_type import (
    Attributes,
    FunctionInputs,
    References,
    ResourceType,
    one,
    only,
    removed_with_parent,
    resource_type,
    tag_list,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef

__all__ = ["RESOURCE_TYPES"]


def _make_bucket(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    name = attributes["bucket"]
    # us-east-1 is the one region S3 does not take as a location constraint.
    elsewhere = clients.region != "us-east-1"
    location = {"CreateBucketConfiguration": {"LocationConstraint": clients.region}} if elsewhere else {}
    clients.s3.create_bucket(Bucket=name, **location)
    if tags := tag_list(attributes):
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


def _make_public_access_block(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
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


def _make_encryption(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    allowed = "apply_server_side_encryption_by_default bucket_key_enabled"
    rule = only(one(attributes["rule"]), allowed, "encryption rule")
    default = only(one(rule["apply_server_side_encryption_by_default"]), "sse_algorithm", "encryption default")
    settings = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": default["sse_algorithm"]},
        "BucketKeyEnabled": rule["bucket_key_enabled"],
    }
    clients.s3.put_bucket_encryption(
        Bucket=attributes["bucket"], ServerSideEncryptionConfiguration={"Rules": [settings]}
    )
    return {"id": attributes["bucket"]}


def _make_lifecycle(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    clients.s3.put_bucket_lifecycle_configuration(
        Bucket=attributes["bucket"],
        LifecycleConfiguration={"Rules": [_lifecycle_rule(each) for each in attributes["rule"]]},
    )
    return {"id": attributes["bucket"]}


def _lifecycle_rule(rule: Attributes) -> dict[str, Any]:
    only(rule, "id status filter expiration abort_incomplete_multipart_upload", "lifecycle rule")
    settings: dict[str, Any] = {
        "ID": rule["id"],
        "Status": rule["status"],
        "Filter": {"Prefix": only(one(rule["filter"]), "prefix", "lifecycle filter")["prefix"]},
    }
    if "expiration" in rule:
        settings["Expiration"] = {"Days": only(one(rule["expiration"]), "days", "expiration")["days"]}
    if "abort_incomplete_multipart_upload" in rule:
        abort = only(one(rule["abort_incomplete_multipart_upload"]), "days_after_initiation", "abort rule")
        settings["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": abort["days_after_initiation"]}
    return settings


def _make_cors(clients: Clients, attributes: Attributes, _inputs: FunctionInputs) -> References:
    clients.s3.put_bucket_cors(
        Bucket=attributes["bucket"],
        CORSConfiguration={"CORSRules": [_cors_rule(each) for each in attributes["cors_rule"]]},
    )
    return {"id": attributes["bucket"]}


def _cors_rule(rule: Attributes) -> CORSRuleTypeDef:
    only(rule, "id allowed_origins allowed_methods allowed_headers expose_headers max_age_seconds", "CORS rule")
    return {
        "ID": rule["id"],
        "AllowedOrigins": rule["allowed_origins"],
        "AllowedMethods": rule["allowed_methods"],
        "AllowedHeaders": rule["allowed_headers"],
        "ExposeHeaders": rule["expose_headers"],
        "MaxAgeSeconds": rule["max_age_seconds"],
    }


def _buckets(clients: Clients, prefix: str) -> Iterator[References]:
    yield from (
        {"id": each["Name"]} for each in clients.s3.list_buckets()["Buckets"] if each["Name"].startswith(prefix)
    )


RESOURCE_TYPES: Mapping[str, ResourceType] = {
    "aws_s3_bucket": resource_type("bucket tags", _make_bucket, _remove_bucket, find=_buckets),
    "aws_s3_bucket_public_access_block": resource_type(
        "bucket block_public_acls block_public_policy ignore_public_acls restrict_public_buckets",
        _make_public_access_block,
        removed_with_parent,
    ),
    "aws_s3_bucket_server_side_encryption_configuration": resource_type(
        "bucket rule", _make_encryption, removed_with_parent
    ),
    "aws_s3_bucket_cors_configuration": resource_type("bucket cors_rule", _make_cors, removed_with_parent),
    "aws_s3_bucket_lifecycle_configuration": resource_type("bucket rule", _make_lifecycle, removed_with_parent),
}
