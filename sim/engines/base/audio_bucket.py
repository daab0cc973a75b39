"""The audio bucket of one pipeline, as the harness sees it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class AudioBucket:
    def __init__(self, s3: "S3Client", name: str) -> None:
        self._s3 = s3
        self._name = name

    def keys(self) -> set[str]:
        """The keys of all objects in the bucket."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}
