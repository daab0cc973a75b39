"""S3 as far as the product's adapter uses it: one bucket, and a client with the methods of boto3's.

Source: Amazon S3 API Reference. A listing has pages, a conditional call fails with 412, and an upload of several parts
is readable once it is completed. Every method of the client is one call that `PortCalls` intercepts.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5, sha256
from io import BytesIO
from itertools import count
from typing import IO, Any

from botocore.exceptions import ClientError

from rawk.ports import AudioForm, Clock
from sim.explorer.invariants.economy import PAGE_KEYS
from sim.explorer.plan.call_sites import LIST_OBJECTS
from sim.explorer.runtime.port_calls import Intercepted

BUCKET = "audio"
PART_BYTES = 100
"""Of an upload of several parts: larger than an ordinary recording of a world, smaller than a large one."""

type Arguments = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredObject:
    content: bytes
    content_type: str
    written_at: datetime
    etag: str


@dataclass(slots=True)
class _PartialUpload:
    key: str
    content_type: str
    parts: dict[int, bytes] = field(default_factory=dict)


class S3Bucket:
    """One bucket. `objects` is its content by key: invariants read it. The methods have boto3's arguments as one
    dictionary and give boto3's answers.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uploads: dict[str, _PartialUpload] = {}
        self._upload_ids = count(1)
        self.objects: dict[str, StoredObject] = {}
        self.on_write: Callable[[str, bytes], None] | None = None
        """Is called with the key and the content of each object that is written."""
        self.page_keys = PAGE_KEYS

    def put(self, key: str, content: bytes, content_type: str) -> StoredObject:
        etag = f'"{md5(content, usedforsecurity=False).hexdigest()}"'
        stored = self.objects[key] = StoredObject(content, content_type, self._clock.now(), etag)
        if self.on_write is not None:
            self.on_write(key, content)
        return stored

    def receive(self, form: AudioForm, content: bytes) -> bool:
        """What S3 does with a posted form; True if it accepted the content."""
        in_time = self._clock.now() <= datetime.fromisoformat(form.fields["until"])
        accepted = in_time and 1 <= len(content) <= int(form.fields["max_bytes"])
        if accepted:
            self.put(form.fields["key"], content, form.fields["Content-Type"])
        return accepted

    # the API of S3

    def put_object(self, arguments: Arguments) -> Arguments:
        stored = self.put(arguments["Key"], _bytes(arguments["Body"]), arguments["ContentType"])
        return {"ETag": stored.etag}

    def create_multipart_upload(self, arguments: Arguments) -> Arguments:
        upload_id = f"upload-{next(self._upload_ids)}"
        self._uploads[upload_id] = _PartialUpload(arguments["Key"], arguments["ContentType"])
        return {"UploadId": upload_id}

    def upload_part(self, arguments: Arguments) -> Arguments:
        content = _bytes(arguments["Body"])
        self._upload(arguments).parts[arguments["PartNumber"]] = content
        return {"ETag": f'"{md5(content, usedforsecurity=False).hexdigest()}"'}

    def complete_multipart_upload(self, arguments: Arguments) -> Arguments:
        upload = self._upload(arguments)
        try:
            parts = [upload.parts[part["PartNumber"]] for part in arguments["MultipartUpload"]["Parts"]]
        except KeyError:
            raise aws_error("InvalidPart", 400) from None
        del self._uploads[arguments["UploadId"]]
        return {"ETag": self.put(upload.key, b"".join(parts), upload.content_type).etag}

    def abort_multipart_upload(self, arguments: Arguments) -> Arguments:
        self._upload(arguments)
        del self._uploads[arguments["UploadId"]]
        return {}

    def get_object(self, arguments: Arguments) -> Arguments:
        stored = self._stored(arguments)
        content = stored.content
        answer: Arguments = {"ETag": stored.etag, "ContentType": stored.content_type, "LastModified": stored.written_at}
        wanted = arguments.get("Range")
        if wanted is not None:
            if not content:
                raise aws_error("InvalidRange", 416)
            size, last = len(content), int(wanted.rpartition("-")[2])
            content = content[: last + 1]
            answer["ContentRange"] = f"bytes 0-{len(content) - 1}/{size}"
        return {**answer, "Body": BytesIO(content), "ContentLength": len(content)}

    def copy_object(self, arguments: Arguments) -> Arguments:
        source = arguments["CopySource"]
        key = source["Key"] if isinstance(source, dict) else source.partition("/")[2]
        stored = self._stored({"Key": key, "IfMatch": arguments.get("CopySourceIfMatch")})
        copied = self.put(arguments["Key"], stored.content, arguments.get("ContentType", stored.content_type))
        checksum = b64encode(sha256(copied.content).digest()).decode()
        return {
            "CopyObjectResult": {"ETag": copied.etag, "LastModified": copied.written_at, "ChecksumSHA256": checksum}
        }

    def delete_object(self, arguments: Arguments) -> Arguments:
        self.objects.pop(arguments["Key"], None)
        return {}

    def list_objects_v2(self, arguments: Arguments, partial: bool = False) -> Arguments:
        after = arguments.get("ContinuationToken", "")
        keys = sorted(key for key in self.objects if key.startswith(arguments["Prefix"]) and key > after)
        page = keys[: 1 if partial else self.page_keys]
        contents = [{"Key": key, "LastModified": self.objects[key].written_at} for key in page]
        answer: Arguments = {"IsTruncated": len(page) < len(keys), "KeyCount": len(page)}
        if page:
            answer["Contents"] = contents
        if len(page) < len(keys):
            answer["NextContinuationToken"] = page[-1]
        return answer

    def generate_presigned_post(self, arguments: Arguments) -> Arguments:
        until = self._clock.now() + timedelta(seconds=arguments["ExpiresIn"])
        largest = next(limit[2] for limit in arguments["Conditions"] if isinstance(limit, list))
        signed = {"until": until.isoformat(), "max_bytes": str(largest)}
        return {"url": f"s3:///{BUCKET}", "fields": {"key": arguments["Key"], **arguments["Fields"], **signed}}

    def _stored(self, arguments: Arguments) -> StoredObject:
        stored = self.objects.get(arguments["Key"])
        if stored is None:
            raise aws_error("NoSuchKey", 404)
        if arguments.get("IfMatch") not in (None, stored.etag):
            raise aws_error("PreconditionFailed", 412)
        return stored

    def _upload(self, arguments: Arguments) -> _PartialUpload:
        try:
            return self._uploads[arguments["UploadId"]]
        except KeyError:
            raise aws_error("NoSuchUpload", 404) from None


class S3Client(Intercepted):
    """boto3's S3 client, as far as the product's adapter uses it: `PortCalls.client` adds the bucket's operations."""

    __slots__ = ()
    list_objects_v2: Callable[..., Any]

    def get_paginator(self, operation: str) -> "_Paginator":
        assert operation == LIST_OBJECTS.method
        return _Paginator(self.list_objects_v2)


@dataclass(frozen=True, slots=True)
class _Paginator:
    _list: Callable[..., Any]

    def paginate(self, **arguments: Any) -> Iterator[Arguments]:
        while True:
            page = self._list(**arguments)
            yield page
            if not page.get("IsTruncated"):
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]


def aws_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call")  # type: ignore[typeddict-item]


def _bytes(body: IO[bytes] | bytes) -> bytes:
    """As boto3 reads it: from where the file stands to its end; a call that it repeats begins there again."""
    if isinstance(body, bytes):
        return body
    position = body.tell()
    content = body.read()
    body.seek(position)
    return content
