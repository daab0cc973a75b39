"""The API as `rawk serve` starts it, on in-memory ports whose audio store keeps digests instead of audio."""

import os
import time
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from rawk.adapters.credentials.in_memory import InMemoryCallerStore
from rawk.adapters.credentials.passwords import Argon2Passwords
from rawk.adapters.credentials.tokens import JwtSigner
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.redis.notifications import RedisStatusNotifications
from rawk.adapters.redis.polling import NoNotifications
from rawk.adapters.redis.publishing_store import PublishingMemoryStore
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.sqs.in_memory import InMemoryJobQueue, InMemoryQueue
from rawk.adapters.system import SystemClock, SystemRandomness
from rawk.api import events
from rawk.api.app import create_app as build_app
from rawk.api.services import ApiServices
from rawk.api.uploads import PIECE_BYTES
from rawk.log import log, write_json_lines
from rawk.ports import MemoryStore, StatusNotifications
from rawk.use_cases.callers.authentication import Authentication, ConfiguredKeys
from rawk.use_cases.callers.login import Login
from rawk.use_cases.callers.tokens import Tokens
from rawk.use_cases.intake import Intake


class Digesting(InMemoryAudioStore):
    def __init__(self, clock: SystemClock) -> None:
        super().__init__(clock)
        self.begun = self.ended = 0

    def open_upload(self, key: str, content_type: str) -> Any:
        self.begun += 1
        return DigestingUpload(self, key, content_type)


class DigestingUpload:
    def __init__(self, store: Digesting, key: str, content_type: str) -> None:
        self._store, self._key, self._content_type = store, key, content_type
        self._digest = sha256()

    def write(self, chunk: bytes) -> None:
        held = os.environ.get("HOLD_WRITES")
        if held and len(chunk) >= PIECE_BYTES:  # the first bytes are written on the event loop
            while Path(held).exists():  # the test removes it
                time.sleep(0.01)
        self._digest.update(chunk)

    def complete(self) -> None:
        self._store.put(self._key, self._digest.digest(), self._content_type)
        self._store.ended += 1

    def abort(self) -> None:
        self._store.ended += 1


def memories_and_notifications(redis_url: str | None) -> tuple[MemoryStore, StatusNotifications]:
    if redis_url is None:
        return InMemoryMemoryStore(), NoNotifications()
    notifications = RedisStatusNotifications(redis_url)
    return PublishingMemoryStore(InMemoryMemoryStore(), notifications), notifications


def create_app() -> FastAPI:
    write_json_lines(os.environ.get("LOG_LEVEL", "WARNING"))
    events.POLL_SECONDS = float(os.environ.get("POLL_SECONDS", events.POLL_SECONDS))
    clock = SystemClock()
    memories, notifications = memories_and_notifications(os.environ.get("REDIS_URL"))
    audio, jobs = Digesting(clock), InMemoryQueue(clock, visibility_timeout_seconds=1800)
    intake = Intake(memories, audio, InMemoryJobQueue(jobs), clock, SystemRandomness(), timedelta(seconds=60))
    callers = InMemoryCallerStore()
    tokens = Tokens(callers, JwtSigner(), clock, SystemRandomness())
    authentication = Authentication(ConfiguredKeys({"key-of-acme": ["acme"]}), callers, tokens)
    login = Login(callers, Argon2Passwords(), clock)

    def close() -> None:
        log.warning("closed", under_way=audio.begun - audio.ended, stored=len(audio.objects))

    services = ApiServices(intake, memories, audio, clock, authentication, login, notifications, close=close)
    app = build_app(replace(services, requests_per_second=1_000_000))

    @app.get("/_test/state")
    async def state() -> dict[str, Any]:
        digests = [stored.content.hex() for stored in audio.objects.values()]
        return {"digests": digests, "under_way": audio.begun - audio.ended, "begun": audio.begun}

    return app
