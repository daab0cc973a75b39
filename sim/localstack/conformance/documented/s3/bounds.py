"""S3: the bounds of names, keys, metadata, tags, listings, conditions and uploads in parts."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import Http, bucket, signed
from sim.localstack.conformance.target import Target

BOUNDS = Checks("S3", "https://docs.aws.amazon.com/AmazonS3/latest/")

Call = Callable[[Any, str], Any]
ACCEPTED = ""


def declare(code: str, what: str, page: str, call: Call) -> None:
    """A call on a new bucket with an object `one`, which must be refused with the code, or accepted."""

    @BOUNDS.check(f"{what} is {f'refused: {code}' if code else 'accepted'}", page)
    def check(target: Target) -> None:
        with bucket(target) as name:
            if code:
                expect_error(code, lambda: call(target.client("s3"), name))
            else:
                call(target.client("s3"), name)


def put(**more: Any) -> Call:
    return lambda s3, name: s3.put_object(**{"Bucket": name, "Key": "one", "Body": b"content", **more})


def copy(**more: Any) -> Call:
    return lambda s3, name: s3.copy_object(**{"Bucket": name, "Key": "two", "CopySource": f"{name}/one", **more})


def upload(**more: Any) -> Call:
    return lambda s3, name: s3.create_multipart_upload(**{"Bucket": name, "Key": "two", **more})


def md5_of(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


ETAG = f'"{hashlib.md5(b"content", usedforsecurity=False).hexdigest()}"'

# ---- names ----

NAMES_PAGE = "userguide/bucketnamingrules.html"
for _name in (
    *(
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-begins",
        "ends-",
        "two..dots",
        "192.168.5.4",
        "xn--name",
        "sthree-name",
    ),
    *("amzn-s3-demo-name", "name-s3alias", "name--ol-s3", "name.mrap", "name--table-s3"),
):
    BOUNDS.refuses(
        "InvalidBucketName",
        f"CreateBucket with the name {_name}",
        NAMES_PAGE,
        lambda target, name=_name: target.client("s3").create_bucket(Bucket=name),  # type: ignore[misc]
    )

KEYS_PAGE = "userguide/object-keys.html"
for _code, _key in ((ACCEPTED, "k" * 1024), ("KeyTooLongError", "k" * 1025), ("KeyTooLongError", "\u00fc" * 513)):
    _about = f"with a key of {len(_key.encode())} bytes ({len(_key)} characters)"
    declare(_code, f"PutObject {_about}", KEYS_PAGE, put(Key=_key))
    declare(_code, f"CopyObject {_about}", KEYS_PAGE, copy(Key=_key))
    declare(_code, f"CreateMultipartUpload {_about}", KEYS_PAGE, upload(Key=_key))

# ---- metadata and tags ----

METADATA_PAGE = "userguide/UsingMetadata.html"
for _code, _length in ((ACCEPTED, 2047), ("MetadataTooLarge", 2048)):
    _metadata = {"a": "x" * _length}
    _about = f"with {_length + 1} bytes of metadata"
    declare(_code, f"PutObject {_about}", METADATA_PAGE, put(Metadata=_metadata))
    declare(_code, f"CopyObject {_about}", METADATA_PAGE, copy(Metadata=_metadata, MetadataDirective="REPLACE"))
    declare(_code, f"CreateMultipartUpload {_about}", METADATA_PAGE, upload(Metadata=_metadata))

TAGS_PAGE = "userguide/object-tagging.html"


def tagged(*tags: tuple[str, str]) -> Call:
    listed = [{"Key": key, "Value": value} for key, value in tags]
    return lambda s3, name: s3.put_object_tagging(Bucket=name, Key="one", Tagging={"TagSet": listed})


def bucket_tagged(*tags: tuple[str, str]) -> Call:
    listed = [{"Key": key, "Value": value} for key, value in tags]
    return lambda s3, name: s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": listed})


def _many(count: int) -> list[tuple[str, str]]:
    return [(f"key-{number}", "value") for number in range(count)]


def _header(count: int) -> str:
    return "&".join(f"{key}={value}" for key, value in _many(count))


for _code, _what, _call in (
    (ACCEPTED, "PutObject with 10 tags", put(Tagging=_header(10))),
    ("BadRequest", "PutObject with 11 tags", put(Tagging=_header(11))),
    ("InvalidTag", "PutObject with a tag key of 129 characters", put(Tagging=f"{'k' * 129}=v")),
    ("InvalidTag", "PutObject with a tag value of 257 characters", put(Tagging=f"k={'v' * 257}")),
    ("InvalidArgument", "PutObject with a tag key twice", put(Tagging="k=1&k=2")),
    (ACCEPTED, "PutObjectTagging with 10 tags", tagged(*_many(10))),
    ("BadRequest", "PutObjectTagging with 11 tags", tagged(*_many(11))),
    (ACCEPTED, "PutObjectTagging with a tag key of 128 characters", tagged(("k" * 128, "v"))),
    ("InvalidTag", "PutObjectTagging with a tag key of 129 characters", tagged(("k" * 129, "v"))),
    (ACCEPTED, "PutObjectTagging with a tag value of 256 characters", tagged(("k", "v" * 256))),
    ("InvalidTag", "PutObjectTagging with a tag value of 257 characters", tagged(("k", "v" * 257))),
    ("InvalidTag", "PutObjectTagging with a tag key twice", tagged(("k", "1"), ("k", "2"))),
    ("InvalidTag", "PutObjectTagging with a key that begins with aws:", tagged(("aws:k", "v"))),
    ("InvalidTag", "PutObjectTagging with # in a value", tagged(("k", "a#b"))),
    (ACCEPTED, "PutBucketTagging with 50 tags", bucket_tagged(*_many(50))),
    ("BadRequest", "PutBucketTagging with 51 tags", bucket_tagged(*_many(51))),
):
    declare(_code, _what, TAGS_PAGE, _call)

# ---- ranges, digests, conditions ----

GET_PAGE, PUT_PAGE, COPY_PAGE = "API/API_GetObject.html", "API/API_PutObject.html", "API/API_CopyObject.html"


def get(**more: Any) -> Call:
    return lambda s3, name: s3.get_object(**{"Bucket": name, "Key": "one", **more})


for _code, _what, _page, _call in (
    ("InvalidRange", "GetObject with a range behind the end", GET_PAGE, get(Range="bytes=7-8")),
    (ACCEPTED, "GetObject with the last byte as its range", GET_PAGE, get(Range="bytes=6-8")),
    ("InvalidRange", "GetObject with the last 0 bytes as its range", GET_PAGE, get(Range="bytes=-0")),
    (ACCEPTED, "GetObject with a range in another unit", GET_PAGE, get(Range="lines=1-2")),
    ("PreconditionFailed", "GetObject with If-Match and another ETag", GET_PAGE, get(IfMatch='"other"')),
    (ACCEPTED, "GetObject with If-Match and its ETag", GET_PAGE, get(IfMatch=ETAG)),
    ("NoSuchKey", "GetObject with a missing key", GET_PAGE, get(Key="missing")),
    ("InvalidArgument", "GetObject with a version that is none", GET_PAGE, get(VersionId="none")),
    ("AccessDenied", "GetObject with another ExpectedBucketOwner", GET_PAGE, get(ExpectedBucketOwner="111111111111")),
    (ACCEPTED, "PutObject with the MD5 of the body", PUT_PAGE, put(ContentMD5=md5_of(b"content"))),
    ("BadDigest", "PutObject with another MD5", PUT_PAGE, put(ContentMD5=md5_of(b"other"))),
    ("InvalidDigest", "PutObject with an MD5 that is none", PUT_PAGE, put(ContentMD5="none")),
    ("BadDigest", "PutObject with another CRC-32", PUT_PAGE, put(ChecksumCRC32="AAAAAA==")),
    ("InvalidRequest", "PutObject with a CRC-32 that is none", PUT_PAGE, put(ChecksumCRC32="x")),
    ("PreconditionFailed", "PutObject with If-None-Match: * onto an object", PUT_PAGE, put(IfNoneMatch="*")),
    (ACCEPTED, "PutObject with If-None-Match: * to a new key", PUT_PAGE, put(Key="two", IfNoneMatch="*")),
    ("NotImplemented", "PutObject with If-None-Match and an ETag", PUT_PAGE, put(IfNoneMatch=ETAG)),
    (ACCEPTED, "PutObject with If-Match and the ETag", PUT_PAGE, put(IfMatch=ETAG)),
    ("PreconditionFailed", "PutObject with If-Match and another ETag", PUT_PAGE, put(IfMatch='"other"')),
    ("NoSuchKey", "PutObject with If-Match to a new key", PUT_PAGE, put(Key="two", IfMatch=ETAG)),
    ("NotImplemented", "PutObject with If-Match: *", PUT_PAGE, put(IfMatch="*")),
    ("InvalidStorageClass", "PutObject with an unknown storage class", PUT_PAGE, put(StorageClass="FROZEN")),
    ("InvalidArgument", "PutObject with an unknown encryption", PUT_PAGE, put(ServerSideEncryption="ROT13")),
    ("InvalidRequest", "CopyObject onto itself without a change", COPY_PAGE, copy(Key="one")),
    (ACCEPTED, "CopyObject onto itself with new metadata", COPY_PAGE, copy(Key="one", MetadataDirective="REPLACE")),
    ("InvalidArgument", "CopyObject with an unknown directive", COPY_PAGE, copy(MetadataDirective="NONE")),
    ("InvalidArgument", "CopyObject with a source that is none", COPY_PAGE, copy(CopySource="none")),
    ("PreconditionFailed", "CopyObject if another ETag matches", COPY_PAGE, copy(CopySourceIfMatch='"other"')),
    ("PreconditionFailed", "CopyObject if the ETag does not match", COPY_PAGE, copy(CopySourceIfNoneMatch=ETAG)),
):
    declare(_code, _what, _page, _call)


# ---- listings and deletions ----


def listed(**more: Any) -> Call:
    return lambda s3, name: s3.list_objects_v2(Bucket=name, **more)


def deleted(count: int) -> Call:
    keys = [{"Key": f"key-{number}"} for number in range(count)]
    return lambda s3, name: s3.delete_objects(Bucket=name, Delete={"Objects": keys})


LIST_PAGE, DELETE_PAGE = "API/API_ListObjectsV2.html", "API/API_DeleteObjects.html"
for _code, _what, _page, _call in (
    ("InvalidArgument", "ListObjectsV2 with MaxKeys=-1", LIST_PAGE, listed(MaxKeys=-1)),
    (ACCEPTED, "ListObjectsV2 with MaxKeys=0", LIST_PAGE, listed(MaxKeys=0)),
    ("InvalidArgument", "ListObjectsV2 with a token that is none", LIST_PAGE, listed(ContinuationToken="no token")),
    ("InvalidArgument", "ListObjectsV2 with an empty token", LIST_PAGE, listed(ContinuationToken="")),
    ("InvalidArgument", "ListObjectsV2 with an unknown EncodingType", LIST_PAGE, listed(EncodingType="rot13")),
    (ACCEPTED, "DeleteObjects with 1000 keys", DELETE_PAGE, deleted(1000)),
    ("MalformedXML", "DeleteObjects with 1001 keys", DELETE_PAGE, deleted(1001)),
    ("MalformedXML", "DeleteObjects without a key", DELETE_PAGE, deleted(0)),
):
    declare(_code, _what, _page, _call)


def got(**more: Any) -> Call:
    return lambda s3, name: s3.get_object(**{"Bucket": name, "Key": "one", **more})


def listing_with(query: str) -> Callable[[Target, str], str]:
    """A listing of a bucket with a query that no SDK makes."""
    return lambda target, name: signed(target, "s3", Http("GET", f"/{name}?{query}")).send(target)


GET_PAGE = "API/API_GetObject.html"
for _code, _what, _call in (
    ("InvalidArgument", "GetObject of part 0", got(PartNumber=0)),
    ("InvalidArgument", "GetObject of part 10,001", got(PartNumber=10_001)),
    ("InvalidArgument", "GetObject of part -1", got(PartNumber=-1)),
    (ACCEPTED, "GetObject of part 1", got(PartNumber=1)),
    ("304", "GetObject with the object's ETag in If-None-Match", got(IfNoneMatch=ETAG)),
    ("PreconditionFailed", "GetObject with another ETag in If-Match", got(IfMatch='"another"')),
    ("InvalidRange", "GetObject of a range behind the object's end", got(Range="bytes=100-")),
):
    declare(_code, _what, GET_PAGE, _call)

for _query in (
    *("max-keys=abc", "max-keys=1.5", "max-keys=2147483648", "max-keys=1e3", "list-type=2&max-keys=abc"),
    *("uploads&max-uploads=x", "versions&max-keys=x"),
):

    def _malformed(target: Target, query: str = _query) -> None:
        with bucket(target) as name:
            listing_with(query)(target, name)

    BOUNDS.refuses("InvalidArgument", f"A listing with {_query}", LIST_PAGE, _malformed)


@BOUNDS.check("A part number that is no integer is refused: InvalidArgument", GET_PAGE)
def part_number(target: Target) -> None:
    with bucket(target) as name:
        plain = Http("GET", f"/{name}/one?partNumber=x")
        expect_error("InvalidArgument", lambda: signed(target, "s3", plain).send(target))


@BOUNDS.check("A listing gives at most 1000 keys, whatever MaxKeys says", LIST_PAGE)
def at_most_1000(target: Target) -> None:
    with bucket(target) as name:
        expect("MaxKeys", target.client("s3").list_objects_v2(Bucket=name, MaxKeys=2000)["MaxKeys"], 1000)


# ---- uploads in parts ----

PART_PAGE, COMPLETE_PAGE = "API/API_UploadPart.html", "API/API_CompleteMultipartUpload.html"


def with_upload(call: Callable[[Any, dict[str, Any]], Any]) -> Call:
    """A call on an upload that has begun; it gets the upload's names."""

    def on_bucket(s3: Any, name: str) -> Any:
        upload_id = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
        try:
            return call(s3, {"Bucket": name, "Key": "parts", "UploadId": upload_id})
        finally:
            s3.abort_multipart_upload(Bucket=name, Key="parts", UploadId=upload_id)

    return on_bucket


def part(number: int, **more: Any) -> Call:
    return with_upload(lambda s3, about: s3.upload_part(**{**about, "PartNumber": number, "Body": b"x", **more}))


def completed(*numbers: int, etag: str = "", **more: Any) -> Call:
    """Two small parts, and a completion that names these."""

    def call(s3: Any, about: dict[str, Any]) -> Any:
        etags = {n: s3.upload_part(**about, PartNumber=n, Body=b"x")["ETag"] for n in (1, 2)}
        parts = [{"PartNumber": n, "ETag": etag or etags.get(n, etags[1])} for n in numbers]
        return s3.complete_multipart_upload(**{**about, **more}, MultipartUpload={"Parts": parts})

    return with_upload(call)


for _code, _what, _page, _call in (
    ("InvalidArgument", "UploadPart with the number 0", PART_PAGE, part(0)),
    (ACCEPTED, "UploadPart with the number 10000", PART_PAGE, part(10_000)),
    ("InvalidArgument", "UploadPart with the number 10001", PART_PAGE, part(10_001)),
    ("NoSuchUpload", "UploadPart of an unknown upload", PART_PAGE, part(1, UploadId="unknown")),
    ("NoSuchUpload", "UploadPart with another key", PART_PAGE, part(1, Key="other")),
    ("BadDigest", "UploadPart with another MD5", PART_PAGE, part(1, ContentMD5=md5_of(b"other"))),
    ("EntityTooSmall", "CompleteMultipartUpload with a small part before the last", COMPLETE_PAGE, completed(1, 2)),
    ("InvalidPartOrder", "CompleteMultipartUpload with parts in another order", COMPLETE_PAGE, completed(2, 1)),
    ("InvalidPartOrder", "CompleteMultipartUpload with a part twice", COMPLETE_PAGE, completed(1, 1)),
    ("InvalidPart", "CompleteMultipartUpload with a missing part", COMPLETE_PAGE, completed(3)),
    ("InvalidPart", "CompleteMultipartUpload with another ETag", COMPLETE_PAGE, completed(1, etag='"0"')),
    ("MalformedXML", "CompleteMultipartUpload without parts", COMPLETE_PAGE, completed()),
    ("NoSuchUpload", "CompleteMultipartUpload of an unknown upload", COMPLETE_PAGE, completed(1, UploadId="unknown")),
):
    declare(_code, _what, _page, _call)
