"""FLAC: length from the stream info block (https://www.rfc-editor.org/rfc/rfc9639#section-8.2)."""

from sim.recordings.formats.broken import BrokenAudio


def matches(data: bytes) -> bool:
    return data[:4] == b"fLaC"


def seconds(data: bytes) -> float:
    """Samples over the sample rate.

    Raises:
        BrokenAudio: the stream info is cut or says zero samples a second.
    """
    if len(data) < 42:
        raise BrokenAudio("the FLAC file ends in its stream info")
    fields = int.from_bytes(data[18:26])
    sample_rate_hz, samples = fields >> 44, fields & (1 << 36) - 1
    if sample_rate_hz == 0:
        raise BrokenAudio("the FLAC file plays zero samples per second")
    return samples / sample_rate_hz
