"""RIFF WAVE: duration from the data chunk, the take in an INFO list's `IPRT` (part number).

Layout: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", chapter 2.
"""

import struct
from collections.abc import Iterator

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

UNKNOWN_SIZE = 0xFFFFFFFF  # the size in the header of a recorder that could not seek back


def matches(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WAVE"


def seconds(data: bytes) -> float:
    """The duration of the samples.

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
        raise BrokenAudio("the WAV file has a byte rate of 0")
    return float(chunks[b"data"][1] / bytes_per_second)


def with_take(data: bytes, take: int) -> bytes:
    text = str(take).encode() + b"\0"
    info = b"INFO" + b"IPRT" + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
    whole = data + b"LIST" + struct.pack("<I", len(info)) + info
    return _resized(whole)


def enlarged(data: bytes, size_bytes: int) -> bytes:
    """The file, extended to an exact size by a `JUNK` chunk, which players skip."""
    filling = size_bytes - len(data) - 8
    if filling < 0:
        raise ValueError(f"the file has {len(data)} bytes already and cannot be extended to {size_bytes}")
    return _resized(data + b"JUNK" + struct.pack("<I", filling) + bytes(filling))


def without_filling(data: bytes) -> bytes:
    """The file as it was before `enlarged`."""
    name, start, _ = list(_chunks(data))[-1]
    return _resized(data[: start - 8]) if name == b"JUNK" else data


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
    """Name, start of the payload and size of each chunk; bytes behind the RIFF are ignored."""
    (stated,) = struct.unpack_from("<I", data, 4)
    if stated != UNKNOWN_SIZE and 8 + stated > len(data):
        raise BrokenAudio("the WAV file is shorter than its header says")
    offset, end = 12, len(data) if stated == UNKNOWN_SIZE else 8 + stated
    while offset + 8 <= end:
        name, size = data[offset : offset + 4], struct.unpack_from("<I", data, offset + 4)[0]
        start = offset + 8
        if size == UNKNOWN_SIZE:
            size = end - start
        if start + size > end:
            raise BrokenAudio("the WAV file ends in the middle of a chunk")
        yield name, start, size
        offset = start + size + size % 2
