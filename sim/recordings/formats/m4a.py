"""MPEG-4 audio: duration from the movie header, the take in a trailing `free` box.

Boxes: ISO/IEC 14496-12. Players skip `free` boxes.
"""

import struct
from collections.abc import Iterator

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

TAKE_PREFIX = b"take="


def matches(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


def seconds(data: bytes) -> float:
    """The movie header's duration.

    Raises:
        BrokenAudio: a box ends behind the end of the file, or the movie header or the media is missing
            (phones write the header last, so a cut upload has none).
    """
    boxes = {name: (start, end) for name, start, end in _boxes(data, 0, len(data))}
    if b"moov" not in boxes or b"mdat" not in boxes:
        raise BrokenAudio("the MP4 file has no movie header or no media")
    for name, start, end in _boxes(data, *boxes[b"moov"]):
        if name == b"mvhd":
            return _movie_seconds(data[start:end])
    raise BrokenAudio("the MP4 file's movie header has no duration")


def with_take(data: bytes, take: int) -> bytes:
    text = TAKE_PREFIX + str(take).encode()
    return data + struct.pack(">I", 8 + len(text)) + b"free" + text


def without_take(data: bytes) -> tuple[bytes, int | None]:
    name, start, end = list(_boxes(data, 0, len(data)))[-1]
    if name != b"free" or not data.startswith(TAKE_PREFIX, start):
        return data, None
    take = parse_take(data[start + len(TAKE_PREFIX) : end])
    return (data, None) if take is None else (data[: start - 8], take)


def _movie_seconds(header: bytes) -> float:
    """`mvhd` has 32-bit times in version 0 and 64-bit ones in version 1."""
    layout, offset = (">II", 12) if header[:1] == b"\0" else (">IQ", 20)
    if len(header) < offset + struct.calcsize(layout):
        raise BrokenAudio("the MP4 file's movie header is too short")
    ticks_per_second, ticks = struct.unpack_from(layout, header, offset)
    if ticks_per_second == 0:
        raise BrokenAudio("the MP4 file has a time scale of 0")
    return float(ticks / ticks_per_second)


def _boxes(data: bytes, offset: int, limit: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the payload and end of each box between two offsets."""
    while offset + 8 <= limit:
        size, name, start = int.from_bytes(data[offset : offset + 4]), data[offset + 4 : offset + 8], offset + 8
        if size == 1:
            size, start = int.from_bytes(data[offset + 8 : offset + 16]), offset + 16
        end = limit if size == 0 else offset + size
        if end > limit or end < start:
            raise BrokenAudio("the MP4 file ends in the middle of a box")
        yield name, start, end
        offset = end
