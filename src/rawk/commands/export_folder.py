"""The folder of a tenant's export: written so that an interruption at any moment can be continued.

    manifest.json    the tenant, whether the export is complete, counts, and size and SHA-256 of every file
    memories.jsonl   one memory a line
    audio/           the recordings: MEMORY.EXTENSION

Every file is written under another name first, so that under its own name it is whole.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, BinaryIO

from rawk.domain.errors import RawkError

FORMAT = "rawk tenant export, version 1"
MANIFEST, MEMORIES, AUDIO = "manifest.json", "memories.jsonl", "audio"
_UNFINISHED = ".part"


class ExportFolder:
    """Every method raises RawkError for what the file system refuses."""

    def __init__(self, path: Path, tenant: str) -> None:
        self._path = path
        self._tenant = tenant
        self._files: dict[str, dict[str, Any]] = {}

    def open(self) -> None:
        """Create the folder, or continue one of the same tenant. Raises RawkError for any other."""
        with _file_errors(self._path):
            self._require_ours()
            (self._path / AUDIO).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.chmod(0o700)
            self._write_manifest({"complete": False})

    def has_audio(self, name: str, digest: str) -> bool:
        """The recording is there from an earlier run, with this SHA-256."""
        with _file_errors(self._path):
            path = self._path / AUDIO / name
            if not path.is_file():
                return False
            with path.open("rb") as file:
                found = file_digest(file, "sha256").hexdigest()
            if found == digest:
                self._files[f"{AUDIO}/{name}"] = {"bytes": path.stat().st_size, "sha256": found}
            return found == digest

    def write_audio(self, name: str, content: bytes) -> None:
        with _file_errors(self._path), self._written(f"{AUDIO}/{name}") as file:
            file.write(content)

    def write_memories(self, lines: Iterator[Mapping[str, Any]]) -> None:
        with _file_errors(self._path), self._written(MEMORIES) as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def complete(self, about: Mapping[str, Any]) -> None:
        """Remove the audio of memories that were deleted since an earlier run, and write the manifest."""
        with _file_errors(self._path):
            for path in (self._path / AUDIO).iterdir():
                if f"{AUDIO}/{path.name}" not in self._files:
                    path.unlink()
            files = [{"path": path, **self._files[path]} for path in sorted(self._files)]
            self._write_manifest({"complete": True, **about, "files": files})

    def _require_ours(self) -> None:
        if not self._path.exists():
            return
        if not self._path.is_dir():
            raise RawkError(f"{self._path} is no folder")
        manifest = self._path / MANIFEST
        if not manifest.exists():
            if {each.name for each in self._path.iterdir()} - {AUDIO, MANIFEST + _UNFINISHED}:
                raise RawkError(f"{self._path} has other files and no {MANIFEST}: name a new or an empty folder")
            return
        found = _manifest_in(manifest)
        if found.get("format") != FORMAT:
            raise RawkError(f"{manifest} is not of this kind of export: name a new or an empty folder")
        if found.get("tenant") != self._tenant:
            raise RawkError(f"{self._path} has the export of another tenant, {found.get('tenant')!r}")

    def _write_manifest(self, about: Mapping[str, Any]) -> None:
        text = json.dumps({"format": FORMAT, "tenant": self._tenant, **about}, indent=2, ensure_ascii=False)
        with _replaced(self._path / MANIFEST) as file:
            file.write(f"{text}\n".encode())

    @contextmanager
    def _written(self, name: str) -> Iterator["_Counted"]:
        with _replaced(self._path / name) as file:
            counted = _Counted(file)
            yield counted
        self._files[name] = {"bytes": counted.bytes, "sha256": counted.digest.hexdigest()}


class _Counted:
    """A file, with the size and the digest of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = 0
        self.digest = sha256()

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self.bytes += len(content)
        self.digest.update(content)


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that nobody else may read, under its own name once it is whole."""
    unfinished = path.with_name(path.name + _UNFINISHED)
    with open(unfinished, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        yield file
    unfinished.replace(path)


def _manifest_in(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RawkError(f"{path} cannot be read or written: {error.strerror or type(error).__name__}") from error
