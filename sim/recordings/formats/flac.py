"""FLAC: duration from the stream info block (https://www.rfc-editor.org/rfc/rfc9639#section-8.2)."""

from sim.recordings.formats.broken import BrokenAudio


def matches(data: bytes) -> bool:
    return data[:4] == b"fLaC"


def seconds(data: bytes) -> float:
    """Samples divided by the sample rate.

    Raises:
        BrokenAudio: the stream info is cut or has a sample rate of 0.
    """
    if len(data) < 42:
        raise BrokenAudio("the FLAC file ends in its stream info")
    fields = int.from_bytes(data[18:26])
    sample_rate_hz, samples = fields >> 44, fields & (1 << 36) - 1
    if sample_rate_hz == 0:
        raise BrokenAudio("the FLAC file has a sample rate of 0")
    return samples / sample_rate_hz
