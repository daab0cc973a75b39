"""Refusals about objects: keys, metadata, tags, listings, uploads in parts.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

import base64
import binascii
import re
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import parse_qsl

from .refused import Parameters, Refused, invalid_argument, malformed_xml

MAX_KEY_BYTES = 1024
MAX_METADATA_BYTES = 2048
MAX_OBJECT_TAGS = 10
MAX_BUCKET_TAGS = 50
MAX_TAG_KEY, MAX_TAG_VALUE = 128, 256
MAX_DELETED = 1000
MAX_LISTED = 1000
ENCRYPTIONS = frozenset({"AES256", "aws:fsx", "aws:kms", "aws:kms:dsse"})
ATTRIBUTES = frozenset({"Checksum", "ETag", "ObjectParts", "ObjectSize", "StorageClass"})
MAX_INTEGER = 2_147_483_647
MAX_PART_NUMBER = 10_000
BOUNDED = ("MaxKeys", "MaxParts", "MaxUploads")


def check_new_object(parameters: Parameters) -> None:
    """An object that is put, copied, or uploaded in parts."""
    key = str(parameters.get("Key") or "")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise Refused("KeyTooLongError", "Your key is too long")
    metadata = parameters.get("Metadata") or {}
    if sum(len(name.encode()) + len(str(value).encode()) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise Refused("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    if parameters.get("ServerSideEncryption") and parameters["ServerSideEncryption"] not in ENCRYPTIONS:
        raise invalid_argument("The encryption method specified is not supported")
    if isinstance(tagging := parameters.get("Tagging"), str):
        tags = parse_qsl(tagging, keep_blank_values=True)
        _check_tags(tags, MAX_OBJECT_TAGS, "Object tags cannot be greater than 10")


def check_copy(parameters: Parameters) -> None:
    for name, words in (("MetadataDirective", "metadata"), ("TaggingDirective", "tagging")):
        if parameters.get(name) not in (None, "", "COPY", "REPLACE"):
            raise invalid_argument(f"Unknown {words} directive.")
    check_new_object(parameters)


def check_object_tags(parameters: Parameters) -> None:
    _check_tags(_pairs(parameters), MAX_OBJECT_TAGS, "Object tags cannot be greater than 10")


def check_bucket_tags(parameters: Parameters) -> None:
    _check_tags(_pairs(parameters), MAX_BUCKET_TAGS, "Bucket tag count cannot be greater than 50")


def _pairs(parameters: Parameters) -> list[tuple[str, str]]:
    tags = (parameters.get("Tagging") or {}).get("TagSet") or ()
    return [(str(each.get("Key") or ""), str(each.get("Value") or "")) for each in tags]


def _check_tags(tags: Sequence[tuple[str, str]], most: int, too_many: str) -> None:
    if len(tags) > most:
        raise Refused("BadRequest", too_many)
    for key, value in tags:
        if len(key) > MAX_TAG_KEY:
            raise Refused("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > MAX_TAG_VALUE:
            raise Refused("InvalidTag", "The TagValue you have provided is invalid")


def check_deletion(parameters: Parameters) -> None:
    if len((parameters.get("Delete") or {}).get("Objects") or ()) > MAX_DELETED:
        raise malformed_xml()


def check_listing(parameters: Parameters) -> None:
    for name in BOUNDED:
        value = parameters.get(name)
        if isinstance(value, int) and value < 0:
            argument = name[0].lower() + name[1:]
            raise invalid_argument(f"Argument {argument} must be an integer between 0 and {MAX_INTEGER}")
        if isinstance(value, int) and value > MAX_INTEGER:
            raise invalid_argument(not_an_integer(name))
    if token := parameters.get("ContinuationToken"):
        try:
            base64.b64decode(str(token).encode(), altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            raise invalid_argument("The continuation token provided is incorrect") from None


def not_an_integer(name: str) -> str:
    """S3's words about an integer of a call's query, by its name in the service's model."""
    if name == "PartNumber":
        return f"Part number must be an integer between 1 and {MAX_PART_NUMBER}, inclusive"
    in_query = re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()
    return f"Provided {in_query} not an integer or within integer range"


def check_part_number(parameters: Parameters) -> None:
    """The part that a client reads of an object that was uploaded in parts."""
    number = parameters.get("PartNumber")
    if number is not None and not 1 <= number <= MAX_PART_NUMBER:
        raise invalid_argument(not_an_integer("PartNumber"))


def bounded(parameters: Parameters) -> dict[str, int]:
    """The parameters of a listing that ask for more than S3 gives, with what it gives."""
    return {
        name: MAX_LISTED for name in BOUNDED if isinstance(parameters.get(name), int) and parameters[name] > MAX_LISTED
    }


def check_completion(parameters: Parameters) -> None:
    """The parts of an upload that is completed: some, each once, in their order."""
    parts = (parameters.get("MultipartUpload") or {}).get("Parts") or ()
    if not parts:
        raise malformed_xml()
    numbers = [each.get("PartNumber") or 0 for each in parts]
    if any(one >= other for one, other in pairwise(numbers)):
        raise Refused(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        )


def check_attributes(parameters: Parameters) -> None:
    if not set(parameters.get("ObjectAttributes") or ()) <= ATTRIBUTES:
        raise invalid_argument("Invalid attribute name specified.")
