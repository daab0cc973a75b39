"""Each setting arrives where it belongs: a changed variable changes its own part of what is built, and no other."""

import os
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from inspect import getsource
from types import FunctionType
from typing import Any

import pytest

from rawk import composition, config
from rawk.adapters.postgres.fail_fast import fail_fast_of
from tests.unit.entry_points.test_entry_points import ENVIRONMENT

REDIS = {"REDIS_URL": "redis://h/1", "OPENAI_BASE_URL": "https://o/v1", "LOG_LEVEL": "WARNING"}
OF_CALLERS = {
    "METRICS_KEYS_SHA256": "a" * 64,
    "CORS_ALLOWED_ORIGINS": "https://a.example",
    "CALLER_REQUESTS_PER_SECOND": "10",
}
DATABASE = {"DATABASE_WAKES_WITHIN_SECONDS": "60"}
EVERY = {**ENVIRONMENT, **REDIS, **OF_CALLERS, **DATABASE}


@pytest.fixture(autouse=True)
def logged_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    levels: list[str] = []
    monkeypatch.setattr(composition, "write_json_lines", lambda level, *_: levels.append(level))
    return levels


def _database(memories: Any) -> str:
    store = getattr(memories, "_store", getattr(memories, "_memories", memories))
    return str(store._engine.url.render_as_string(hide_password=False))


def _wakes_within_seconds(memories: Any) -> float:
    """For how long an API's database counts as waking, or how long others wait for a connection."""
    store = getattr(memories, "_store", getattr(memories, "_memories", memories))
    fail_fast = fail_fast_of(store._engine)
    return float(store._engine.pool._timeout if fail_fast is None else fail_fast._wakes_within_seconds)


def api(env: Mapping[str, str]) -> dict[str, Any]:
    built = composition.build_api(env)
    built.close()
    queue, audio = built.intake.queue, built.audio
    return {
        "AUDIO_BUCKET": audio._bucket,  # type: ignore[attr-defined]
        "JOBS_QUEUE_URL": queue._queue_url,  # type: ignore[attr-defined]
        "DATABASE_URL": _database(built.memories),
        "DATABASE_WAKES_WITHIN_SECONDS": _wakes_within_seconds(built.memories),
        "API_KEYS_JSON": built.authentication.configured._known,
        "CORS_ALLOWED_ORIGINS": built.cors_allowed_origins,
        "CALLER_REQUESTS_PER_SECOND": built.requests_per_second,
        "OUTBOX_GRACE_SECONDS": built.intake.outbox_grace,
        "METRICS_KEYS_SHA256": built.metrics_keys_sha256,
        "REDIS_URL": built.notifications._url,  # type: ignore[attr-defined]
    }


def worker(env: Mapping[str, str]) -> dict[str, Any]:
    built = composition.build_worker(env)
    services: Any = built._processing.services
    policy = services.policy
    return {
        "AUDIO_BUCKET": services.audio._bucket,
        "JOBS_QUEUE_URL": built._queue._queue_url,  # type: ignore[attr-defined]
        "DATABASE_URL": _database(services.memories),
        "DATABASE_WAKES_WITHIN_SECONDS": _wakes_within_seconds(services.memories),
        "OPENAI_API_KEY": {services.transcriber._client.api_key, services.analyst._client.api_key},
        "OPENAI_BASE_URL": {
            str(services.transcriber._client.base_url),
            str(services.analyst._client.base_url),
        },
        "TRANSCRIPTION_MODEL": services.transcriber._model,
        "ANALYSIS_MODEL": services.analyst._model,
        "OPENAI_TIMEOUT_SECONDS": policy.openai_timeout_seconds,
        "VISIBILITY_TIMEOUT_SECONDS": policy.queue_limits.visibility_timeout_seconds,
        "MAX_RECEIVE_COUNT": policy.queue_limits.max_receive_count,
        "JOB_RETENTION_SECONDS": policy.queue_limits.retention_seconds,
        "LEASE_SECONDS": policy.lease_seconds,
        "ANALYSIS_RETRY_BASE_SECONDS": policy.analysis_retry.base_seconds,
        "ANALYSIS_RETRY_LIMIT": policy.analysis_retry.limit,
        "REDIS_URL": services.memories._publish.__self__._url,
    }


def recovery(env: Mapping[str, str]) -> dict[str, Any]:
    built: Any = composition.build_recovery(env)
    policy = built.policy
    return {
        "AUDIO_BUCKET": built.audio._bucket,
        "JOBS_QUEUE_URL": {built.queue._queue_url, built.dead_letters.letters._jobs_url},
        "DEAD_LETTER_QUEUE_URL": built.dead_letters.letters._dead_url,
        "DATABASE_URL": _database(built.memories),
        "DATABASE_WAKES_WITHIN_SECONDS": _wakes_within_seconds(built.memories),
        "VISIBILITY_TIMEOUT_SECONDS": policy.queue_limits.visibility_timeout_seconds,
        "MAX_RECEIVE_COUNT": policy.queue_limits.max_receive_count,
        "JOB_RETENTION_SECONDS": policy.queue_limits.retention_seconds,
        "LEASE_SECONDS": policy.lease_seconds,
        "ANALYSIS_RETRY_BASE_SECONDS": policy.analysis_retry.base_seconds,
        "ANALYSIS_RETRY_LIMIT": policy.analysis_retry.limit,
        "OUTBOX_GRACE_SECONDS": policy.outbox_grace,
        "ORPHAN_AUDIO_AFTER_SECONDS": policy.orphan_audio_after,
        "REDIS_URL": built.memories._publish.__self__._url,
    }


def dead_letters(env: Mapping[str, str]) -> dict[str, Any]:
    built: Any = composition.build_dead_letter_operations(env)
    return {
        "JOBS_QUEUE_URL": built.letters._jobs_url,
        "DEAD_LETTER_QUEUE_URL": built.letters._dead_url,
        "DATABASE_URL": _database(built.memories),
        "DATABASE_WAKES_WITHIN_SECONDS": _wakes_within_seconds(built.memories),
    }


BUILDS: dict[str, tuple[Callable[[Mapping[str, str]], dict[str, Any]], FunctionType]] = {
    "api": (api, config.api_settings),
    "worker": (worker, config.worker_settings),
    "recovery": (recovery, config.relay_settings),
    "dead letters": (dead_letters, config.operator_settings),
}
"""Part → what it was built with, by the setting that it belongs to; and the function that reads the settings."""

CHANGED = {
    "AUDIO_BUCKET": "other",
    "JOBS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/other",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/other",
    "DATABASE_URL": "postgresql://u:p@h/other",
    "API_KEYS_JSON": '{"key-2": "globex"}',
    "OPENAI_API_KEY": "sk-2",
    "OPENAI_BASE_URL": "https://other/v1",
    "TRANSCRIPTION_MODEL": "other",
    "ANALYSIS_MODEL": "other",
    "METRICS_KEYS_SHA256": "b" * 64,
    "CORS_ALLOWED_ORIGINS": "https://b.example",
    "REDIS_URL": "redis://h/2",
}


def settings_of(part: str) -> set[str]:
    """The variables that the part reads, as they stand in the code."""
    source = getsource(BUILDS[part][1])
    if "queue_limits(env)" in source:
        source += getsource(config.queue_limits) + getsource(config.analysis_retry)
    if "database(env)" in source:
        source += getsource(config.database)
    names = set(re.findall(r'env,\s*"(\w+)"', source)) | ({"LOG_LEVEL"} if "log_level(env)" in source else set())
    return {name.replace("API_KEYS", "API_KEYS_JSON") for name in names}


CASES = [
    pytest.param(part, name, factor, id=f"{part}: {name} x {factor}")
    for part in BUILDS
    for name in sorted(settings_of(part) - {"LOG_LEVEL"})
    for factor in ((0.5, 2) if EVERY[name].isdecimal() else (1,))
]


@pytest.mark.parametrize("part", BUILDS)
def test_every_setting_of_a_part_is_looked_at(part: str) -> None:
    assert {*BUILDS[part][0](EVERY), "LOG_LEVEL"} == settings_of(part) | {"LOG_LEVEL"}


@pytest.mark.parametrize("part", BUILDS)
def test_every_number_arrives_as_it_was_set(part: str) -> None:
    for name, value in BUILDS[part][0](EVERY).items():
        if EVERY[name].isdecimal():
            assert (value.total_seconds() if isinstance(value, timedelta) else value) == int(EVERY[name])


@pytest.mark.parametrize(("part", "name", "factor"), CASES)
def test_a_changed_setting_changes_its_own_part_and_no_other(part: str, name: str, factor: float) -> None:
    look = BUILDS[part][0]
    number = EVERY[name].isdecimal()
    value = str(round(int(EVERY[name]) * factor)) if number else CHANGED[name]

    before, after = look(EVERY), look({**EVERY, name: value})

    assert {each for each in before if before[each] != after[each]} == {name}
    if number:
        arrived = after[name].total_seconds() if isinstance(after[name], timedelta) else after[name]
        assert arrived == int(value)


@pytest.mark.parametrize("part", ["api", "worker", "recovery"])
@pytest.mark.parametrize("level", config.LOG_LEVELS)
def test_the_log_level_arrives(part: str, level: str, logged_at: list[str]) -> None:
    BUILDS[part][0]({**EVERY, "LOG_LEVEL": level})

    assert logged_at == [level]
