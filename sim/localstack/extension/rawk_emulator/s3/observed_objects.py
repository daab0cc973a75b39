"""Observes the objects of buckets: which content is under which key, from when to when.

The calls of S3 alone do not say it: a form names its key in its fields, a copy has its content elsewhere, a multipart
upload has it in parts. So the store of each bucket is observed, where LocalStack puts the finished object.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import hashlib
from typing import Any

from localstack.services.s3.models import KeyStore, VersionedKeyStore
from localstack.services.s3.storage.ephemeral import EphemeralS3ObjectStore

from ..introspection.event_log import Events, memory_id_in_key, patch_method

CHUNK_BYTES = 1 << 20


def observe(events: Events) -> None:
    """Record each object that becomes the current one under its key, with its digest, and each that ceases to be."""
    patch_method(EphemeralS3ObjectStore, "open", _open)

    def change(stock: Any, store: Any, object_key: str, *arguments: Any, **named: Any) -> Any:
        moment, before = events.now(), store.get(object_key)
        answer = stock(store, object_key, *arguments, **named)
        after = store.get(object_key)
        if after is not before:
            _record(events, moment, object_key, before, after)
        return answer

    for owner in (KeyStore, VersionedKeyStore):
        for name in ("set", "pop"):
            patch_method(owner, name, change)


def _open(stock: Any, backend: Any, bucket: str, s3_object: Any, *arguments: Any, **named: Any) -> Any:
    """Remember where an object is kept: neither it nor the store of its bucket says so."""
    stored = stock(backend, bucket, s3_object, *arguments, **named)
    s3_object.rawk_bucket, s3_object.rawk_file = bucket, stored.file
    return stored


def _record(events: Events, moment: dict[str, str], key: str, before: Any, after: Any) -> None:
    about = {"key": key, "memory_id": memory_id_in_key(key)}
    if hasattr(after, "rawk_file"):  # else a delete marker
        digest, size = _digest(after.rawk_file)
        events.write(
            "s3_object", moment, event="stored", resource=after.rawk_bucket, **about, sha256=digest, bytes=size
        )
    elif hasattr(before, "rawk_file"):
        events.write("s3_object", moment, event="removed", resource=before.rawk_bucket, **about)


def _digest(file: Any) -> tuple[str, int]:
    """SHA-256 in hex and the size. Its writer has finished, and still holds the lock of the content."""
    digest, size = hashlib.sha256(), 0
    with file.position_lock:
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        file.seek(0)
    return digest.hexdigest(), size
