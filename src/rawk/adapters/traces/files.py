"""Log lines in files, in folders, and from a stream that can be read once."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from weakref import finalize

from rawk.domain.errors import LogsUnavailable
from rawk.log_lines import time_of
from rawk.ports import LogLine

ENDINGS = (".log", ".jsonl", ".json", ".txt")
"""Of the files that are read in a folder and in the folders below it."""

_COPIED_BYTES = 1024 * 1024


class LogFiles:
    """`ports.Logs`. A line without a time, as Lambda writes some, has that of the line before it."""

    def __init__(self, paths: Sequence[Path], stream: IO[bytes] | None = None) -> None:
        """`stream`: standard input, which is copied, because a trace reads it more than once."""
        self._paths = paths
        self._copy = None if stream is None else _copy_of(stream)
        if self._copy is not None:
            finalize(self, self._copy.close)

    def lines(self, ids: Collection[str], since: datetime | None) -> Iterator[LogLine]:  # noqa: ARG002
        wanted = [each.encode() for each in ids]
        for path in self._paths:
            for file in self._files(path):
                try:
                    with file.open("rb") as content:
                        yield from _lines(str(file), file.stem, content, wanted)
                except OSError as error:
                    raise LogsUnavailable(f"{file} cannot be read: {error.strerror}") from error
        if self._copy is not None:
            self._copy.seek(0)
            yield from _lines("standard input", "log", self._copy, wanted)

    def cut_short(self) -> Sequence[str]:
        return ()

    def _files(self, path: Path) -> list[Path]:
        if path.is_dir():
            return sorted(each for each in path.rglob("*") if each.suffix in ENDINGS and each.is_file())
        if not path.exists():
            raise LogsUnavailable(f"there is no {path}")
        return [path]


def _copy_of(stream: IO[bytes]) -> IO[bytes]:
    copy = TemporaryFile()  # noqa: SIM115 - it is gone with the process
    while data := stream.read(_COPIED_BYTES):
        copy.write(data)
    return copy


def _lines(name: str, where: str, content: IO[bytes], wanted: Collection[bytes]) -> Iterator[LogLine]:
    at: datetime | None = None
    for number, line in enumerate(content):
        text = line.decode("utf-8", "replace").strip()
        with suppress(ValueError):
            at = time_of(text) or at
        if any(each in line for each in wanted):
            yield LogLine(f"{name}:{number}", where, at, text)
