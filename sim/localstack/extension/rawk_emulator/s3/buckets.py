"""Finds LocalStack's buckets by their names alone, as S3 does: a name belongs to one account."""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

from typing import Any

from localstack.constants import AWS_REGION_US_EAST_1, DEFAULT_AWS_ACCOUNT_ID


def bucket_of(name: str) -> Any:
    """The bucket; None when there is none of that name."""
    owner = _buckets_of(DEFAULT_AWS_ACCOUNT_ID).global_bucket_map.get(name)
    return _buckets_of(owner).buckets.get(name) if owner else None


def _buckets_of(account: str) -> Any:
    from localstack.services.s3.models import s3_stores

    return s3_stores[account][AWS_REGION_US_EAST_1]  # the same in every region
