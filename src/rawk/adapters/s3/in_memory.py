"""The audio store as a dictionary: for unit tests and the explorer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from urllib.parse import urlencode

from rawk.domain.audio_keys import prefixes_of
from rawk.domain.errors import AudioMissing, AudioReplaced
from rawk.ports import AudioForm, AudioHead, AudioUpload, Clock

FORM_URL = "memory:///"


@dataclass(frozen=True, slots=True)
class StoredAudio:
    content: bytes
    content_type: str
    written_at: datetime


class InMemoryAudioStore:
    """`ports.AudioStore`. `objects` is the store's content by key, which tests may read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.objects: dict[str, StoredAudio] = {}

    def open_upload(self, key: str, content_type: str) -> AudioUpload:
        return _InMemoryUpload(self, key, content_type)

    def put(self, key: str, content: bytes, content_type: str) -> None:
        with self._lock:
            self.objects[key] = StoredAudio(content, content_type, self._clock.now())

    def upload_form(self, key: str, content_type: str, max_bytes: int, valid_seconds: int) -> AudioForm:
        until = self._clock.now() + timedelta(seconds=valid_seconds)
        signed = {"until": until.isoformat(), "max_bytes": str(max_bytes), "type": content_type}
        return AudioForm(FORM_URL, {"key": key, "Content-Type": content_type, **signed})

    def receive(self, form: AudioForm, content: bytes) -> bool:
        """What S3 does with a posted form; True if it accepted the content."""
        in_time = self._clock.now() <= datetime.fromisoformat(form.fields["until"])
        as_signed = form.fields["Content-Type"] == form.fields["type"]
        accepted = in_time and as_signed and 1 <= len(content) <= int(form.fields["max_bytes"])
        if accepted:
            self.put(form.fields["key"], content, form.fields["Content-Type"])
        return accepted

    def link(self, key: str, content_type: str, valid_seconds: int) -> str:
        return f"{FORM_URL}{key}?{urlencode({'type': content_type, 'seconds': valid_seconds})}"

    def head(self, key: str, leading_bytes: int) -> AudioHead:
        content = self.fetch(key)
        return AudioHead(content[:leading_bytes], len(content), _etag(content))

    def copy(self, key: str, etag: str, to_key: str, content_type: str) -> str:
        content = self.fetch(key)
        if _etag(content) != etag:
            raise AudioReplaced(f"there is other audio under {key}")
        self.put(to_key, content, content_type)
        return sha256(content).hexdigest()

    def fetch(self, key: str) -> bytes:
        with self._lock:
            stored = self.objects.get(key)
        if stored is None:
            raise AudioMissing(f"there is no audio under {key}")
        return stored.content

    def delete(self, key: str) -> None:
        with self._lock:
            self.objects.pop(key, None)

    def older_than(self, moment: datetime) -> Iterator[str]:
        with self._lock:
            old = [key for key, stored in self.objects.items() if stored.written_at < moment]
        yield from sorted(old)

    def of_tenant(self, tenant: str) -> Iterator[str]:
        prefixes = prefixes_of(tenant)
        with self._lock:
            own = [key for key in self.objects if key.startswith(prefixes)]
        yield from sorted(own)

    def check(self) -> None:
        """Never raises."""


def _etag(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


class _InMemoryUpload:
    def __init__(self, store: InMemoryAudioStore, key: str, content_type: str) -> None:
        self._store = store
        self._key = key
        self._content_type = content_type
        self._content = bytearray()
        self._ended = False

    def write(self, chunk: bytes) -> None:
        self._require_open()
        self._content += chunk

    def complete(self) -> None:
        self._require_open()
        self._store.put(self._key, bytes(self._content), self._content_type)
        self._ended = True

    def abort(self) -> None:
        self._ended = True

    def _require_open(self) -> None:
        if self._ended:
            raise ValueError("the upload has ended")
