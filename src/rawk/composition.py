"""The composition root: it reads the settings and builds API, worker, recovery and commands with the real adapters.

No other module imports adapters. Heavy libraries are imported when an adapter is built, so that each Lambda function
loads only what it needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from rawk.adapters.system import SystemClock, SystemRandomness
from rawk.config import (
    Database,
    Environment,
    Secret,
    api_keys,
    api_settings,
    base_url,
    database,
    operator_settings,
    optional_secret,
    redis_url,
    relay_settings,
    storage_settings,
    worker_settings,
)
from rawk.domain.errors import ConfigurationError, RawkError
from rawk.log import hide, write_json_lines

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rawk.adapters.postgres.callers import PostgresCallerStore
    from rawk.adapters.postgres.store import PostgresMemoryStore
    from rawk.adapters.redis.notifications import RedisStatusNotifications
    from rawk.api.services import ApiServices
    from rawk.ports import Logs, MemoryStore, Telemetry, TracedMemories
    from rawk.use_cases.callers.operations import CallerOperations
    from rawk.use_cases.dead_letters import DeadLetterOperations
    from rawk.use_cases.recovery import Recovery
    from rawk.use_cases.tenants import TenantErasure, TenantExport
    from rawk.use_cases.trace import TraceRecording
    from rawk.worker.batch import Worker
    from rawk.worker.relay import Relay

API_DATABASE_CONNECTIONS = 10


@dataclass(frozen=True, slots=True)
class AwsTimeouts:
    """Bounds of one call of an AWS service. `attempts` counts the first one."""

    connect_seconds: float
    read_seconds: float
    attempts: int


PATIENT = AwsTimeouts(connect_seconds=3, read_seconds=15, attempts=2)
"""For worker, relay and commands: an unreachable service must not use up an invocation's time."""

API_STORAGE = AwsTimeouts(connect_seconds=1, read_seconds=4, attempts=2)
"""A client waits: both attempts end within `rawk.api.bounded_threads.ANSWER_SECONDS`."""

API_QUEUE = AwsTimeouts(connect_seconds=1, read_seconds=1, attempts=1)
"""A client waits, and the outbox holds the job."""

API_CONNECTIONS = 48
"""Connections to S3 that are kept, at least one for each thread that stores audio; and as many to SQS."""

API_DATABASE_CONNECT_SECONDS = 2
"""Also the longest wait for a connection that is in use."""

API_DATABASE_STATEMENT_SECONDS = 4
"""A client waits: also after a commit whose answer is lost, and its second try."""

API_DATABASE_PAUSE_SECONDS = 5
"""Once the database has left something unanswered, requests fail at once for this long."""


def build_api(env: Environment) -> "ApiServices":
    from rawk.adapters.credentials.passwords import Argon2Passwords
    from rawk.adapters.credentials.tokens import JwtSigner
    from rawk.adapters.redis.polling import NoNotifications
    from rawk.adapters.s3.bounded import BoundedAudioStore
    from rawk.adapters.sqs.bounded import BoundedJobQueue
    from rawk.api.services import ApiServices
    from rawk.use_cases.callers.authentication import Authentication, ConfiguredKeys
    from rawk.use_cases.callers.login import Login
    from rawk.use_cases.callers.tokens import Tokens
    from rawk.use_cases.intake import Intake

    settings = api_settings(env)
    write_json_lines(settings.log_level, "api")
    clock = SystemClock()
    secrets_manager = _one_secrets_manager()
    notifications = _status_notifications(settings.redis_url, secrets_manager)
    store = _memories(
        settings.database,
        secrets_manager,
        pool_size=API_DATABASE_CONNECTIONS,
        connect_timeout_seconds=API_DATABASE_CONNECT_SECONDS,
        statement_timeout_seconds=API_DATABASE_STATEMENT_SECONDS,
        pause_seconds=API_DATABASE_PAUSE_SECONDS,
    )
    telemetry = _telemetry(env, "api")
    memories = _spans_of("memories", _publishing(store, notifications), telemetry)
    s3 = BoundedAudioStore(_client("s3", API_STORAGE, API_CONNECTIONS), settings.audio_bucket)
    sqs = BoundedJobQueue(_client("sqs", API_QUEUE, API_CONNECTIONS), settings.jobs_queue_url)
    audio, queue = _spans_of("audio", s3, telemetry), _spans_of("queue", sqs, telemetry)
    intake = Intake(
        memories=memories,
        audio=audio,
        queue=queue,
        clock=clock,
        randomness=SystemRandomness(),
        outbox_grace=timedelta(seconds=settings.outbox_grace_seconds),
    )
    keys = api_keys(reveal(settings.api_keys, secrets_manager))
    for key in keys:
        hide(key)
    callers = _callers(store.engine)
    tokens = Tokens(callers, JwtSigner(), clock, SystemRandomness())
    return ApiServices(
        intake=intake,
        memories=memories,
        audio=audio,
        clock=clock,
        authentication=Authentication(ConfiguredKeys(keys), callers, tokens),
        login=Login(callers, Argon2Passwords(), clock),
        requests_per_second=settings.caller_requests_per_second,
        notifications=notifications or NoNotifications(),
        cors_allowed_origins=settings.cors_allowed_origins,
        metrics_keys_sha256=settings.metrics_keys_sha256,
        telemetry=telemetry,
        close=_close_all(s3, sqs, store, notifications, telemetry),
    )


def build_worker(env: Environment) -> "Worker":
    from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber, make_client
    from rawk.adapters.s3.store import S3AudioStore
    from rawk.adapters.sqs.queue import SqsJobQueue
    from rawk.use_cases.processing import Processing, ProcessingPolicy, ProcessingServices
    from rawk.worker.batch import Worker

    settings = worker_settings(env)
    write_json_lines(settings.log_level, "worker")
    clock = SystemClock()
    telemetry = _telemetry(env, "worker")
    secrets_manager = _one_secrets_manager()
    openai = make_client(reveal(settings.openai_api_key, secrets_manager), settings.openai_base_url, clock)
    store = _memories(settings.database, secrets_manager, pool_size=1)
    services = ProcessingServices(
        memories=_spans_of(
            "memories",
            _publishing(store, _status_notifications(settings.redis_url, secrets_manager)),
            telemetry,
        ),
        audio=_spans_of("audio", S3AudioStore(_client("s3"), settings.audio_bucket), telemetry),
        transcriber=_spans_of("openai", OpenAITranscriber(openai, settings.transcription_model, clock), telemetry),
        analyst=_spans_of("openai", OpenAIAnalyst(openai, settings.analysis_model, clock), telemetry),
        clock=clock,
        randomness=SystemRandomness(),
        policy=ProcessingPolicy(
            queue_limits=settings.queue_limits,
            lease_seconds=settings.lease_seconds,
            analysis_retry=settings.analysis_retry,
            openai_timeout_seconds=settings.openai_timeout_seconds,
        ),
    )
    queue = _spans_of("queue", SqsJobQueue(_client("sqs"), settings.jobs_queue_url), telemetry)
    return Worker(Processing(services), queue, clock, telemetry)


def build_relay(env: Environment) -> "Relay":
    """The recovery, whose run is a span while traces are on."""
    from rawk.worker.relay import Relay

    telemetry = _telemetry(env, "relay")
    return Relay(build_recovery(env, telemetry), telemetry)


def build_recovery(env: Environment, telemetry: "Telemetry | None" = None) -> "Recovery":
    from rawk.adapters.s3.store import S3AudioStore
    from rawk.adapters.sqs.queue import SqsDeadLetters, SqsJobQueue
    from rawk.use_cases.dead_letters import DeadLetterOperations
    from rawk.use_cases.recovery import Recovery, RecoveryPolicy

    settings = relay_settings(env)
    write_json_lines(settings.log_level, "relay")
    secrets_manager = _one_secrets_manager()
    store = _publishing(
        _memories(settings.database, secrets_manager, pool_size=1),
        _status_notifications(settings.redis_url, secrets_manager),
    )
    memories = _spans_of("memories", store, telemetry)
    clock, sqs = SystemClock(), _client("sqs")
    # Without a wait: what one run does not find, a later one does.
    letters = SqsDeadLetters(sqs, settings.dead_letter_queue_url, settings.jobs_queue_url, wait_seconds=0)
    return Recovery(
        memories=memories,
        audio=_spans_of("audio", S3AudioStore(_client("s3"), settings.audio_bucket), telemetry),
        queue=_spans_of("queue", SqsJobQueue(sqs, settings.jobs_queue_url), telemetry),
        dead_letters=DeadLetterOperations(letters, memories, clock),
        clock=clock,
        policy=RecoveryPolicy(
            queue_limits=settings.queue_limits,
            lease_seconds=settings.lease_seconds,
            analysis_retry=settings.analysis_retry,
            outbox_grace=timedelta(seconds=settings.outbox_grace_seconds),
            orphan_audio_after=timedelta(seconds=settings.orphan_audio_after_seconds),
        ),
    )


SPAN_ATTRIBUTES = {
    "memories": {"db.system.name": "postgresql"},
    "audio": {"rpc.system": "aws-api", "rpc.service": "S3"},
    "queue": {"rpc.system": "aws-api", "rpc.service": "SQS"},
    "openai": {"gen_ai.provider.name": "openai"},
}
"""By port: what OpenTelemetry's semantic conventions call the part that it stands for."""


def _telemetry(env: Environment, service: str) -> "Telemetry | None":
    """None unless an endpoint is configured; then nothing of OpenTelemetry is imported."""
    endpoint = base_url(env, "OTEL_EXPORTER_OTLP_ENDPOINT")
    if endpoint is None:
        return None
    from rawk.adapters.telemetry.opentelemetry import OpenTelemetry

    try:
        return OpenTelemetry(service, endpoint)
    except ImportError as error:
        raise ConfigurationError(f"OTEL_EXPORTER_OTLP_ENDPOINT needs the extra `otel`: {error}") from error


def _spans_of[Port](name: str, port: Port, telemetry: "Telemetry | None") -> Port:
    """The port, whose calls are spans while traces are on."""
    if telemetry is None:
        return port
    from rawk.adapters.telemetry.traced import traced

    return traced(port, telemetry, name, **SPAN_ATTRIBUTES[name])


def build_dead_letter_operations(env: Environment) -> "DeadLetterOperations":
    from rawk.adapters.sqs.queue import SqsDeadLetters
    from rawk.use_cases.dead_letters import DeadLetterOperations

    settings = operator_settings(env)
    # The relay holds dead letters while it reads them.
    letters = SqsDeadLetters(
        _client("sqs"), settings.dead_letter_queue_url, settings.jobs_queue_url, waits_for_others=True
    )
    return DeadLetterOperations(letters, _memories(settings.database, pool_size=1), SystemClock())


def build_tenant_export(env: Environment) -> "TenantExport":
    from rawk.adapters.s3.store import S3AudioStore
    from rawk.use_cases.tenants import TenantExport

    settings = storage_settings(env)
    return TenantExport(_memories(settings.database, pool_size=1), S3AudioStore(_client("s3"), settings.audio_bucket))


def build_tenant_erasure(env: Environment) -> "TenantErasure":
    from rawk.adapters.s3.store import S3AudioStore
    from rawk.use_cases.tenants import TenantErasure

    dead_letters = build_dead_letter_operations(env)
    settings = storage_settings(env)
    memories = _memories(settings.database, pool_size=1)
    audio = S3AudioStore(_client("s3"), settings.audio_bucket)
    return TenantErasure(memories, audio, _callers(memories.engine), dead_letters, SystemClock())


@dataclass(frozen=True, slots=True)
class TraceSources:
    """Where an operator's trace looks; the database only where its URL is set."""

    log_paths: tuple[Path, ...] = ()
    log_stream: IO[bytes] | None = None
    log_groups: tuple[str, ...] = ()
    pipeline: str | None = None
    """Its log groups are those that Terraform names."""
    until: datetime | None = None
    max_pages: int = 20
    database: bool = True


def build_trace(env: Environment, sources: TraceSources) -> "TraceRecording":
    """Raises ConfigurationError when there is nothing to read."""
    from rawk.use_cases.trace import TraceRecording

    logs: list[Logs] = []
    if sources.log_paths or sources.log_stream is not None:
        from rawk.adapters.traces.files import LogFiles

        logs.append(LogFiles(sources.log_paths, sources.log_stream))
    if sources.log_groups or sources.pipeline is not None:
        from rawk.adapters.traces.cloudwatch import CloudWatchLogs, groups_of

        groups = [*sources.log_groups, *(groups_of(sources.pipeline) if sources.pipeline is not None else ())]
        logs.append(CloudWatchLogs(_client("logs"), groups, sources.until, sources.max_pages))
    reads_database = sources.database and optional_secret(env, "DATABASE_URL") is not None
    if not logs and not reads_database:
        raise ConfigurationError(
            "nothing to read: give --logs, --pipeline or --log-group, or set DATABASE_URL or DATABASE_URL_SECRET_ID"
        )
    return TraceRecording(logs, _traced_memories(database(env)) if reads_database else None, SystemClock())


def now() -> datetime:
    """For arguments such as `2h`."""
    return SystemClock().now()


def _traced_memories(settings: Database) -> "TracedMemories":
    from rawk.adapters.traces.postgres import PostgresTracedMemories

    return PostgresTracedMemories(_memories(settings, pool_size=1).engine)


def build_caller_operations(env: Environment) -> "CallerOperations":
    from rawk.adapters.credentials.passwords import Argon2Passwords
    from rawk.use_cases.callers.operations import CallerOperations

    memories = _memories(database(env), pool_size=1)
    return CallerOperations(_callers(memories.engine), Argon2Passwords(), SystemClock(), SystemRandomness())


def migrate(env: Environment, to: str) -> tuple[str | None, str | None]:
    """Migrate the database to a revision (`head`, `base`, or a named one); gives the one before and the one after.

    Raises RawkError for an unknown revision, DatabaseUnavailable.
    """
    from alembic.util import CommandError

    from rawk.adapters.postgres import migrate as schema

    settings = database(env)
    url, waking_seconds = reveal(settings.url), settings.wakes_within_seconds
    before = schema.current(url, waking_seconds)
    try:
        if to == "base":
            schema.downgrade(url, "base", waking_seconds)
        else:
            schema.upgrade(url, to, waking_seconds)
    except CommandError as error:
        raise RawkError(f"the database cannot be migrated to {to!r}: {error}") from error
    return before, schema.current(url, waking_seconds)


def reveal(secret: Secret, secrets_manager: Callable[[], Any] | None = None) -> str:
    """The secret's value, from the environment or from Secrets Manager. Raises ConfigurationError."""
    if secret.value is not None:
        hide(secret.value)
        return secret.value
    client = (secrets_manager or (lambda: _client("secretsmanager")))()
    value = _read(client, secret).strip()
    if not value:
        raise ConfigurationError(f"{secret.name} is empty in Secrets Manager")
    hide(value)
    return value


def _read(client: Any, secret: Secret) -> str:
    from rawk.adapters.aws_errors import FAILED_CALL, required_text

    try:
        return required_text(client.get_secret_value(SecretId=secret.secret_id), "SecretString")
    except FAILED_CALL as error:
        raise ConfigurationError(
            f"{secret.name} cannot be read from Secrets Manager: {type(error).__name__}"
        ) from error


def _one_secrets_manager() -> Callable[[], Any]:
    """Makes a client when the first secret is read, and gives the same for the others: making one costs more than a
    call.
    """
    return cache(lambda: _client("secretsmanager"))


def _memories(
    settings: Database, secrets_manager: Callable[[], Any] | None = None, *, pool_size: int, **timeouts: float
) -> "PostgresMemoryStore":
    from rawk.adapters.postgres.connection_pool import make_engine
    from rawk.adapters.postgres.store import PostgresMemoryStore

    waking_seconds = settings.wakes_within_seconds
    url = reveal(settings.url, secrets_manager)
    engine = make_engine(url, pool_size=pool_size, wakes_within_seconds=waking_seconds, **timeouts)
    return PostgresMemoryStore(engine)


def _callers(engine: "Engine") -> "PostgresCallerStore":
    from rawk.adapters.postgres.callers import PostgresCallerStore

    return PostgresCallerStore(engine)


def _status_notifications(url: Secret | None, secrets_manager: Callable[[], Any]) -> "RedisStatusNotifications | None":
    if url is None:
        return None
    from rawk.adapters.redis.notifications import RedisStatusNotifications

    address = redis_url(reveal(url, secrets_manager))
    hide(unquote(urlsplit(address).password or ""))
    return RedisStatusNotifications(address)


def _publishing(memories: "PostgresMemoryStore", notifications: "RedisStatusNotifications | None") -> "MemoryStore":
    if notifications is None:
        return memories
    from rawk.adapters.redis.publishing_store import PublishingMemoryStore

    return PublishingMemoryStore(memories, notifications)


class Closeable(Protocol):
    def close(self) -> None: ...


def _close_all(*parts: Closeable | None) -> Callable[[], None]:
    def close() -> None:
        for part in parts:
            if part is not None:
                part.close()

    return close


def _client(service: str, timeouts: AwsTimeouts = PATIENT, connections: int = 10) -> Any:
    """An AWS client that keeps so many connections."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=timeouts.connect_seconds,
        read_timeout=timeouts.read_seconds,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": timeouts.attempts},
        signature_version="s3v4" if service == "s3" else None,  # in us-east-1 boto3 would presign with version 2
    )
    try:
        return boto3.client(service, config=config)  # type: ignore[call-overload]
    except (BotoCoreError, ValueError) as error:  # no region, or an invalid endpoint
        # Not chained: the cause may quote the variable, and an address may have a password.
        raise ConfigurationError(
            f"no client for {service} ({type(error).__name__}): check AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL"
        ) from None
