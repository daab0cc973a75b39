"""Settings: every missing or invalid variable is named, and no secret is shown."""

from datetime import timedelta

import pytest

from rawk import config
from rawk.config import AnalysisRetry, QueueLimits, Secret
from rawk.domain.errors import ConfigurationError

COMMON = {"AUDIO_BUCKET": "audio", "JOBS_QUEUE_URL": "https://sqs/jobs", "DATABASE_URL": "postgresql://u:hunter2@h/db"}
NUMBERS = {
    "VISIBILITY_TIMEOUT_SECONDS": "1800",
    "MAX_RECEIVE_COUNT": "3",
    "JOB_RETENTION_SECONDS": "345600",
    "LEASE_SECONDS": "330",
    "ANALYSIS_RETRY_BASE_SECONDS": "900",
    "ANALYSIS_RETRY_LIMIT": "6",
}
API = {**COMMON, "API_KEYS_JSON": '{"key": "acme"}', "OUTBOX_GRACE_SECONDS": "60"}
WORKER = {
    **COMMON,
    **NUMBERS,
    "OPENAI_API_KEY": "sk-hunter2",
    "TRANSCRIPTION_MODEL": "gpt-transcribe",
    "ANALYSIS_MODEL": "gpt-small",
    "OPENAI_TIMEOUT_SECONDS": "60",
}
RELAY = {
    **COMMON,
    **NUMBERS,
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "OUTBOX_GRACE_SECONDS": "60",
    "ORPHAN_AUDIO_AFTER_SECONDS": "86400",
}
OPERATOR = {
    "JOBS_QUEUE_URL": "https://sqs/jobs",
    "DEAD_LETTER_QUEUE_URL": "https://sqs/dead",
    "DATABASE_URL": "postgresql://u:hunter2@h/db",
}
STORAGE = {"AUDIO_BUCKET": "audio", "DATABASE_URL": "postgresql://u:hunter2@h/db"}

READERS = {
    "api": (config.api_settings, API),
    "worker": (config.worker_settings, WORKER),
    "relay": (config.relay_settings, RELAY),
    "operator": (config.operator_settings, OPERATOR),
    "storage": (config.storage_settings, STORAGE),
}
each_reader = pytest.mark.parametrize(("read", "env"), READERS.values(), ids=READERS.keys())
each_variable = pytest.mark.parametrize(
    ("read", "env", "name"),
    [pytest.param(read, env, name, id=f"{who}-{name}") for who, (read, env) in READERS.items() for name in env],
)
each_number = pytest.mark.parametrize(
    ("read", "env", "name"),
    [
        pytest.param(read, env, name, id=f"{who}-{name}")
        for who, (read, env) in READERS.items()
        for name in env
        if env[name].isdecimal()
    ],
)


A, B = "a" * 64, "0123456789abcdef" * 4


@pytest.mark.parametrize(("value", "keys"), [(None, ()), ("", ()), (A, (A,)), (f" {A} , {B},", (A, B))])
def test_digests_of_keys_for_metrics_are_read(value, keys):
    env = API if value is None else {**API, "METRICS_KEYS_SHA256": value}
    assert config.api_settings(env).metrics_keys_sha256 == keys


@pytest.mark.parametrize(
    "value", ["on", "the-key-itself-by-mistake", A[1:], A + "a", A.upper(), f"{A};{B}", f"{A} {B}"]
)
def test_what_is_no_digest_is_refused(value):
    with pytest.raises(ConfigurationError, match=r"METRICS_KEYS_SHA256 must have SHA-256 digests") as caught:
        config.api_settings({**API, "METRICS_KEYS_SHA256": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", ()),
        ("https://app.example.com", ("https://app.example.com",)),
        (" https://app.example.com , http://localhost:5173,", ("https://app.example.com", "http://localhost:5173")),
        ("*", ("*",)),
    ],
)
def test_origins_are_read(value, origins):
    assert config.api_settings({**API, "CORS_ALLOWED_ORIGINS": value}).cors_allowed_origins == origins
    assert config.api_settings(API).cors_allowed_origins == ()


@pytest.mark.parametrize(
    "value", ["app.example.com", "https://app.example.com/", "https://App.example.com", "https://*.example.com", "null"]
)
def test_an_origin_that_no_browser_sends_is_refused(value):
    with pytest.raises(ConfigurationError, match="CORS_ALLOWED_ORIGINS"):
        config.api_settings({**API, "CORS_ALLOWED_ORIGINS": f"https://a.example,{value}"})


def test_the_workers_settings_are_read():
    settings = config.worker_settings({**WORKER, "OPENAI_BASE_URL": " http://127.0.0.1:9/v1 ", "LOG_LEVEL": "debug"})

    assert settings.audio_bucket == "audio"
    assert settings.queue_limits == QueueLimits(1800, 3, 345_600)
    assert settings.analysis_retry == AnalysisRetry(900, 6)
    assert (settings.lease_seconds, settings.openai_timeout_seconds) == (330, 60)
    assert settings.openai_base_url == "http://127.0.0.1:9/v1"
    assert settings.log_level == "DEBUG"
    assert settings.openai_api_key.value == "sk-hunter2"


@each_reader
def test_an_environment_with_all_of_it_is_enough(read, env):
    read(env)


@each_variable
@pytest.mark.parametrize("value", [None, "", "  "], ids=["missing", "empty", "blank"])
def test_a_missing_variable_is_named(read, env, name, value):
    rest = {key: text for key, text in env.items() if key != name}

    with pytest.raises(ConfigurationError, match=name):
        read(rest if value is None else {**rest, name: value})


@each_number
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1e3", "²", "9" * 5000, "10000000000"])
def test_an_invalid_number_is_named(read, env, name, value):
    with pytest.raises(ConfigurationError, match=name) as caught:
        read({**env, name: value})

    assert len(str(caught.value)) < 200


def test_a_visibility_timeout_of_more_than_twelve_hours_is_refused():
    config.queue_limits({**NUMBERS, "VISIBILITY_TIMEOUT_SECONDS": "43200"})

    with pytest.raises(ConfigurationError, match="VISIBILITY_TIMEOUT_SECONDS"):
        config.queue_limits({**NUMBERS, "VISIBILITY_TIMEOUT_SECONDS": "43201"})


@pytest.mark.parametrize(
    "base_url",
    [
        *(
            "api.openai.com/v1",
            "ftp://api.openai.com",
            "no",
            "https://",
            "https:///v1",
            "http://h:/v1",
            "http://h:p/v1",
        ),
        *("http://h:0/v1", "http://h:99999", "http://u:p@h/v1", "http://h/v1?key=1", "http://h/v1#x", "http://[h/v1"),
        *("http://h h/v1", "http://h/v 1", "http://h/v\u00e91", "http://%68/v1"),
    ],
)
def test_an_invalid_base_url_is_named(base_url):
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL"):
        config.worker_settings({**WORKER, "OPENAI_BASE_URL": base_url})


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.openai.com/v1",
        "http://127.0.0.1:8080/space/v1/",
        "http://[::1]:80",
        "http://openai_simulator:80/v1",
    ],
)
def test_a_base_url_is_unchanged(base_url):
    assert config.worker_settings({**WORKER, "OPENAI_BASE_URL": base_url}).openai_base_url == base_url


@pytest.mark.parametrize("base_url", ["", "  "])
def test_an_empty_base_url_is_none(base_url):
    assert config.worker_settings({**WORKER, "OPENAI_BASE_URL": base_url}).openai_base_url is None


@pytest.mark.parametrize(("read", "env"), [READERS[who] for who in ("api", "worker", "relay")])
def test_an_invalid_log_level_is_named(read, env):
    with pytest.raises(ConfigurationError, match="LOG_LEVEL"):
        read({**env, "LOG_LEVEL": "chatty"})

    assert read({**env, "LOG_LEVEL": ""}).log_level == "INFO"


# secrets


@each_reader
def test_no_secret_shows(read, env):
    settings = read(env)

    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings)


def test_a_secret_may_be_given_by_its_id():
    env = {**OPERATOR, "DATABASE_URL": "", "DATABASE_URL_SECRET_ID": "rawk/database"}

    assert config.operator_settings(env).database.url == Secret("DATABASE_URL", None, "rawk/database")


def test_a_secret_given_both_ways_has_its_value():
    secret = config.secret({"KEY": "value", "KEY_SECRET_ID": "id"}, "KEY")

    assert (secret.value, secret.secret_id) == ("value", "id")


def test_a_secret_comes_without_the_line_break_at_its_end():
    """An HTTP header cannot contain one, and each call to OpenAI would look like a broken connection."""
    assert config.secret({"KEY": "sk-1\n"}, "KEY").value == "sk-1"


def test_a_missing_secret_names_both_ways_to_give_it():
    with pytest.raises(ConfigurationError, match="neither API_KEYS_JSON nor API_KEYS_SECRET_ID"):
        config.secret({}, "API_KEYS", value_name="API_KEYS_JSON")


@pytest.mark.parametrize(
    "keys_json", ["", "{", "[]", "null", '"key"', '{"key": 7}', '{"key": ""}', '{"": "acme"}', '{"key": null}']
)
def test_api_keys_of_another_shape_are_refused_without_being_shown(keys_json):
    with pytest.raises(ConfigurationError) as caught:
        config.api_keys(keys_json)

    assert "acme" not in str(caught.value)


def test_api_keys_are_read():
    read = config.api_keys('{"key-1": "acme", "key-2": ["other", "acme", "other"]}')

    assert read == {"key-1": ("acme",), "key-2": ("other", "acme")}


# derived numbers


def test_gaps_grow_with_each_receive_up_to_sqs_maximum():
    limits = QueueLimits(visibility_timeout_seconds=1800, max_receive_count=3, retention_seconds=345_600)

    assert [limits.gap_seconds(receive) for receive in (1, 2, 3)] == [1800, 3600, 5400]
    assert limits.gap_seconds(1000) == 43_200


def test_a_memory_stays_unchanged_for_all_longest_gaps_and_invocations():
    assert QueueLimits(1800, 3, 345_600).longest_silence_seconds(330) == 2 * 5400 + 3 * 330
    assert QueueLimits(1800, 1, 345_600).longest_silence_seconds(330) == 330


def test_the_outage_tolerance_is_the_time_between_the_first_and_the_last_receive():
    assert QueueLimits(1800, 3, 345_600).outage_tolerance_seconds() == 1800 + 3600
    assert QueueLimits(1800, 1, 345_600).outage_tolerance_seconds() == 0


def test_analysis_gaps_double_up_to_four_times_the_base():
    minutes = [gap / timedelta(minutes=1) for gap in AnalysisRetry(base_seconds=900, limit=5).gaps()]

    assert minutes == [15, 30, 60, 60, 60]


# Redis


@pytest.mark.parametrize(("read", "env"), [READERS[who] for who in ("api", "worker", "relay")])
def test_a_redis_is_optional(read, env):
    assert read(env).redis_url is None
    assert read({**env, "REDIS_URL": "  "}).redis_url is None
    assert read({**env, "REDIS_URL": "redis://:hunter2@h\n"}).redis_url == Secret("REDIS_URL", "redis://:hunter2@h")
    assert read({**env, "REDIS_URL_SECRET_ID": "rawk/redis"}).redis_url == Secret("REDIS_URL", None, "rawk/redis")
    assert "hunter2" not in repr(read({**env, "REDIS_URL": "redis://:hunter2@h"}))


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis:6379/0",
        "redis://127.0.0.1",
        "redis://[::1]:6379",
        "rediss://rawk:hunter2@cache.example.com:6380/15",
        "redis://:hunter%2F2@cache",
    ],
)
def test_a_valid_redis_url_is_unchanged(url):
    assert config.redis_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "hunter2",
        "redis:6379",
        "http://:hunter2@h",
        "redis://",
        "redis://:hunter2@",
        "redis://:hunter2@h:many",
        "redis://:hunter2@h:0",
        "redis://:hunter2@h:99999",
        "redis://:hunter2@h/rawk",
        "redis://:hunter2@h/0/1",
        "redis://:hunter2@h?socket_timeout=60",
        "redis://:hunter#2@h",
        "redis://:hunter2@h h",
        "redis://:hunter2@[h",
        "unix:///tmp/hunter2",
    ],
)
def test_an_invalid_redis_url_is_refused_without_showing_it(url):
    with pytest.raises(ConfigurationError, match="REDIS_URL must be redis://") as caught:
        config.redis_url(url)

    assert "hunter" not in str(caught.value)
    assert caught.value.__cause__ is None
