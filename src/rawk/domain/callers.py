"""Who may call the API: users, API keys, and what a request acts for."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and the tenants that it may act for."""

    name: str
    """The user's name, or `key:` and the id of the key."""
    tenants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User:
    name: str
    tenants: tuple[str, ...]
    password_hash: str
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that an operator created. The key itself is known to its owner alone."""

    id: str
    digest: str
    tenants: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What tokens are signed with. Every process of the API reads it from the database."""

    id: str
    secret: bytes = field(repr=False)
    created_at: datetime


def digest_of(key: bytes) -> str:
    """SHA-256 in hex. A key is random and long, so a slow hash would protect it no better."""
    return sha256(key).hexdigest()
