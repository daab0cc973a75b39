"""Random secrets of one pipeline: the OpenAI key and one API key for each tenant."""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

TENANTS = ("acme", "acme-2", "acme.x")
"""The tenants of a scenario; the first is the default. Their names begin alike, so that a
product that compares only the beginning of a name or a key gives one tenant the data of another."""


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

    def key(prefix: str) -> str:
        return f"{prefix}-{uuid.UUID(int=randomness.getrandbits(128)).hex}"

    return Credentials(openai_api_key=key("sk-sim"), tenant_keys={tenant: key(tenant) for tenant in TENANTS})
