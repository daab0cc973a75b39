"""Answers that a client must not read to their end: a 200 of many MiB, as it is or compressed to a few kilobytes."""

import zlib
from functools import cache

from sim.openai_simulator.http.server import Answer

MEBIBYTE = b"a" * 1024 * 1024
BEGIN, END = b'{"text": "', b'"}'
JSON = {"content-type": "application/json"}
GZIP_WINDOW_BITS = 31
"""zlib.compressobj writes a gzip stream with this number (https://docs.python.org/3/library/zlib.html)."""


def oversized(mebibytes: int) -> Answer:
    """A JSON object with a text of that size."""
    return Answer(200, BEGIN + MEBIBYTE * mebibytes + END, JSON)


@cache
def bomb(mebibytes: int) -> Answer:
    """The same object, compressed a thousandfold (a decompression bomb)."""
    packing = zlib.compressobj(1, zlib.DEFLATED, GZIP_WINDOW_BITS)
    pieces = [packing.compress(BEGIN), *(packing.compress(MEBIBYTE) for _ in range(mebibytes)), packing.compress(END)]
    return Answer(200, b"".join([*pieces, packing.flush()]), {**JSON, "content-encoding": "gzip"})
