"""MPEG audio layer III: duration from all frames, the take in an ID3v2.3 `TRCK` frame.

Frame header: ISO/IEC 11172-3 and 13818-3. Tag: https://id3.org/id3v2.3.0.
"""

import math
import struct

from sim.recordings.formats.broken import BrokenAudio
from sim.recordings.formats.takes import parse_take

KBIT_RATES_MPEG1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KBIT_RATES_MPEG2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
SAMPLE_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
MPEG1 = 3
LAYER_3 = 1
TAG_HEADER_BYTES = 10
SILENT_FRAME_SECONDS = 576 / 16_000


def matches(data: bytes) -> bool:
    return data[:3] == b"ID3" or _frame(data, 0) is not None


def seconds(data: bytes) -> float:
    """The duration of the whole frames; a cut last frame does not count, as in decoders.

    Raises:
        BrokenAudio: no frame where the first must be.
    """
    offset, duration_seconds = _start_of_sound(data), 0.0
    while (frame := _frame(data, offset)) is not None:
        size, frame_seconds = frame
        if offset + size > len(data):
            break
        duration_seconds += frame_seconds
        offset += size
    if duration_seconds == 0.0:
        raise BrokenAudio("the MP3 file has no whole frame")
    return duration_seconds


def silence(duration_seconds: float) -> bytes:
    """Frames whose side information is all zero, which decode to silence: 16 kHz mono at 8 kbit/s, 36 ms a frame."""
    frame = bytes((0xFF, 0xF3, 1 << 4 | 2 << 2, 0xC0)) + bytes(32)
    return frame * math.ceil(duration_seconds / SILENT_FRAME_SECONDS)


def with_take(data: bytes, take: int) -> bytes:
    text = b"\0" + str(take).encode()  # the leading zero declares Latin-1
    frame = b"TRCK" + struct.pack(">I", len(text)) + b"\0\0" + text
    return b"ID3\x03\x00\x00" + _syncsafe(len(frame)) + frame + data


def without_take(data: bytes) -> tuple[bytes, int | None]:
    tag_bytes = _tag_bytes(data)
    if tag_bytes < 2 * TAG_HEADER_BYTES or data[10:14] != b"TRCK":
        return data, None
    take = parse_take(data[2 * TAG_HEADER_BYTES : tag_bytes].strip(b"\0"))
    return (data, None) if take is None else (data[tag_bytes:], take)


def _frame(data: bytes, offset: int) -> tuple[int, float] | None:
    """Size in bytes and duration in seconds of the frame at an offset; None when there is none."""
    if offset + 4 > len(data) or data[offset] != 0xFF or data[offset + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[offset + 1] >> 3 & 3, data[offset + 1] >> 1 & 3
    rate_index, sample_index, padding = data[offset + 2] >> 4, data[offset + 2] >> 2 & 3, data[offset + 2] >> 1 & 1
    if version == 1 or layer != LAYER_3 or rate_index in (0, 15) or sample_index == 3:
        return None
    sample_rate_hz = SAMPLE_RATES_HZ[version][sample_index]
    samples, rates = (1152, KBIT_RATES_MPEG1) if version == MPEG1 else (576, KBIT_RATES_MPEG2)
    return samples // 8 * rates[rate_index] * 1000 // sample_rate_hz + padding, samples / sample_rate_hz


def _start_of_sound(data: bytes) -> int:
    """Where the sound begins: behind the tag and the encoder's silent frame with information for players, if any."""
    offset = _tag_bytes(data)
    frame = _frame(data, offset)
    if frame is None:
        return offset
    info_frame = data[offset : offset + frame[0]]
    return offset + frame[0] if b"Xing" in info_frame or b"Info" in info_frame else offset


def _tag_bytes(data: bytes) -> int:
    """The size of a leading ID3 tag, header included; 0 without one."""
    if data[:3] != b"ID3" or len(data) < TAG_HEADER_BYTES:
        return 0
    high, upper, lower, low = data[6:10]
    return TAG_HEADER_BYTES + (high << 21 | upper << 14 | lower << 7 | low)


def _syncsafe(size: int) -> bytes:
    return bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127))
