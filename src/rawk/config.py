"""Settings, which each process reads once from its environment. Terraform writes them, numbers included.

A secret is set by value (`DATABASE_URL`) or by its Secrets Manager id (`DATABASE_URL_SECRET_ID`); the value has
priority. Every reader raises ConfigurationError, which names the variable that is missing or invalid, and never shows a
value: a secret may stand in the wrong variable.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from rawk.domain.errors import ConfigurationError

MAX_RECORDING_BYTES = 26_214_400
"""25 MiB, OpenAI's own limit for one transcription."""

MAX_VISIBILITY_TIMEOUT_SECONDS = 43_200
"""Twelve hours, SQS's own limit."""

CALLER_REQUESTS_PER_SECOND = 200
"""What one caller may ask of one process in the long run, unless CALLER_REQUESTS_PER_SECOND says otherwise."""

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
"""Lower case, no path and no slash at its end: browsers compare the text (RFC 6454, 6.2)."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]+")
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")

type Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's value, or its id in Secrets Manager. The value never appears in a log."""

    name: str
    value: str | None = field(default=None, repr=False)
    secret_id: str | None = None


@dataclass(frozen=True, slots=True)
class Database:
    url: Secret
    wakes_within_seconds: int = 0
    """How long a database that pauses without traffic takes to answer again; 0 for one that never pauses."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """SQS's limits for a job, the same numbers that Terraform sets for the queue."""

    visibility_timeout_seconds: int
    max_receive_count: int
    retention_seconds: int

    def gap_seconds(self, receive_count: int) -> int:
        """Seconds until the next receive: the visibility timeout times the receive count."""
        return min(self.visibility_timeout_seconds * receive_count, MAX_VISIBILITY_TIMEOUT_SECONDS)

    def longest_silence_seconds(self, invocation_seconds: int) -> int:
        """How long a memory may stay unchanged although a message will still reach it.

        That is: from the first receive on the database fails, and each worker returns the message for the longest gap.
        """
        longest_gap_seconds = self.gap_seconds(self.max_receive_count)
        return (self.max_receive_count - 1) * longest_gap_seconds + self.max_receive_count * invocation_seconds

    def soonest_death_seconds(self) -> int:
        """How long after its last change a memory's message can be a dead letter at the soonest, without any worker:
        each of its receives lasts a visibility timeout."""
        return self.max_receive_count * self.visibility_timeout_seconds

    def outage_tolerance_seconds(self) -> int:
        """How long an outage may last without any job reaching the dead-letter queue."""
        return sum(self.gap_seconds(receive) for receive in range(1, self.max_receive_count))


@dataclass(frozen=True, slots=True)
class AnalysisRetry:
    """When the sweep queues an analysis again: after growing gaps, `limit` times at most."""

    base_seconds: int
    limit: int

    def gaps(self) -> list[timedelta]:
        """Doubling gaps up to four times the base, one for each time it may be queued again."""
        return [self.gap(n) for n in range(self.limit)]

    def gap(self, times_queued: int) -> timedelta:
        """The gap before the next analysis when it was queued this many times; beyond the limit, the last gap."""
        return timedelta(seconds=self.base_seconds * min(2 ** min(times_queued, self.limit - 1), 4))


@dataclass(frozen=True, slots=True)
class ApiSettings:
    audio_bucket: str
    jobs_queue_url: str
    database: Database
    api_keys: Secret
    outbox_grace_seconds: int
    metrics_keys_sha256: tuple[str, ...]
    cors_allowed_origins: tuple[str, ...]
    caller_requests_per_second: int
    redis_url: Secret | None
    log_level: str


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    audio_bucket: str
    jobs_queue_url: str
    database: Database
    openai_api_key: Secret
    openai_base_url: str | None
    transcription_model: str
    analysis_model: str
    openai_timeout_seconds: float
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    redis_url: Secret | None
    log_level: str


@dataclass(frozen=True, slots=True)
class RelaySettings:
    audio_bucket: str
    jobs_queue_url: str
    dead_letter_queue_url: str
    database: Database
    queue_limits: QueueLimits
    lease_seconds: int
    analysis_retry: AnalysisRetry
    outbox_grace_seconds: int
    orphan_audio_after_seconds: int
    redis_url: Secret | None
    log_level: str


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    jobs_queue_url: str
    dead_letter_queue_url: str
    database: Database


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Of the commands that read and remove what is stored."""

    audio_bucket: str
    database: Database


def api_settings(env: Environment) -> ApiSettings:
    return ApiSettings(
        audio_bucket=text(env, "AUDIO_BUCKET"),
        jobs_queue_url=text(env, "JOBS_QUEUE_URL"),
        database=database(env),
        api_keys=secret(env, "API_KEYS", value_name="API_KEYS_JSON"),
        outbox_grace_seconds=whole_number(env, "OUTBOX_GRACE_SECONDS"),
        metrics_keys_sha256=digests(env, "METRICS_KEYS_SHA256"),
        cors_allowed_origins=origins(env, "CORS_ALLOWED_ORIGINS"),
        caller_requests_per_second=whole_number_or(CALLER_REQUESTS_PER_SECOND, env, "CALLER_REQUESTS_PER_SECOND"),
        redis_url=optional_secret(env, "REDIS_URL"),
        log_level=log_level(env),
    )


def worker_settings(env: Environment) -> WorkerSettings:
    return WorkerSettings(
        audio_bucket=text(env, "AUDIO_BUCKET"),
        jobs_queue_url=text(env, "JOBS_QUEUE_URL"),
        database=database(env),
        openai_api_key=secret(env, "OPENAI_API_KEY"),
        openai_base_url=base_url(env, "OPENAI_BASE_URL"),
        transcription_model=text(env, "TRANSCRIPTION_MODEL"),
        analysis_model=text(env, "ANALYSIS_MODEL"),
        openai_timeout_seconds=whole_number(env, "OPENAI_TIMEOUT_SECONDS"),
        queue_limits=queue_limits(env),
        lease_seconds=whole_number(env, "LEASE_SECONDS"),
        analysis_retry=analysis_retry(env),
        redis_url=optional_secret(env, "REDIS_URL"),
        log_level=log_level(env),
    )


def relay_settings(env: Environment) -> RelaySettings:
    return RelaySettings(
        audio_bucket=text(env, "AUDIO_BUCKET"),
        jobs_queue_url=text(env, "JOBS_QUEUE_URL"),
        dead_letter_queue_url=text(env, "DEAD_LETTER_QUEUE_URL"),
        database=database(env),
        queue_limits=queue_limits(env),
        lease_seconds=whole_number(env, "LEASE_SECONDS"),
        analysis_retry=analysis_retry(env),
        outbox_grace_seconds=whole_number(env, "OUTBOX_GRACE_SECONDS"),
        orphan_audio_after_seconds=whole_number(env, "ORPHAN_AUDIO_AFTER_SECONDS"),
        redis_url=optional_secret(env, "REDIS_URL"),
        log_level=log_level(env),
    )


def operator_settings(env: Environment) -> OperatorSettings:
    return OperatorSettings(
        jobs_queue_url=text(env, "JOBS_QUEUE_URL"),
        dead_letter_queue_url=text(env, "DEAD_LETTER_QUEUE_URL"),
        database=database(env),
    )


def storage_settings(env: Environment) -> StorageSettings:
    return StorageSettings(audio_bucket=text(env, "AUDIO_BUCKET"), database=database(env))


def database(env: Environment) -> Database:
    return Database(secret(env, "DATABASE_URL"), whole_number_or(0, env, "DATABASE_WAKES_WITHIN_SECONDS"))


def queue_limits(env: Environment) -> QueueLimits:
    return QueueLimits(
        visibility_timeout_seconds=whole_number(
            env, "VISIBILITY_TIMEOUT_SECONDS", at_most=MAX_VISIBILITY_TIMEOUT_SECONDS
        ),
        max_receive_count=whole_number(env, "MAX_RECEIVE_COUNT"),
        retention_seconds=whole_number(env, "JOB_RETENTION_SECONDS"),
    )


def analysis_retry(env: Environment) -> AnalysisRetry:
    return AnalysisRetry(
        base_seconds=whole_number(env, "ANALYSIS_RETRY_BASE_SECONDS"),
        limit=whole_number(env, "ANALYSIS_RETRY_LIMIT"),
    )


def text(env: Environment, name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} is not set")
    return value


def whole_number(env: Environment, name: str, *, at_most: int = 1_000_000_000) -> int:
    value = text(env, name)
    # int() raises a different error for thousands of digits, so their number is checked first.
    if not value.isdecimal() or len(value) > len(str(at_most)) or not 1 <= int(value) <= at_most:
        raise ConfigurationError(f"{name} must be a whole number from 1 to {at_most}")
    return int(value)


def whole_number_or(default: int, env: Environment, name: str) -> int:
    return whole_number(env, name) if env.get(name, "").strip() else default


def digests(env: Environment, name: str) -> tuple[str, ...]:
    """SHA-256 digests in hex, separated by commas; none when it is not set."""
    found = tuple(filter(None, (part.strip() for part in env.get(name, "").split(","))))
    if not all(_DIGEST.fullmatch(each) for each in found):
        raise ConfigurationError(f"{name} must have SHA-256 digests in lower-case hex, separated by commas")
    return found


def origins(env: Environment, name: str) -> tuple[str, ...]:
    """Origins as browsers send them, separated by commas, or `*`; none when it is not set."""
    found = tuple(filter(None, (part.strip() for part in env.get(name, "").split(","))))
    for origin in found:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ConfigurationError(f"{name} must have origins such as https://app.example.com, separated by commas")
    return found


def base_url(env: Environment, name: str) -> str | None:
    """None when it is empty: the SDK would use an empty OPENAI_BASE_URL as an address and fail on every call."""
    value = env.get(name, "").strip()
    if value and not value.startswith(("http://", "https://")):
        raise ConfigurationError(f"{name} must begin with http:// or https://")
    if value and not _is_address(value):
        raise ConfigurationError(f"{name} must be an address such as https://api.openai.com/v1")
    return value or None


def _is_address(url: str) -> bool:
    """What the client of the SDK takes: its own error would quote the rest."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # no port, or brackets around no address
        return False
    host = (parts.hostname or "") if "%" not in parts.netloc else ""
    return (
        port != 0
        and _HOST.fullmatch(host) is not None
        and _PATH.fullmatch(parts.path) is not None
        and not (parts.query or parts.fragment or "@" in parts.netloc or parts.netloc.endswith(":"))
    )


def log_level(env: Environment) -> str:
    value = env.get("LOG_LEVEL", "").strip().upper() or "INFO"
    if value not in LOG_LEVELS:
        raise ConfigurationError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}")
    return value


def secret(env: Environment, name: str, *, value_name: str | None = None) -> Secret:
    found = optional_secret(env, name, value_name=value_name)
    if found is None:
        raise ConfigurationError(f"neither {value_name or name} nor {name}_SECRET_ID is set")
    return found


def optional_secret(env: Environment, name: str, *, value_name: str | None = None) -> Secret | None:
    """The value without a line break at its end, which files and consoles often add; None when it is not set."""
    value = env.get(value_name or name, "").strip() or None
    secret_id = env.get(f"{name}_SECRET_ID", "").strip() or None
    if value is None and secret_id is None:
        return None
    return Secret(name=name, value=value, secret_id=secret_id)


def redis_url(url: str) -> str:
    """The URL, if it is valid. Raises ConfigurationError, whose text does not contain the URL and its password.

    Options are refused, because they would override our own timeouts for Redis.
    """
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port != 0
    except ValueError:  # no port, or brackets around no address
        parts, port_is_fine = urlsplit(""), False
    fine = parts.scheme in ("redis", "rediss") and parts.hostname and not parts.query and not parts.fragment
    if not fine or not port_is_fine or not re.fullmatch(r"/?[0-9]{0,4}", parts.path) or re.search(r"\s", url):
        raise ConfigurationError(
            "REDIS_URL must be redis://[[user]:password@]host[:port][/number], or rediss:// for TLS, without options"
            " and with special characters in a password percent-encoded"
        )
    return url


def api_keys(keys_json: str) -> dict[str, tuple[str, ...]]:
    """API key → its tenants, from a JSON object of key → tenant, or list of tenants. Raises ConfigurationError."""
    try:
        keys = json.loads(keys_json)
    except ValueError as error:
        raise ConfigurationError("the API keys are not JSON") from error
    if not isinstance(keys, dict):
        raise ConfigurationError("the API keys must be a JSON object of key → tenant")
    tenants = {key: [each] if isinstance(each, str) else each for key, each in keys.items()}
    for key, names in tenants.items():
        if not key or not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
            raise ConfigurationError("the API keys must be a JSON object of key → tenant, or list of tenants")
    return {key: tuple(dict.fromkeys(names)) for key, names in tenants.items()}
