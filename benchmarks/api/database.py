"""The API on a real Postgres: lists while S3 and SQS answer nothing, and lists of memories with long transcripts."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine

from benchmarks.api.servers import DEPLOYED, Server, bounded
from benchmarks.figures import Figure
from rawk.adapters.postgres import migrate
from rawk.adapters.postgres.tables import memories
from sim.postgres.embedded_server import Postgres
from tests.unit.api.forms import CONTENT_TYPE, audio, form, wav

KEYS = {"long": "key-of-the-long-transcripts", "short": "key-of-the-short-transcripts"}
TRANSCRIPT_BYTES = {"long": 360_000, "short": 10}
LISTED = 100
LIST = f"/api/v1/memories?limit={LISTED}"
WITHIN_SECONDS = 60.0


def measure(folder: Path, quick: bool) -> list[Figure]:
    folder.chmod(0o711)  # Postgres may run as another user
    with Postgres(folder / "postgres", folder / "postgres.log") as postgres, _silent_aws() as endpoint_url:
        postgres.create_database("bench")
        url = postgres.url("bench")
        migrate.upgrade(url)
        for tenant in KEYS:
            _insert(url, tenant)
        environment = {
            "AUDIO_BUCKET": "audio",
            "JOBS_QUEUE_URL": f"{endpoint_url}/000000000000/jobs",
            "OUTBOX_GRACE_SECONDS": "60",
            "DATABASE_URL": url,
            "API_KEYS_JSON": json.dumps({key: tenant for tenant, key in KEYS.items()}),
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "LOG_LEVEL": "ERROR",
        }
        with bounded(DEPLOYED, folder, environment) as server:
            for tenant in KEYS:
                _list(server, tenant)  # imports and pools are loaded
            short, long = (_list_memory(server, tenant) for tenant in ("short", "long"))
            calm, hanging = _while_the_store_hangs(server, uploads=10 if quick else 40)
    name = f"list of {LISTED} memories of 360 kB, 10 times: memory beyond idle"
    return [
        Figure(name, "MB", 20, long, short, "transcripts of 10 bytes"),
        Figure("slowest list while S3 and SQS answer nothing", "ms", 500, hanging, calm, "no upload hangs"),
    ]


def _list_memory(server: Server, tenant: str) -> float:
    def ask() -> None:
        for _ in range(10):
            _list(server, tenant)

    return max(0.1, server.peak_megabytes(ask))


def _list(server: Server, tenant: str) -> float:
    took = server.milliseconds(LIST, WITHIN_SECONDS, KEYS[tenant])
    if took >= WITHIN_SECONDS * 1000:
        raise RuntimeError("a list got no answer")
    return took


def _while_the_store_hangs(server: Server, uploads: int) -> tuple[float, float]:
    """The slowest of 20 lists before and while uploads wait for the store."""
    calm = max(_list(server, "short") for _ in range(20))
    body = form(audio(wav(100_000)))
    head = (
        f"POST /api/v1/memories HTTP/1.1\r\nHost: rawk\r\nX-API-Key: {KEYS['short']}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with ExitStack() as held:
        waiting = [held.enter_context(server.connect()) for _ in range(uploads)]
        for each in waiting:
            each.sendall(head.encode() + body)
        time.sleep(1)
        hanging = max(_list(server, "short") for _ in range(20))
        if answered := sum(_has_answer(each) for each in waiting):
            raise RuntimeError(f"{answered} uploads did not wait for the store to the end of the measurement")
        return calm, hanging


def _has_answer(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return False


@contextmanager
def _silent_aws() -> Iterator[str]:
    """The address of a server that accepts every connection and answers nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        accepted: list[socket.socket] = []

        def accept() -> None:
            with suppress(OSError):
                while True:
                    accepted.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for each in accepted:
                each.close()


def _insert(url: str, tenant: str) -> None:
    """Complete memories, whose transcripts compress as little as speech does."""
    engine, now = create_engine(url), datetime.now(UTC)
    words = " ".join(uuid4().hex for _ in range(TRANSCRIPT_BYTES[tenant] // 33 + 1))
    row = {
        "tenant": tenant,
        "status": "complete",
        "audio_content_type": "audio/wav",
        "audio_bytes": 1_000,
        "content_digest": "0" * 64,
        "correlation_id": "bench",
        "created_at": now,
        "updated_at": now,
        "transcript": words,
        "transcribed_at": now,
        "completed_at": now,
        "analysis": {},
        "analysis_state": "done",
    }
    ids = [str(uuid4()) for _ in range(LISTED)]
    with engine.begin() as connection:
        connection.execute(memories.insert(), [{**row, "id": each, "audio_key": f"audio/{each}"} for each in ids])
    engine.dispose()
