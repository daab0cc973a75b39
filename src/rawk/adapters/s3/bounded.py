"""The audio store of the API: a client does not wait for a removal, because the sweep removes what is left behind."""

from typing import TYPE_CHECKING

from rawk.adapters.bounded_calls import BoundedCalls, CallNotAnswered
from rawk.adapters.s3.store import S3AudioStore
from rawk.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class BoundedAudioStore(S3AudioStore):
    """`ports.AudioStore` whose removals are bounded in time (`BoundedCalls`).

    A removal that was not answered in time may still take effect.
    """

    def __init__(self, client: "S3Client", bucket: str) -> None:
        super().__init__(client, bucket)
        self._removals = BoundedCalls("removal")

    def delete(self, key: str) -> None:
        try:
            self._removals.run(super().delete, key)
        except CallNotAnswered as error:
            raise StorageUnavailable(f"S3 could not delete: {error}") from error

    def close(self) -> None:
        self._removals.close()
