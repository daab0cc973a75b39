"""boto3 sessions for emulators: explicit credentials, and nothing of the user's own AWS settings."""

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

REGION = "us-east-1"
"""The region of every emulator that the harness starts."""


def isolated_session(
    access_key_id: str = "test",
    secret_access_key: str = "test",
    session_token: str | None = None,
    *,
    region: str = REGION,
    user_agent_extra: str | None = None,
) -> boto3.Session:
    """A session that ignores AWS_* variables, `~/.aws/*` and proxies; clients still need an `endpoint_url`."""
    session = botocore.session.Session(session_vars=_settings_without_sources())
    session.set_default_client_config(Config(proxies={}, user_agent_extra=user_agent_extra))
    return boto3.Session(access_key_id, secret_access_key, session_token, region, session)


def _settings_without_sources() -> dict[str, Any]:
    """botocore's settings at their defaults, with no environment variable to read them from, and no files."""
    settings = {
        name: (in_file, None, default, convert)
        for name, (in_file, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    fixed = {"config_file": os.devnull, "credentials_file": os.devnull, "ignore_configured_endpoint_urls": True}
    for name, value in fixed.items():
        in_file, _, _, convert = settings[name]
        settings[name] = (in_file, None, value, convert)
    return settings
