"""Reads a `multipart/form-data` body: the fields and the one file of an audio request."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks


@dataclass
class Part:
    """One part of the form."""

    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


@dataclass(frozen=True)
class Upload:
    """A file of the form, with the name that the client gave."""

    file_name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """The form's plain fields and its files, each with everything that came under its name."""

    fields: dict[str, list[str]]
    files: dict[str, list[Upload]]


class NotAForm(ValueError):
    """The body is not a form, or ends too early."""


def parse_form(content_type: str, body: bytes) -> Form:
    """Parse a form.

    Raises:
        NotAForm: another content type, no boundary, or a body that does not use the boundary.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise NotAForm("the request is not multipart/form-data with a boundary")
    collector = _Collector()
    try:
        parser = MultipartParser(options[b"boundary"], collector.callbacks())
        parser.write(body)
        parser.finalize()
    except MultipartParseError as error:
        raise NotAForm("the form does not keep to its boundary") from error
    if not collector.ended:
        raise NotAForm("the form breaks off before its last boundary")
    return _form(collector.parts)


def _form(parts: list[Part]) -> Form:
    fields, files = dict[str, list[str]](), dict[str, list[Upload]]()
    for part in parts:
        _, options = parse_options_header(part.headers.get("content-disposition", ""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            upload = Upload(options[b"filename"].decode("utf-8", "replace"), part.data)
            files.setdefault(name, []).append(upload)
        else:
            fields.setdefault(name, []).append(part.data.decode("utf-8", "replace"))
    return Form(fields, files)


class _Collector:
    """Collects what the parser reports by callbacks."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.ended = False
        self._name, self._value = b"", b""

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_name,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_part_data,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self.parts.append(Part())

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].pieces.append(data[start:end])

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name, self._value = b"", b""

    def _on_end(self) -> None:
        self.ended = True
