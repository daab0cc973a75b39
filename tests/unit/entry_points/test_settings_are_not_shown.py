"""Whatever stands in a setting: no error, no line of the log and no traceback shows a piece of it."""

import io
import json
import traceback
from contextlib import redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rawk import cli, composition
from rawk.domain.errors import ConfigurationError
from tests.unit.domain.test_config import API, OPERATOR, RELAY, STORAGE, WORKER

SECRET = "Zq7Wx3Vk9Tn2Rm5P"
BUILDS: dict[str, tuple[Any, dict[str, str]]] = {
    "api": (composition.build_api, API),
    "worker": (composition.build_worker, WORKER),
    "relay": (composition.build_recovery, RELAY),
    "operator": (composition.build_dead_letter_operations, OPERATOR),
    "callers": (composition.build_caller_operations, OPERATOR),
    "export": (composition.build_tenant_export, STORAGE),
    "erasure": (composition.build_tenant_erasure, {**OPERATOR, **STORAGE}),
}
MORE = (
    *("REDIS_URL", "CORS_ALLOWED_ORIGINS", "METRICS_KEYS_SHA256", "LOG_LEVEL", "OPENAI_BASE_URL"),
    "CALLER_REQUESTS_PER_SECOND",
)
AROUND = st.text(st.sampled_from("abz09:/@?#[]{}\"'%,.*-_=&\\ é\n"), max_size=20)
SHAPES = st.one_of(
    st.builds("{}{}{}".format, AROUND, st.just(SECRET), AROUND),
    st.builds("postgresql://u:pa@{}{}@h/db".format, st.just(SECRET), AROUND),
    st.builds(
        "{}://u:{}@h:{}/db?x={}".format,
        st.sampled_from(["postgresql", "redis", "http", "https", "x"]),
        st.just(SECRET),
        AROUND,
        AROUND,
    ),
    st.builds(lambda around: json.dumps({SECRET: around}), AROUND),
    st.builds(lambda around: json.dumps({around: SECRET + "!"}), AROUND),
    st.builds(lambda around: json.dumps({SECRET: [around, 7]})[:-1], AROUND),
)


def shown_by(act: Any) -> tuple[str, BaseException | None]:
    """Everything that a process would show while it acts, and the error."""
    shown, error = io.StringIO(), None
    with redirect_stdout(shown), redirect_stderr(shown):
        try:
            act()
        except ConfigurationError as caught:
            error = caught
    # As an entry point without a handler shows it: with all causes.
    return shown.getvalue() + ("".join(traceback.format_exception(error)) if error else ""), error


def pieces(text: str) -> list[str]:
    """Any four characters: also what `repr`, a slice or an escape leaves."""
    return [SECRET[at : at + 4] for at in range(len(SECRET) - 3) if SECRET[at : at + 4].lower() in text.lower()]


@pytest.mark.parametrize("who", BUILDS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_setting_is_shown(who: str, data: st.DataObject) -> None:
    build, environment = BUILDS[who]
    name = data.draw(st.sampled_from([*environment, *MORE]))
    value = data.draw(SHAPES)

    with patch.object(composition, "_client"):
        text, _ = shown_by(lambda: build({**environment, name: value}))

    assert pieces(text) == [], text


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"]
)
@pytest.mark.parametrize(
    "value",
    [SECRET, f"http://u:{SECRET}@[h", f"{SECRET}://h", f"ht tp://{SECRET}", f"http://{SECRET} x", f"eu {SECRET}"],
)
def test_no_setting_of_boto3_is_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    monkeypatch.setenv(name, value)

    for service in ("s3", "sqs"):
        text, _ = shown_by(lambda service=service: composition._client(service))
        assert pieces(text) == [], text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=SHAPES)
@example(value=f"postgresql://u:pa@{SECRET}@h/db")
@example(value=f"postgresql://u:{SECRET}@h:port/db")
@example(value=f"postgresql://u:pa/{SECRET}@h/db")
@example(value=f"postgresql://u:pa#{SECRET}@[h/db")
def test_a_command_says_nothing_of_a_malformed_url(value: str) -> None:
    environment = {**OPERATOR, "DATABASE_URL": value}
    with patch.object(cli.os, "environ", environment), patch.object(composition, "_client"):
        text, _ = shown_by(lambda: composition.build_caller_operations(environment))
        assert pieces(text) == [], text
