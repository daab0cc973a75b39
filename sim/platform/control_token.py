"""The token of the control ports of this process's worlds; processes that it starts by xdist have the same."""

import os
from secrets import token_urlsafe

_VARIABLE = "RAWK_CONTROL_TOKEN"
HEADER = "X-Rawk-Control"


def control_token() -> str:
    """Random, generated at its first use. It is in the harness's own environment, and in none that the product gets."""
    return os.environ.setdefault(_VARIABLE, token_urlsafe(24))


def control_headers() -> dict[str, str]:
    return {HEADER: control_token()}
