"""RIFF WAVE: length from the data chunk, the take in an INFO list's `IPRT` (part number).

Layout: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", chapter 2.
"""

import struct
from collections.abc import Iterator

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

UNKNOWN_SIZE = 0xFFFFFFFF  # what a recorder that could not seek back leaves in the header


def matches(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


def seconds(data: bytes) -> float:
    """How long the samples play.

    Raises:
        BrokenAudio: a chunk ends behind the end of the file, or format or data chunk is missing.
    """
    chunks = {name: (start, size) for name, start, size in _chunks(data)}
    if b"fmt " not in chunks or b"data" not in chunks:
        raise BrokenAudio("the WAV file has no format or no data chunk")
    format_start, format_size = chunks[b"fmt "]
    if format_size < 16:
        raise BrokenAudio("the WAV file's format chunk is too short")
    (bytes_per_second,) = struct.unpack_from("<I", data, format_start + 8)
    if bytes_per_second == 0:
        raise BrokenAudio("the WAV file plays zero bytes per second")
    return float(chunks[b"data"][1] / bytes_per_second)


def with_take(data: bytes, take: int) -> bytes:
    text = str(take).encode() + b"\0"
    info = b"INFO" + b"IPRT" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    whole = data + b"LIST" + struct.pack("<I", len(info)) + info
    return _resized(whole)


def without_take(data: bytes) -> tuple[bytes, int | None]:
    name, start, size = list(_chunks(data))[-1]
    payload = data[start : start + size]
    if name != b"LIST" or payload[:8] != b"INFOIPRT":
        return data, None
    take = parse_take(payload[12:].rstrip(b"\0"))
    return (data, None) if take is None else (_resized(data[: start - 8]), take)


def _resized(data: bytes) -> bytes:
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, start of the payload and size of each chunk."""
    offset = 12
    while offset + 8 <= len(data):
        name, size = data[offset : offset + 4], struct.unpack_from("<I", data, offset + 4)[0]
        start = offset + 8
        if size == UNKNOWN_SIZE:
            size = len(data) - start
        if start + size > len(data):
            raise BrokenAudio("the WAV file ends in the middle of a chunk")
        yield name, start, size
        offset = start + size + size % 2
