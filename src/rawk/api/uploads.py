"""Streaming of an upload from the socket to the store: never whole in memory, and with timeouts.

The body is read on the event loop and passed in pieces of about 256 KiB to the use case, which blocks. Nothing is read
while a piece is being stored, so that a slow store slows the client down and does not fill the memory.
"""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

import anyio
from fastapi import Request

from rawk.api.bounded_threads import BoundedThreads
from rawk.api.capacity.places import Places
from rawk.api.upload_form import UploadForm
from rawk.config import MAX_RECORDING_BYTES
from rawk.domain.errors import RecordingTooLarge, Unavailable, UploadTooSlow
from rawk.log import bound, log
from rawk.ports import Accepted
from rawk.use_cases.audio_formats import HEAD_BYTES
from rawk.use_cases.intake import Intake, Recording

PIECE_BYTES = 256 * 1024
FORM_OVERHEAD_BYTES = 64 * 1024
"""Maximum size of a form without its audio: boundaries, headers, title, recording time."""
IDLE_SECONDS = 30.0
UPLOAD_SECONDS = 15 * 60.0
"""25 MiB at 30 kB/s, slower than any usable network."""


STOP_SECONDS = 5.0
"""How long a server that stops waits for the removal of what unfinished uploads have stored."""


class Uploads:
    def __init__(self, intake: Intake, threads: BoundedThreads, places: Places) -> None:
        self._intake = intake
        self._threads = threads
        self._places = places
        self._aborts: set[Future[None]] = set()

    @property
    def under_way(self) -> int:
        return self._places.taken

    async def receive(self, request: Request, tenant: str, idempotency_key: str | None) -> Accepted:
        """Raises what `Recording.write` and `Recording.finish` do, MalformedUpload, UploadTooSlow, ClientDisconnect,
        TooManyAtOnce, Overloaded.

        StorageUnavailable may hide an accepted memory: the call that took too long goes on.
        """
        _refuse_by_length(request)
        with self._places.one(tenant):
            return await self._receive(request, tenant, idempotency_key)

    async def all_ended(self) -> None:
        """Returns once no upload is under way, nor its removal, or after STOP_SECONDS."""
        with anyio.move_on_after(STOP_SECONDS):
            while self.under_way or self._aborts:
                await anyio.sleep(0.02)

    async def _receive(self, request: Request, tenant: str, idempotency_key: str | None) -> Accepted:
        form = UploadForm(request.headers.get("content-type"))
        recording = self._intake.open(tenant, request.state.correlation_id, idempotency_key)
        with bound(memory_id=recording.memory_id):
            return await self._store(request, form, recording)

    async def _store(self, request: Request, form: UploadForm, recording: Recording) -> Accepted:
        store = _Store(recording, self._threads, self._aborts)
        try:
            rest = b""
            async for piece in _pieces(request, form):
                if len(piece) >= PIECE_BYTES:
                    await store.run(partial(recording.write, piece))
                elif not recording.size_bytes:
                    recording.write(piece)  # too little to be stored yet: it does not block
                else:
                    rest = piece
            form.close()
            return await store.run(partial(_finish, recording, rest, form))
        finally:
            await store.abort_unless_ended()


def _finish(recording: Recording, rest: bytes, form: UploadForm) -> Accepted:
    """In one call, so that a small recording waits for a thread once."""
    if rest:
        recording.write(rest)
    return recording.finish(form.title, form.recorded_at)


class _Store:
    """One recording's calls, one after the other: a recording is not thread-safe."""

    def __init__(self, recording: Recording, threads: BoundedThreads, aborts: set[Future[None]]) -> None:
        self._recording = recording
        self._threads = threads
        self._aborts = aborts
        self._latest: Future[Any] | None = None

    async def run[T](self, call: Callable[[], T]) -> T:
        self._latest = future = self._threads.start(call)
        return await self._threads.answer_of(future)

    async def abort_unless_ended(self) -> None:
        """Abort also when the client disconnected or the server stops, which cancels this task. When a call has taken
        too long, the client does not wait for the abort, which would take as long."""
        latest = self._latest
        if latest is not None and (latest.cancelled() or not latest.done()):
            log.warning("upload_hangs", received_bytes=self._recording.size_bytes)
            latest.add_done_callback(self._abort_later())
        elif not self._recording.ended:
            log.info("upload_given_up", received_bytes=self._recording.size_bytes)
            with anyio.CancelScope(shield=True), suppress(Unavailable):
                await self.run(self._recording.abort)

    def _abort_later(self) -> Callable[[object], None]:
        """An abort that is in the set until it has ended. The thread of the call before it starts it."""
        ended: Future[None] = Future()
        self._aborts.add(ended)

        def forget(_: object) -> None:
            self._aborts.discard(ended)

        def abort(_: object) -> None:
            try:
                self._threads.start(self._recording.abort).add_done_callback(forget)
            except RuntimeError:  # the server has stopped: the sweep removes what is left
                forget(None)

        return abort


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
