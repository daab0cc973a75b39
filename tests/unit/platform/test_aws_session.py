"""A session for emulators ignores the user's AWS settings: variables, profiles, files, proxies."""

from pathlib import Path

import pytest

from sim.platform.aws_session import isolated_session

CONFIG = """
[default]
region = eu-central-1
endpoint_url = http://127.0.0.1:9
ignore_configured_endpoint_urls = true
use_dualstack_endpoint = true
use_fips_endpoint = true
max_attempts = 17
s3 =
    use_accelerate_endpoint = true
    addressing_style = virtual
"""

VARIABLES = {
    "AWS_PROFILE": "ghost",
    "AWS_DEFAULT_PROFILE": "ghost",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIAGHOST",
    "AWS_SECRET_ACCESS_KEY": "ghost",
    "AWS_SESSION_TOKEN": "ghost",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_MAX_ATTEMPTS": "17",
    "AWS_RETRY_MODE": "adaptive",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture(params=[*VARIABLES, "~/.aws/config", "AWS_CONFIG_FILE"])
def _hostile(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param in VARIABLES:
        monkeypatch.setenv(request.param, VARIABLES[request.param])
        return
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(CONFIG)
    if request.param == "AWS_CONFIG_FILE":
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    else:
        monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("_hostile")
@pytest.mark.parametrize("service", ["s3", "sqs"])
def test_a_client_is_the_same_with_a_hostile_set_up(service: str) -> None:
    session = isolated_session("key", "secret", "token", user_agent_extra="observer")
    client = session.client(service, endpoint_url="http://127.0.0.1:4566")  # type: ignore[call-overload]

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.proxies == {}
    assert client.meta.config.retries.get("total_max_attempts", 5) != 18
    assert client.meta.config.retries["mode"] == "standard"
    assert "observer" in client.meta.config.user_agent_extra
    assert not client.meta.config.use_dualstack_endpoint
    assert not client.meta.config.use_fips_endpoint
    assert not (client.meta.config.s3 or {}).get("use_accelerate_endpoint")
    credentials = session.get_credentials()
    assert credentials is not None
    assert tuple(credentials.get_frozen_credentials())[:3] == ("key", "secret", "token")


@pytest.mark.usefixtures("_hostile")
def test_without_an_endpoint_it_is_aws_itself() -> None:
    """No address that the user configured counts, so a forgotten `endpoint_url` shows at once."""
    assert isolated_session().client("sqs").meta.endpoint_url == "https://sqs.us-east-1.amazonaws.com"
