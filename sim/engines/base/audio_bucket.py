"""The audio bucket of one pipeline, as the harness sees it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class StoredObject:
    """One version of one object."""

    key: str
    sha256: str
    written_at: datetime


class AudioBucket:
    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self._name = name

    def keys(self) -> set[str]:
        """The keys of all objects in the bucket."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def versions(self) -> Iterator[StoredObject]:
        """Every version of every object in the bucket; downloads each."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self._name):
            for item in page.get("Versions", []):
                key, version_id = item["Key"], item["VersionId"]
                content = self._s3.get_object(Bucket=self._name, Key=key, VersionId=version_id)["Body"].read()
                yield StoredObject(key, hashlib.sha256(content).hexdigest(), item["LastModified"])
