"""Nothing of a user's own set-up reaches the processes and the clients that the harness starts."""

import os
import tempfile
from pathlib import Path

import pytest

from sim.engines.base.local_services import product_environment
from sim.platform.environment import (
    LONGEST_TEMPORARY_FOLDER,
    isolated_environment,
    remove_libpq_variables,
    temporary_folder,
    user_environment,
)

HOSTILE = {
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "example.com",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "all_proxy": "http://127.0.0.1:9",
    "no_proxy": "example.com",
    "AWS_PROFILE": "ghost",
    "AWS_DEFAULT_PROFILE": "ghost",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_SESSION_TOKEN": "ghost",
    "AWS_CA_BUNDLE": "/nowhere",
    "HOME": "/home/ghost",
    "PYTHONPATH": "/nowhere",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHOME": "/nowhere",
    "DATABASE_URL": "postgresql://127.0.0.1:9/ghost",
    "OPENAI_API_KEY": "sk-ghost",
    "OPENAI_BASE_URL": "http://127.0.0.1:9",
    "REDIS_URL": "redis://127.0.0.1:9",
    "PGHOST": "192.0.2.1",
    "PGPASSWORD": "ghost",
    "PGSERVICE": "ghost",
    "PGSSLMODE": "require",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_variable_of_the_user_does_not_reach_a_process(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = isolated_environment(), product_environment("http://127.0.0.1:4566")
    monkeypatch.setenv(name, HOSTILE[name])

    assert (isolated_environment(), product_environment("http://127.0.0.1:4566")) == before


def test_aws_files_of_the_user_are_not_read() -> None:
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert isolated_environment()[variable] == os.devnull


def test_what_the_harness_sets_wins() -> None:
    assert isolated_environment({"LANG": "C", "AWS_REGION": "us-east-1"}).items() >= {
        ("LANG", "C"),
        ("AWS_REGION", "us-east-1"),
    }


def test_programs_find_the_libraries_of_this_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/python/lib")

    assert isolated_environment()["LD_LIBRARY_PATH"] == "/opt/python/lib"
    assert isolated_environment()["PATH"] == os.environ["PATH"]


def test_the_path_of_a_socket_fits_whatever_tmpdir_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("x" * 123)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(long))

    assert tempfile.gettempdir() == str(long)
    assert len(str(temporary_folder())) <= LONGEST_TEMPORARY_FOLDER
    assert isolated_environment()["TMPDIR"] == str(temporary_folder())


def test_a_short_tmpdir_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        assert temporary_folder() == Path(folder)


def test_libpq_variables_are_removed_and_no_others() -> None:
    environment = {"PGHOST": "x", "PGSERVICE": "y", "PATH": "z"}
    remove_libpq_variables(environment)
    assert environment == {"PATH": "z"}


def test_commands_on_real_aws_have_the_users_credentials_and_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    kept = user_environment()

    assert {"AWS_PROFILE", "AWS_REGION", "HOME", "HTTPS_PROXY", "no_proxy", "PATH"} <= kept.keys()
    assert not {"PYTHONPATH", "DATABASE_URL", "OPENAI_API_KEY", "PGSERVICE"} & kept.keys()
