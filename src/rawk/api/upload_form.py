"""The multipart form of an upload, parsed as it arrives: `feed` gives audio bytes, the text fields come at the end."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from rawk.api.fields import moment_of, title_of
from rawk.domain.errors import MalformedUpload

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

AUDIO, TITLE, RECORDED_AT = "audio", "title", "recorded_at"
PARTS = (AUDIO, TITLE, RECORDED_AT)
FIELD_BYTES = 4096
"""More than the longest title needs (200 characters of at most 4 bytes), and little enough to keep in memory."""


class UploadForm:
    """Parts may come in any order, each once. Every method raises MalformedUpload for an invalid form."""

    def __init__(self, content_type: str | None) -> None:
        self._parser = MultipartParser(_boundary(content_type), self._callbacks())
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._part = ""
        self._texts: dict[str, bytearray] = {}
        self._audio = bytearray()
        self._has_audio = False
        self._complete = False

    def feed(self, data: bytes) -> bytes:
        """The audio bytes in these bytes of the body."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise MalformedUpload("The body is not well-formed multipart/form-data.") from error
        audio = bytes(self._audio)
        self._audio.clear()
        return audio

    def close(self) -> None:
        """Check that the body was a whole form with an audio part."""
        if not self._complete:
            raise MalformedUpload("The body ends before the form does.")
        if not self._has_audio:
            raise MalformedUpload(f"The form has no part named {AUDIO}.")

    @property
    def title(self) -> str | None:
        return self._read(TITLE, title_of)

    @property
    def recorded_at(self) -> datetime | None:
        """In UTC."""
        return self._read(RECORDED_AT, moment_of)

    def _read[T](self, name: str, read: Callable[[str], T]) -> T:
        try:
            return read(self._text(name))
        except ValueError as error:
            raise MalformedUpload(f"{name}: {error}") from error

    def _text(self, name: str) -> str:
        try:
            return self._texts.get(name, bytearray()).decode()
        except UnicodeDecodeError as error:
            raise MalformedUpload(f"{name} is not UTF-8 text.") from error

    # callbacks of the parser

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._headers_begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_end": self._on_end,
        }

    def _headers_begin(self) -> None:
        self._headers = {}

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._part = options.get(b"name", b"").decode("utf-8", "replace")
        if self._part not in PARTS:
            raise MalformedUpload(f"The part {self._part[:50]!r} is unknown; the parts are {', '.join(PARTS)}.")
        if self._part in self._texts or (self._part == AUDIO and self._has_audio):
            raise MalformedUpload(f"The part {self._part} comes twice.")
        if self._part == AUDIO:
            self._has_audio = True
        else:
            self._texts[self._part] = bytearray()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part == AUDIO:
            self._audio += memoryview(data)[start:end]
            return
        text = self._texts[self._part]
        text += data[start:end]
        if len(text) > FIELD_BYTES:
            raise MalformedUpload(f"{self._part} is longer than {FIELD_BYTES} bytes.")

    def _on_end(self) -> None:
        self._complete = True


def _boundary(content_type: str | None) -> bytes:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    # RFC 2046, 5.1.1: 1 to 70 characters.
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 70:
        raise MalformedUpload("Send the recording as multipart/form-data with a boundary.")
    return boundary
