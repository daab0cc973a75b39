"""Streaming of an upload from the socket to the store: never whole in memory, and with timeouts.

The body is read on the event loop and passed in pieces of about 1 MiB to the use case, which blocks. Nothing is read
while a piece is being stored, so that a slow store slows the client down and does not fill the memory.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing

import anyio
from anyio.to_thread import run_sync
from fastapi import Request

from rawk.api.upload_form import UploadForm
from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.errors import RecordingTooLarge, UploadTooSlow
from rawk.log import log
from rawk.ports import Accepted
from rawk.use_cases.audio_formats import HEAD_BYTES
from rawk.use_cases.intake import Intake, Recording

PIECE_BYTES = 1024 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
"""Maximum size of a form without its audio: boundaries, headers, title, recording time."""
IDLE_SECONDS = 30.0
UPLOAD_SECONDS = 15 * 60.0
"""25 MiB at 30 kB/s, slower than any usable network."""
CONCURRENT_STORES = 32
"""Threads that store pieces; separate ones, so that a slow store does not delay other requests."""


class Uploads:
    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.under_way = 0
        self._threads = anyio.CapacityLimiter(CONCURRENT_STORES)

    async def receive(self, request: Request, tenant: str, idempotency_key: str | None) -> Accepted:
        """Raises what `Recording.write` and `Recording.finish` do, MalformedUpload, UploadTooSlow, ClientDisconnect."""
        _refuse_by_length(request)
        form = UploadForm(request.headers.get("content-type"))
        recording = self._intake.open(tenant, request.state.correlation_id, idempotency_key)
        self.under_way += 1
        try:
            async for piece in _pieces(request, form):
                await run_sync(recording.write, piece, limiter=self._threads)
            form.close()
            return await run_sync(recording.finish, form.title, form.recorded_at, limiter=self._threads)
        finally:
            self.under_way -= 1
            await self._abort_unless_ended(recording)

    async def _abort_unless_ended(self, recording: Recording) -> None:
        """Abort also when the client disconnected or the server stops, which cancels this task."""
        if recording.ended:
            return
        log.info("upload_given_up", received_bytes=recording.size_bytes)
        with anyio.CancelScope(shield=True):
            await run_sync(recording.abort, limiter=self._threads)


def _refuse_by_length(request: Request) -> None:
    """Refuse a too large `Content-Length` before the body is read."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MAX_RECORDING_BYTES + FORM_OVERHEAD_BYTES:
        raise _too_large()


def _too_large() -> RecordingTooLarge:
    return RecordingTooLarge(f"A recording may have {MAX_RECORDING_BYTES} bytes at most.")


async def _pieces(request: Request, form: UploadForm) -> AsyncIterator[bytes]:
    """The audio in pieces; the first one has just enough bytes to recognise the format."""
    piece, piece_bytes, audio_bytes = bytearray(), HEAD_BYTES, 0
    async for data in _body(request):
        audio = form.feed(data)
        piece += audio
        audio_bytes += len(audio)
        if audio_bytes > MAX_RECORDING_BYTES:
            raise _too_large()
        if len(piece) >= piece_bytes:
            yield bytes(piece)
            piece.clear()
            piece_bytes = PIECE_BYTES
    if piece:
        yield bytes(piece)


async def _body(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives, with a timeout for every read and for the whole."""
    end, body_bytes = anyio.current_time() + UPLOAD_SECONDS, 0
    async with aclosing(request.stream()) as stream:
        while True:
            try:
                with anyio.fail_after(min(IDLE_SECONDS, end - anyio.current_time())):
                    data = await anext(stream, None)
            except TimeoutError:
                raise UploadTooSlow(
                    f"Nothing came for {IDLE_SECONDS:.0f} s, or the upload took over {UPLOAD_SECONDS:.0f} s."
                ) from None
            if data is None:
                return
            body_bytes += len(data)
            if body_bytes > MAX_RECORDING_BYTES + FORM_OVERHEAD_BYTES:
                raise _too_large()
            yield data
