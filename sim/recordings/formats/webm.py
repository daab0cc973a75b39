"""WebM: duration from the segment's info, the take in a trailing Matroska tag `PART_NUMBER`.

Elements: RFC 8794 (EBML) and RFC 9559 (Matroska).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

EBML, SEGMENT, INFO = 0x1A45DFA3, 0x18538067, 0x1549A966
TIMESTAMP_SCALE, DURATION = 0x2AD7B1, 0x4489
TAGS, TAG, TARGETS, SIMPLE_TAG, TAG_NAME, TAG_STRING = 0x1254C367, 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
TAKE_TAG = b"PART_NUMBER"
LIVE_BYTES_PER_SECOND = 4_000  # browsers record Opus at about 32 kbit/s and leave the duration out


class Element(NamedTuple):
    """An element's identity, where it begins, where its payload begins and where it ends."""

    identity: int
    at: int
    start: int
    end: int


def matches(data: bytes) -> bool:
    return data[:4] == EBML.to_bytes(4)


def seconds(data: bytes) -> float:
    """The stated duration, or one estimated from the file's size, because browsers' recorders state none.

    Raises:
        BrokenAudio: an element ends behind the end of the file, or there is no segment.
    """
    segment = _segment(data)
    for element in _elements(data, segment.start, segment.end):
        if element.identity == INFO:
            return _info_seconds(data, element)
    return len(data) / LIVE_BYTES_PER_SECOND


def with_take(data: bytes, take: int) -> bytes:
    simple = _element(TAG_NAME, TAKE_TAG) + _element(TAG_STRING, str(take).encode())
    tags = _element(TAGS, _element(TAG, _element(TARGETS, b"") + _element(SIMPLE_TAG, simple)))
    return _resized(data + tags, _segment(data))


def without_take(data: bytes) -> tuple[bytes, int | None]:
    segment = _segment(data)
    last = list(_elements(data, segment.start, segment.end))[-1]
    _, mark, text = data[last.start : last.end].partition(_element(TAG_NAME, TAKE_TAG))
    take = parse_take(text[3:]) if last.identity == TAGS and mark else None
    return (data, None) if take is None else (_resized(data[: last.at], segment), take)


def _info_seconds(data: bytes, info: Element) -> float:
    scale_nanoseconds, duration = 1_000_000, None
    for element in _elements(data, info.start, info.end):
        value = data[element.start : element.end]
        if element.identity == TIMESTAMP_SCALE:
            scale_nanoseconds = int.from_bytes(value)
        elif element.identity == DURATION:
            duration = struct.unpack(">d" if len(value) == 8 else ">f", value)[0]
    if duration is None:
        return len(data) / LIVE_BYTES_PER_SECOND
    return float(duration * scale_nanoseconds / 1e9)


def _segment(data: bytes) -> Element:
    for element in _elements(data, 0, len(data)):
        if element.identity == SEGMENT:
            return element
    raise BrokenAudio("the WebM file has no segment")


def _elements(data: bytes, offset: int, limit: int) -> Iterator[Element]:
    """The elements between two offsets; one of unknown size extends to the end."""
    while offset < limit:
        identity_width = _width(data, offset, longest=4)
        size_offset = offset + identity_width
        size_width = _width(data, size_offset, longest=8)
        start = size_offset + size_width
        unknown = (1 << 7 * size_width) - 1
        size = int.from_bytes(data[size_offset:start]) & unknown
        end = limit if size == unknown else start + size
        if end > limit:
            raise BrokenAudio("the WebM file ends in the middle of an element")
        yield Element(int.from_bytes(data[offset:size_offset]), offset, start, end)
        offset = end


def _width(data: bytes, offset: int, longest: int) -> int:
    """The size in bytes of a variable-size integer: one more than the first byte's leading zeros."""
    width = 9 - data[offset].bit_length() if offset < len(data) else longest + 1
    if width > longest or offset + width > len(data):
        raise BrokenAudio("the WebM file ends in the middle of an element")
    return width


def _element(identity: int, payload: bytes) -> bytes:
    """An element with a one-byte size, enough for a tag."""
    return identity.to_bytes((identity.bit_length() + 7) // 8) + bytes([0x80 | len(payload)]) + payload


def _resized(data: bytes, segment: Element) -> bytes:
    """Set the segment's size to the file's new end; an unknown size (all ones) stays unknown."""
    width = segment.start - segment.at - 4
    unknown = (1 << 7 * width) - 1
    stated = int.from_bytes(data[segment.start - width : segment.start]) & unknown
    size = stated if stated == unknown else len(data) - segment.start
    return data[: segment.start - width] + (1 << 7 * width | size).to_bytes(width) + data[segment.start :]
