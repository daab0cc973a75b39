"""The store for audio files (S3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class AudioUpload(Protocol):
    """An upload in progress. Nothing of it is readable before `complete`; `abort` leaves nothing behind."""

    def write(self, chunk: bytes) -> None: ...
    def complete(self) -> None: ...
    def abort(self) -> None:
        """Cancel the upload. Never raises: the sweep removes by age what could not be removed now."""


@dataclass(frozen=True, slots=True)
class AudioForm:
    """A presigned form to upload one object: POST to the URL all fields unchanged, then the part `file`."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AudioHead:
    """The first bytes of stored audio, its whole size, and the entity tag of exactly this content."""

    leading_bytes: bytes
    size_bytes: int
    etag: str


class AudioStore(Protocol):
    """All methods raise StorageUnavailable when the store does not answer."""

    def open_upload(self, key: str, content_type: str) -> AudioUpload: ...

    def upload_form(self, key: str, content_type: str, max_bytes: int, valid_seconds: int) -> AudioForm:
        """A form that lets its holder store 1 to `max_bytes` bytes of that type under the key, without the API."""

    def link(self, key: str, content_type: str, valid_seconds: int) -> str:
        """A URL that lets its holder download the audio, without the API. Does not check that there is any audio."""

    def head(self, key: str, leading_bytes: int) -> AudioHead:
        """The first `leading_bytes` bytes and the size. Raises AudioMissing when there is nothing under the key."""

    def copy(self, key: str, etag: str, to_key: str, content_type: str) -> str:
        """Copy the audio that has this entity tag to another key, and give its SHA-256 in hex.

        Raises AudioReplaced, and copies nothing, when there is other audio under the key; AudioMissing when there is
        none. After StorageUnavailable the copy may exist: perhaps only the answer was lost.
        """

    def fetch(self, key: str) -> bytes:
        """Raises AudioMissing when there is nothing under the key."""

    def delete(self, key: str) -> None:
        """Does nothing when there is nothing under the key."""

    def older_than(self, moment: datetime) -> Iterator[str]:
        """Keys of all audio last written before the moment, of clients' uploads as well as of accepted audio."""

    def of_tenant(self, tenant: str) -> Iterator[str]:
        """Keys of all audio of the tenant, of its clients' uploads as well. Raises ConfigurationError for what is no
        name of a tenant."""

    def check(self) -> None:
        """Raises StorageUnavailable unless the store answers."""
