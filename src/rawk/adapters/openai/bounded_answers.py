"""An HTTP client that reads no more of an answer than a worker can hold.

httpx2 decompresses in pieces of at most 1 MiB; here the pieces are counted, so that neither a long answer nor a small
compressed one that becomes a long one (a "decompression bomb") fills the worker's memory.
"""

from typing import Any

import httpx2

MOST_ANSWER_BYTES = 4 * 1024 * 1024
"""Decompressed. The longest transcript is far below: 25 MiB of speech at 8 kbit/s are seven hours, 400 KiB of text."""

CODINGS = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that describe the answer as it was sent, not the bytes that were read."""


class AnswerTooLarge(Exception):
    """A 200 was longer than `MOST_ANSWER_BYTES`."""


class AnswerBrokenOff(Exception):
    """The body of a 200 did not arrive whole."""


class BoundedClient(httpx2.Client):
    """A client whose `send` reads at most `MOST_ANSWER_BYTES` of an answer's body.

    Raises AnswerTooLarge for a successful answer over that, and AnswerBrokenOff when it ends too soon or too late: the
    call was made, and OpenAI charges for it, unlike for one without any answer. An error answer may be cut off: its
    status says enough.
    """

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        response = super().send(request, stream=True, **options)
        return response if stream else _read(response)


def _read(response: httpx2.Response) -> httpx2.Response:
    body = bytearray()
    try:
        for piece in response.iter_bytes():
            body += piece[: MOST_ANSWER_BYTES + 1 - len(body)]
            if len(body) > MOST_ANSWER_BYTES:
                break
    except httpx2.TransportError as error:
        if response.is_success:
            raise AnswerBrokenOff(f"{type(error).__name__} after {len(body)} bytes") from error
    finally:
        response.close()
    if len(body) > MOST_ANSWER_BYTES and response.is_success:
        raise AnswerTooLarge(f"more than {MOST_ANSWER_BYTES} bytes")
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() not in CODINGS]
    return httpx2.Response(response.status_code, headers=headers, content=bytes(body), request=response.request)
