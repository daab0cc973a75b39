"""The audio as a dictionary: for unit tests and the explorer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from rawk.errors import AudioMissing
from rawk.ports import AudioUpload, Clock


@dataclass(frozen=True, slots=True)
class StoredAudio:
    content: bytes
    content_type: str
    written_at: datetime


class InMemoryAudioStore:
    """`ports.AudioStore`. `objects` is what lies in the store, by key, for tests to look at."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self.objects: dict[str, StoredAudio] = {}

    def open_upload(self, key: str, content_type: str) -> AudioUpload:
        return _InMemoryUpload(self, key, content_type)

    def put(self, key: str, content: bytes, content_type: str) -> None:
        with self._lock:
            self.objects[key] = StoredAudio(content, content_type, self._clock.now())

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

    def check(self) -> None:
        """Memory always answers."""


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
