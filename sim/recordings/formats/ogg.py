"""Ogg with Opus or Vorbis: duration from the last page, the take in a `TRACKNUMBER` comment.

Pages: RFC 3533. Opus in Ogg: RFC 7845. Comments: https://xiph.org/vorbis/doc/v-comment.html.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

PAGE_HEADER = struct.Struct("<4sBBqIIIB")
OPUS_TICKS_PER_SECOND = 48_000  # at any sample rate of the recording, RFC 7845 section 4
COMMENTS_BEHIND = (b"OpusTags", b"\x03vorbis")
TAKE_COMMENT = b"TRACKNUMBER="


@dataclass(frozen=True)
class Page:
    """One page: its header's fields, its lacing values and its payload."""

    start: int
    end: int
    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    payload: bytes


def matches(data: bytes) -> bool:
    return data[:4] == b"OggS"


def seconds(data: bytes) -> float:
    """The last page's position divided by the codec's rate.

    Raises:
        BrokenAudio: a page is cut, or the first is neither Opus nor Vorbis.
    """
    pages = list(_pages(data))
    first = pages[0].payload
    ticks = max(page.granule for page in pages)
    if first.startswith(b"OpusHead") and len(first) >= 12:
        return float((ticks - struct.unpack_from("<H", first, 10)[0]) / OPUS_TICKS_PER_SECOND)
    if first.startswith(b"\x01vorbis") and len(first) >= 16:
        return float(ticks / struct.unpack_from("<I", first, 12)[0])
    raise BrokenAudio("the Ogg file is neither Opus nor Vorbis")


def with_take(data: bytes, take: int) -> bytes:
    return _with_comments(data, [*_comments(data), TAKE_COMMENT + str(take).encode()])


def without_take(data: bytes) -> tuple[bytes, int | None]:
    comments = _comments(data)
    if not comments or not comments[-1].startswith(TAKE_COMMENT):
        return data, None
    take = parse_take(comments[-1].removeprefix(TAKE_COMMENT))
    return (data, None) if take is None else (_with_comments(data, comments[:-1]), take)


def _pages(data: bytes) -> Iterator[Page]:
    offset = 0
    while offset < len(data):
        if len(data) < offset + PAGE_HEADER.size or data[offset : offset + 4] != b"OggS":
            raise BrokenAudio("the Ogg file ends in the middle of a page")
        _, _, flags, granule, serial, number, _, segments = PAGE_HEADER.unpack_from(data, offset)
        lacing = data[offset + PAGE_HEADER.size : offset + PAGE_HEADER.size + segments]
        start = offset + PAGE_HEADER.size + segments
        end = start + sum(lacing)
        if end > len(data):
            raise BrokenAudio("the Ogg file ends in the middle of a page")
        yield Page(offset, end, flags, granule, serial, number, lacing, data[start:end])
        offset = end


def _comment_page(data: bytes) -> Page:
    """The second page: RFC 7845 and the Vorbis specification both begin it with the comments."""
    pages = _pages(data)
    next(pages)
    page = next(pages, None)
    if page is None or not page.payload.startswith(COMMENTS_BEHIND):
        raise BrokenAudio("the Ogg file has no comments")
    return page


def _split(packet: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The bytes before the comments (codec mark and vendor), the comments, and the bytes behind them."""
    offset = 8 if packet.startswith(b"OpusTags") else 7
    offset += 4 + struct.unpack_from("<I", packet, offset)[0]
    head, (count,) = packet[:offset], struct.unpack_from("<I", packet, offset)
    offset += 4
    comments = []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", packet, offset)
        comments.append(packet[offset + 4 : offset + 4 + size])
        offset += 4 + size
    return head, comments, packet[offset:]


def _comments(data: bytes) -> list[bytes]:
    return _split(_packets(_comment_page(data))[0])[1]


def _with_comments(data: bytes, comments: list[bytes]) -> bytes:
    page = _comment_page(data)
    packets = _packets(page)
    head, _, tail = _split(packets[0])
    body = b"".join(struct.pack("<I", len(comment)) + comment for comment in comments)
    packets[0] = head + struct.pack("<I", len(comments)) + body + tail
    lacing = b"".join(bytes([255] * (len(packet) // 255) + [len(packet) % 255]) for packet in packets)
    renewed = replace(page, lacing=lacing, payload=b"".join(packets))
    return data[: page.start] + _page_bytes(renewed) + data[page.end :]


def _packets(page: Page) -> list[bytes]:
    packets, start, offset = [], 0, 0
    for value in page.lacing:
        offset += value
        if value < 255:
            packets.append(page.payload[start:offset])
            start = offset
    if start != offset:
        raise BrokenAudio("the Ogg file's comments are longer than one page")
    return packets


def _page_bytes(page: Page) -> bytes:
    fields = (b"OggS", 0, page.flags, page.granule, page.serial, page.number)
    rest = page.lacing + page.payload
    checksum = _crc(PAGE_HEADER.pack(*fields, 0, len(page.lacing)) + rest)
    return PAGE_HEADER.pack(*fields, checksum, len(page.lacing)) + rest


def _crc(data: bytes) -> int:
    """RFC 3533's checksum: polynomial 0x04c11db7, not reflected, starting at zero."""
    table, crc = _crc_table(), 0
    for byte in data:
        crc = crc << 8 & 0xFFFFFFFF ^ table[crc >> 24 ^ byte]
    return crc


@cache
def _crc_table() -> list[int]:
    """The checksum of each single byte."""
    table = []
    for byte in range(256):
        crc = byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
        table.append(crc)
    return table
