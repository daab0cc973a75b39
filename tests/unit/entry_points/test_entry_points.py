"""Entry points: the two Lambda functions, and the errors of the composition root."""

import os
import sys
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from rawk import aws_lambda, composition
from rawk.adapters import bounded_calls
from rawk.adapters.s3.bounded import BoundedAudioStore
from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.api import bounded_threads
from rawk.config import Secret
from rawk.domain.errors import ConfigurationError
from rawk.use_cases.recovery import Recovered
from tests.unit.worker.sqs_events import Context


@pytest.fixture
def built(monkeypatch):
    """The parts built so far, by the names of their builders."""
    built = []

    def builder(name, part):
        def build(env):
            assert env is os.environ
            built.append(name)
            return part

        return build

    worker = SimpleNamespace(process_batch=lambda event, context: {"batchItemFailures": []})  # noqa: ARG005
    recovery = SimpleNamespace(run=lambda: Recovered(1, 2, 3, 4, 5, 6, 7))
    monkeypatch.setattr(composition, "build_worker", builder("worker", worker))
    monkeypatch.setattr(composition, "build_relay", builder("relay", recovery))
    aws_lambda._worker.cache_clear()
    aws_lambda._relay.cache_clear()
    yield built
    aws_lambda._worker.cache_clear()
    aws_lambda._relay.cache_clear()


def test_nothing_is_built_before_it_is_needed_and_each_part_once(built):
    assert built == []

    for _ in range(2):
        assert aws_lambda.worker_handler({"Records": []}, Context()) == {"batchItemFailures": []}
    assert built == ["worker"]

    for _ in range(2):
        aws_lambda.relay_handler({}, Context())
    assert built == ["worker", "relay"]


def test_the_relay_returns_what_it_did(built):  # noqa: ARG001
    assert aws_lambda.relay_handler({}, Context()) == {
        "sent": 1,
        "redriven": 2,
        "analyses_queued": 3,
        "abandoned": 4,
        "uploads_forgotten": 5,
        "orphans_removed": 6,
        "tombstones_removed": 7,
    }


def test_the_relay_only_migrates_when_the_event_asks_for_it(built, monkeypatch):
    asked = []
    monkeypatch.setattr(composition, "migrate", lambda env, to: asked.append((env, to)) or ("0001", "0002"))

    assert aws_lambda.relay_handler({"migrate": "head"}, Context()) == {"before": "0001", "revision": "0002"}
    assert asked == [(os.environ, "head")]
    assert built == []


def test_the_relay_does_not_migrate_to_base(built, monkeypatch):
    monkeypatch.setattr(composition, "migrate", lambda env, to: pytest.fail(f"went to {to}"))  # noqa: ARG005

    aws_lambda.relay_handler({"migrate": "base"}, Context())

    assert built == ["relay"]


def test_a_worker_that_could_not_be_built_is_built_at_the_next_invocation(built, monkeypatch):
    good = composition.build_worker

    def fail(env):  # noqa: ARG001
        raise ConfigurationError("OPENAI_API_KEY cannot be read from Secrets Manager")

    monkeypatch.setattr(composition, "build_worker", fail)
    with pytest.raises(ConfigurationError):
        aws_lambda.worker_handler({"Records": []}, Context())
    monkeypatch.setattr(composition, "build_worker", good)

    aws_lambda.worker_handler({"Records": []}, Context())

    assert built == ["worker"]


# secrets


class SecretsManager:
    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def get_secret_value(self, **request):
        self.asked.append(request["SecretId"])
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


KEY = Secret("OPENAI_API_KEY", secret_id="rawk/openai")


def test_a_secret_is_read_from_secrets_manager_without_its_line_break():
    manager = SecretsManager({"SecretString": "sk-1\n"})

    assert composition.reveal(KEY, lambda: manager) == "sk-1"
    assert manager.asked == ["rawk/openai"]


def test_a_secret_from_the_environment_is_not_read_from_secrets_manager():
    manager = SecretsManager({"SecretString": "sk-1"})

    assert composition.reveal(Secret("OPENAI_API_KEY", "sk-2", "rawk/openai"), lambda: manager) == "sk-2"
    assert manager.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "sk-1"}}, "GetSecretValue"),
        {"SecretBinary": b"sk-1"},
        {"SecretString": "  \n"},
        {"SecretString": ["sk-1"]},
        ResponseParserError("sk-1"),
    ],
    ids=["not there", "binary", "empty", "no text", "nonsense"],
)
def test_a_secret_that_cannot_be_read_is_named(answer):
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        composition.reveal(KEY, lambda: SecretsManager(answer))

    assert "sk-1" not in str(caught.value)


# clients


@pytest.fixture
def bare_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_a_missing_region_is_a_configuration_error(bare_environment):  # noqa: ARG001
    with pytest.raises(ConfigurationError, match=r"no client for sqs \(NoRegionError\): check AWS_REGION"):
        composition._client("sqs")


def test_an_invalid_endpoint_is_a_configuration_error(bare_environment):
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bare_environment.setenv("AWS_ENDPOINT_URL", "nonsense")

    with pytest.raises(ConfigurationError, match="no client for sqs"):
        composition._client("sqs")


@pytest.mark.parametrize(
    ("timeouts", "connect_seconds", "read_seconds", "attempts"),
    [
        (composition.PATIENT, 3, 15, 2),
        (composition.API_STORAGE, 1, 4, 2),
        (composition.API_QUEUE, 1, 1, 1),
    ],
)
def test_clients_time_out_within_seconds(bare_environment, timeouts, connect_seconds, read_seconds, attempts):
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    config = composition._client("s3", timeouts, 7).meta.config

    assert (config.connect_timeout, config.read_timeout) == (connect_seconds, read_seconds)
    assert config.retries["total_max_attempts"] == attempts
    assert config.max_pool_connections == 7


def test_a_part_that_hangs_is_named_within_the_time_for_an_answer():
    longest_backoff_seconds = 1  # botocore's standard mode, before the second attempt
    storage = composition.API_STORAGE
    storage_seconds = storage.attempts * (storage.connect_seconds + storage.read_seconds) + longest_backoff_seconds
    # The statement hangs for two seconds more than the server's own timeout; then connecting fails, for both tries.
    connect_seconds = composition.API_DATABASE_CONNECT_SECONDS
    database_seconds = composition.API_DATABASE_STATEMENT_SECONDS + 2 + 2 * connect_seconds

    assert (connect_seconds, composition.API_DATABASE_STATEMENT_SECONDS) == (2, 4)
    assert storage_seconds < bounded_threads.ANSWER_SECONDS
    assert database_seconds < bounded_threads.ANSWER_SECONDS


def test_every_upload_has_a_connection_of_its_own():
    assert composition.API_CONNECTIONS >= bounded_threads.UPLOAD_THREADS + bounded_threads.STORAGE_THREADS
    assert composition.API_CONNECTIONS >= bounded_calls.CALLS_AT_ONCE


def test_the_api_has_short_timeouts_and_bounded_sends_and_removals(bare_environment, log_lines):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    services = composition.build_api(ENVIRONMENT)

    queue, audio = services.intake.queue, services.audio
    assert isinstance(queue, BoundedJobQueue)
    assert isinstance(audio, BoundedAudioStore)
    assert services.intake.audio is audio
    assert (queue._client.meta.config.read_timeout, audio._client.meta.config.read_timeout) == (1, 4)
    assert queue._client.meta.config.retries["total_max_attempts"] == 1
    services.close()


# the whole composition root


ENVIRONMENT = {
    "AUDIO_BUCKET": "audio",
    "JOBS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
    "DATABASE_URL": "postgresql://u:p@h/db",
    "API_KEYS_JSON": '{"key-1": "acme"}',
    "OPENAI_API_KEY": "sk-1",
    "TRANSCRIPTION_MODEL": "gpt-transcribe",
    "ANALYSIS_MODEL": "gpt-small",
    "OPENAI_TIMEOUT_SECONDS": "60",
    "VISIBILITY_TIMEOUT_SECONDS": "1800",
    "MAX_RECEIVE_COUNT": "3",
    "JOB_RETENTION_SECONDS": "345600",
    "LEASE_SECONDS": "330",
    "ANALYSIS_RETRY_BASE_SECONDS": "900",
    "ANALYSIS_RETRY_LIMIT": "6",
    "OUTBOX_GRACE_SECONDS": "60",
    "ORPHAN_AUDIO_AFTER_SECONDS": "86400",
}


@pytest.mark.parametrize(
    "build",
    [
        composition.build_api,
        composition.build_worker,
        composition.build_recovery,
        composition.build_dead_letter_operations,
    ],
)
def test_every_part_is_built_from_its_settings_without_a_network_call(bare_environment, log_lines, build):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    assert build(ENVIRONMENT) is not None


WITH_REDIS = [composition.build_api, composition.build_worker, composition.build_recovery]
"""Everything that changes a status or publishes it."""


@pytest.mark.parametrize("build", WITH_REDIS)
def test_without_a_redis_its_library_is_not_even_loaded(bare_environment, log_lines, build):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for module in [
        name for name in sys.modules if name.split(".")[0] == "redis" or name == "rawk.adapters.redis.notifications"
    ]:
        bare_environment.delitem(sys.modules, module)
    bare_environment.setitem(sys.modules, "redis", None)  # an import fails

    build(ENVIRONMENT)
    with pytest.raises(ImportError):
        build({**ENVIRONMENT, "REDIS_URL": "redis://h"})


@pytest.mark.parametrize("build", WITH_REDIS)
def test_with_a_redis_it_is_built_without_a_network_call(bare_environment, log_lines, build):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    built = build({**ENVIRONMENT, "REDIS_URL": "redis://:hunter2@h"})

    memories = built._processing.services.memories if build is composition.build_worker else built.memories
    assert type(memories).__name__ == "PublishingMemoryStore"
    if build is composition.build_api:
        assert type(built.notifications).__name__ == "RedisStatusNotifications"
        assert built.intake.memories is memories
        built.close()


@pytest.mark.parametrize("build", WITH_REDIS)
def test_an_invalid_redis_url_is_a_configuration_error(bare_environment, log_lines, build):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")

    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        build({**ENVIRONMENT, "REDIS_URL": "http://h"})


@pytest.mark.parametrize("build", [composition.build_api, composition.build_worker, composition.build_relay])
def test_one_client_reads_all_secrets_of_a_process(bare_environment, log_lines, build):  # noqa: ARG001
    bare_environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
    values = {"database": "postgresql://u:p@h/db", "openai": "sk-1", "keys": '{"key-1": "acme"}', "redis": "redis://h"}
    asked, made, stock = [], [], composition._client

    def get_secret_value(SecretId):  # noqa: N803
        asked.append(SecretId)
        return {"SecretString": values[SecretId]}

    def client(service, *arguments):
        if service != "secretsmanager":
            return stock(service, *arguments)
        made.append(service)
        return SimpleNamespace(get_secret_value=get_secret_value)

    bare_environment.setattr(composition, "_client", client)
    secrets = {"DATABASE_URL": "database", "OPENAI_API_KEY": "openai", "API_KEYS": "keys", "REDIS_URL": "redis"}
    settings = {name: value for name, value in ENVIRONMENT.items() if name.removesuffix("_JSON") not in secrets}

    build(settings | {f"{name}_SECRET_ID": secret for name, secret in secrets.items()})

    assert len(asked) >= 2
    assert made == ["secretsmanager"]
