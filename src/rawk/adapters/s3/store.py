"""The audio store in S3, streamed in parts: an upload of any size keeps one part, in a temporary file."""

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING
from weakref import finalize

from botocore.exceptions import ClientError

from rawk.adapters.aws_errors import (
    FAILED_CALL,
    MalformedAnswer,
    error_name,
    is_timeout,
    raised_as,
    require_request_id,
    required_text,
)
from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.audio_keys import AUDIO_PREFIX, INCOMING_PREFIX, prefixes_of
from rawk.domain.errors import AudioMissing, AudioReplaced, StorageUnavailable
from rawk.log import log
from rawk.ports import AudioForm, AudioHead, AudioUpload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, GetObjectOutputTypeDef, ObjectTypeDef

SPOOLED_BYTES = 256 * 1024
"""More of a part goes to a temporary file: five MiB in memory for each of a hundred slow uploads would fill it."""

PART_BYTES = 5 * 1024 * 1024
"""S3's smallest size for a part that is not the last (Amazon S3 User Guide, "multipart upload limits")."""

_MISSING = "NoSuchKey"
"""In the body of the answer. A 404 without it is not S3's: a memory must not fail because of a proxy's page."""

_REPLACED = "PreconditionFailed"
_EMPTY_OBJECT = "InvalidRange"
_CONTENT_RANGE = re.compile(r"bytes 0-(?P<last>[0-9]+)/(?P<size_bytes>[0-9]+)")
"""Such as "bytes 0-63/26214400" (RFC 9110, 14.4)."""


class S3AudioStore:
    """`ports.AudioStore` on one bucket.

    A wrong bucket name or a missing permission is StorageUnavailable, too: the client gets a 503 and the job goes back
    to the queue, so that nothing is lost until an operator fixes it. It is logged as `storage_misconfigured`.

    A role without `s3:ListBucket` gets 403, not 404, for a missing object (Amazon S3 API Reference, GetObject): with
    that permission on the bucket `fetch` and `check` can distinguish a missing object from a missing permission.
    """

    def __init__(self, client: "S3Client", bucket: str, *, part_bytes: int = PART_BYTES) -> None:
        self._client = client
        self._bucket = bucket
        self._part_bytes = part_bytes

    def open_upload(self, key: str, content_type: str) -> AudioUpload:
        return _S3Upload(self._client, self._bucket, key, content_type, self._part_bytes)

    def upload_form(self, key: str, content_type: str, max_bytes: int, valid_seconds: int) -> AudioForm:
        """A presigned POST (Amazon S3 API Reference, "POST policy"), signed here without a call to S3.

        It expires with the credentials that signed it at the latest; a role's credentials end with their session.
        """
        conditions = [{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]]
        with _s3_errors("sign a form", key):
            form = self._client.generate_presigned_post(
                Bucket=self._bucket,
                Key=key,
                Fields={"Content-Type": content_type},
                Conditions=conditions,
                ExpiresIn=valid_seconds,
            )
        return AudioForm(form["url"], form["fields"])

    def link(self, key: str, content_type: str, valid_seconds: int) -> str:
        wanted = {"Bucket": self._bucket, "Key": key, "ResponseContentType": content_type}
        with _s3_errors("sign a link", key):
            return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=valid_seconds)

    def head(self, key: str, leading_bytes: int) -> AudioHead:
        with _s3_errors("read the head", key), _missing_is_missing(key):
            try:
                part = self._client.get_object(Bucket=self._bucket, Key=key, Range=f"bytes=0-{leading_bytes - 1}")
            except ClientError as error:
                if error_name(error) == _EMPTY_OBJECT:
                    return AudioHead(b"", 0, "")
                raise
            content, size_bytes = _content_of(part, leading_bytes), _whole_size_bytes(part)
            if len(content) != min(leading_bytes, size_bytes):
                raise MalformedAnswer("another range")
            return AudioHead(content, size_bytes, part["ETag"])

    def copy(self, key: str, etag: str, to_key: str, content_type: str) -> str:
        """One CopyObject on the condition of the entity tag (Amazon S3 API Reference, `x-amz-copy-source-if-match`).

        S3 may answer 200 and then an error; boto3 raises it like any other. Nothing of what the client said about the
        object (metadata, tags) is copied.
        """
        with _s3_errors("copy", key), _missing_is_missing(key):
            try:
                answer = self._client.copy_object(
                    Bucket=self._bucket,
                    Key=to_key,
                    CopySource={"Bucket": self._bucket, "Key": key},
                    CopySourceIfMatch=etag,
                    ContentType=content_type,
                    MetadataDirective="REPLACE",
                    TaggingDirective="REPLACE",
                    ChecksumAlgorithm="SHA256",
                )
            except ClientError as error:
                if error_name(error) == _REPLACED:
                    raise AudioReplaced(f"there is other audio under {key}") from error
                raise
            copied = answer["CopyObjectResult"]
            required_text(copied, "ETag")
            checksum = copied.get("ChecksumSHA256")
            if checksum:
                return b64decode(checksum, validate=True).hex()
        # Not every store that speaks S3 computes the checksum; the copy cannot change, so it can be read for it.
        return sha256(self.fetch(to_key)).hexdigest()

    def fetch(self, key: str) -> bytes:
        with _s3_errors("fetch", key), _missing_is_missing(key):
            return _content_of(self._client.get_object(Bucket=self._bucket, Key=key), MAX_RECORDING_BYTES)

    def delete(self, key: str) -> None:
        with _s3_errors("delete", key):
            require_request_id(self._client.delete_object(Bucket=self._bucket, Key=key))

    def older_than(self, moment: datetime) -> Iterator[str]:
        listed = self._list((AUDIO_PREFIX, INCOMING_PREFIX))
        yield from (item["Key"] for item in listed if item["LastModified"] < moment)

    def of_tenant(self, tenant: str) -> Iterator[str]:
        yield from (item["Key"] for item in self._list(prefixes_of(tenant)))

    def check(self) -> None:
        with _s3_errors("check", self._bucket):
            self._client.head_bucket(Bucket=self._bucket)

    def _list(self, prefixes: Iterable[str]) -> Iterator["ObjectTypeDef"]:
        for prefix in prefixes:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            with _s3_errors("list", prefix):
                for page in pages:
                    if "IsTruncated" not in page:
                        raise MalformedAnswer("no list")
                    yield from page.get("Contents", [])


class _S3Upload:
    """One PutObject for content up to one part, otherwise a multipart upload."""

    def __init__(self, client: "S3Client", bucket: str, key: str, content_type: str, part_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._part_bytes = part_bytes
        self._part = SpooledTemporaryFile(SPOOLED_BYTES)  # noqa: SIM115 - closed when the upload ends, or is dropped
        self._close = finalize(self, self._part.close)
        self._upload_id: str | None = None
        self._uploaded: list[CompletedPartTypeDef] = []
        self._completing = False
        self._hung = False
        self._ended = False

    def write(self, chunk: bytes) -> None:
        self._require_open()
        rest = memoryview(chunk)
        while rest:
            if self._part.tell() == self._part_bytes:
                self._upload_part()
            room = self._part_bytes - self._part.tell()
            self._write(rest[:room])
            rest = rest[room:]

    def complete(self) -> None:
        self._require_open()
        if self._upload_id is not None:
            self._upload_part()
        self._completing = True
        with self._errors("complete the upload"):
            if self._upload_id is None:
                self._put()
            else:
                self._join(self._upload_id)
        self._ended = True
        self._close()

    def abort(self) -> None:
        """After a failed `complete` the object may exist: perhaps only the answer was lost.

        After a timeout S3 is not called again, because the caller has waited long enough. A rule of the bucket removes
        incomplete multipart uploads.
        """
        if self._ended:
            return
        self._ended = True
        self._close()
        if self._hung:
            log.warning("upload_left_to_sweep", key=self._key, error="S3 did not answer in time")
            return
        try:
            if self._upload_id is not None:
                self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=self._upload_id)
        except FAILED_CALL as error:
            self._log_leftover(error)
        try:
            if self._completing:
                self._client.delete_object(Bucket=self._bucket, Key=self._key)
        except FAILED_CALL as error:
            self._log_leftover(error)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            with _s3_errors(doing, self._key):
                yield
        except StorageUnavailable as error:
            self._hung = is_timeout(error.__cause__)
            raise

    def _require_open(self) -> None:
        if self._ended or self._completing:
            raise ValueError("the upload has ended")

    def _write(self, data: memoryview) -> None:
        try:
            self._part.write(data)
        except OSError as error:
            raise StorageUnavailable(f"the disk took no more of an upload: {error.strerror}") from error

    def _upload_part(self) -> None:
        number = len(self._uploaded) + 1
        self._part.seek(0)
        with self._errors("upload a part"):
            upload_id = self._upload_id or self._begin()
            answer = self._client.upload_part(
                Bucket=self._bucket, Key=self._key, UploadId=upload_id, PartNumber=number, Body=self._part
            )
            self._uploaded.append({"ETag": required_text(answer, "ETag"), "PartNumber": number})
        self._part.seek(0)
        self._part.truncate()

    def _begin(self) -> str:
        begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._key, ContentType=self._content_type)
        self._upload_id = required_text(begun, "UploadId")
        return self._upload_id

    def _put(self) -> None:
        self._part.seek(0)
        answer = self._client.put_object(
            Bucket=self._bucket, Key=self._key, Body=self._part, ContentType=self._content_type
        )
        required_text(answer, "ETag")

    def _join(self, upload_id: str) -> None:
        answer = self._client.complete_multipart_upload(
            Bucket=self._bucket, Key=self._key, UploadId=upload_id, MultipartUpload={"Parts": self._uploaded}
        )
        required_text(answer, "ETag")

    def _log_leftover(self, error: Exception) -> None:
        log.warning("upload_left_to_sweep", key=self._key, error=str(error))


def _content_of(answer: "GetObjectOutputTypeDef", most_bytes: int) -> bytes:
    """The whole body, which has the stated length. Raises MalformedAnswer."""
    with closing(answer["Body"]) as body:
        required_text(answer, "ETag")
        stated_bytes = answer["ContentLength"]
        if stated_bytes > most_bytes:
            raise MalformedAnswer(f"more than {most_bytes} bytes")
        content = body.read()
    if len(content) != stated_bytes:
        raise MalformedAnswer("another length than stated")
    return content


def _whole_size_bytes(answer: "GetObjectOutputTypeDef") -> int:
    match = _CONTENT_RANGE.fullmatch(required_text(answer, "ContentRange"))
    if match is None:
        raise MalformedAnswer("no range")
    return int(match["size_bytes"])


def _s3_errors(doing: str, subject: str) -> AbstractContextManager[None]:
    return raised_as(StorageUnavailable, "S3", doing, subject=subject)


@contextmanager
def _missing_is_missing(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error_name(error) == _MISSING:
            raise AudioMissing(f"there is no audio under {key}") from error
        raise
