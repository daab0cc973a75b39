"""Bodies of multipart forms, written out so that tests can also write invalid ones."""

BOUNDARY = b"----rawk-boundary"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY.decode()}"
WAV_HEAD = (
    b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data"
)


def wav(size_bytes: int = 2_000, filler: bytes = b"\x80") -> bytes:
    """Content of exactly this size with the leading bytes of audio."""
    return (WAV_HEAD + filler * (size_bytes // len(filler) + 1))[:size_bytes]


def part(name: str, content: bytes, file_name: str | None = None) -> bytes:
    file = "" if file_name is None else f'; filename="{file_name}"'
    head = f'Content-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n"


def audio(content: bytes) -> bytes:
    return part("audio", content, "memo.wav")


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"
