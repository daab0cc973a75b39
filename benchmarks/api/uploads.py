"""Memory beyond idle: many of the largest uploads at once, and hundreds that stall."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from benchmarks.api.servers import IN_MEMORY, STARLETTE, Server, bare, bounded
from benchmarks.figures import Figure
from tests.unit.api.forms import CONTENT_TYPE, WAV_HEAD, audio, form

MEBIBYTE = 1024 * 1024
LARGEST_BYTES = 25 * MEBIBYTE
STALLED_BYTES = 900 * 1024
"""What a stalled upload has sent; Starlette keeps up to 1 MiB of a file in memory."""
SECONDS = 300.0
START, END = form(audio(WAV_HEAD)).split(WAV_HEAD)


def measure(folder: Path, quick: bool) -> list[Figure]:
    large, stalled = (10, 100) if quick else (50, 400)
    found: list[tuple[str, float, Callable[[Server], object]]] = [
        (f"{large} uploads of 25 MiB at once: memory beyond idle", 150, partial(_at_once, large)),
        (f"{stalled} stalled uploads of one tenant: memory beyond idle", 150, partial(_stall, stalled)),
    ]
    with bounded(IN_MEMORY, folder) as server:
        ours = [_grown(server, act) for _, _, act in found]
    theirs = []
    for _, _, act in found:
        with bare(STARLETTE, folder) as server:
            theirs.append(_grown(server, act))
    return [
        Figure(name, "MB", target, measured, beside, "Starlette's request.form()")
        for (name, target, _), measured, beside in zip(found, ours, theirs, strict=True)
    ]


def _grown(server: Server, act: Callable[[Server], object]) -> float:
    _at_once(1, server)  # imports and pools are loaded
    return max(0.1, server.peak_megabytes(lambda: act(server)))


def _head(size_bytes: int) -> bytes:
    return (
        b"POST /api/v1/memories HTTP/1.1\r\nHost: rawk\r\nX-API-Key: key-of-acme\r\n"
        + f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {size_bytes}\r\nConnection: close\r\n\r\n".encode()
    )


def _at_once(count: int, server: Server) -> None:
    async def all_of_them() -> list[bytes]:
        return await asyncio.gather(*(_upload(server) for _ in range(count)))

    answers = asyncio.run(asyncio.wait_for(all_of_them(), SECONDS))
    if {answer[9:12] for answer in answers} != {b"202"}:
        raise RuntimeError(f"an upload was refused: {answers}")


async def _upload(server: Server) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(_head(len(START) + LARGEST_BYTES + len(END)) + START + WAV_HEAD)
    left, chunk = LARGEST_BYTES - len(WAV_HEAD), bytes(64 * 1024)
    while left:
        writer.write(chunk[:left])
        left -= min(left, len(chunk))
        await writer.drain()
    writer.write(END)
    answer = await reader.read()
    writer.close()
    return answer


def _stall(count: int, server: Server) -> None:
    """Each sends a part of its body, and then nothing for two seconds."""
    sent = _head(LARGEST_BYTES) + START + WAV_HEAD + bytes(STALLED_BYTES)
    with ExitStack() as held:
        for number in range(count):
            connection = held.enter_context(server.connect(f"127.0.0.{2 + number % 50}"))
            with suppress(OSError):  # refused
                connection.sendall(sent)
        time.sleep(2)
