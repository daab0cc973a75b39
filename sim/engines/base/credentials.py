"""Random secrets of one pipeline: the OpenAI key and one API key for each tenant."""

import json
import random
import string
from collections.abc import Mapping
from dataclasses import dataclass, field

TENANTS = ("acme", "acme-2", "acme.x")
"""The tenants of a scenario; the first is the default. Their names begin alike, so that a
product that compares only the beginning of a name or a key gives one tenant the data of another."""

KEY_CHARACTERS = string.ascii_letters + string.digits
KEY_LENGTH = 32
"""Random from the first character: a few characters of a key are found in a log, and are nothing else."""


@dataclass(frozen=True)
class Credentials:
    """Secrets of one pipeline. None of them may ever appear in a log; the invariants check that."""

    openai_api_key: str = field(repr=False)
    tenant_keys: Mapping[str, str] = field(repr=False)
    """Tenant → API key."""

    @property
    def api_keys_json(self) -> str:
        """API key → tenant, the JSON that the product reads."""
        return json.dumps({key: tenant for tenant, key in self.tenant_keys.items()})


def new_credentials(seed: int) -> Credentials:
    """The same credentials for the same seed."""
    randomness = random.Random(seed)

    def key() -> str:
        return "".join(randomness.choices(KEY_CHARACTERS, k=KEY_LENGTH))

    return Credentials(openai_api_key=f"sk-{key()}", tenant_keys={tenant: key() for tenant in TENANTS})
