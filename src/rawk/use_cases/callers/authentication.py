"""Who sent a request: by an API key of the configuration or of the database, by a user's token, or by a ticket."""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from rawk.domain.audio_keys import audio_key
from rawk.domain.callers import Caller, User, digest_of
from rawk.domain.errors import NotAuthenticated
from rawk.ports import CallerStore
from rawk.use_cases.callers.tokens import Tokens

TOKEN_VALID_FOR = timedelta(minutes=15)
"""Short: a token cannot be taken back one by one. A disabled user's tokens are refused at once."""
TICKET_VALID_FOR = timedelta(seconds=60)
"""Addresses are written to logs and histories, so what authorises in one lives for seconds."""

API, TICKETS = "rawk-api", "rawk-ticket"
"""Audiences: a token for the one use is not valid for the other."""

_FROM_THE_DATABASE = re.compile(rb"rawk_[0-9a-f]{64}")
"""Other texts are no key of the database: guesses cost it nothing."""


def new_key(random_hex: str) -> str:
    return f"rawk_{random_hex:0>64}"


class ConfiguredKeys:
    """The keys of the configuration, as digests. Each is compared in constant time, so that timing reveals nothing."""

    def __init__(self, tenants: Mapping[str, Sequence[str]]) -> None:
        """Key, or `sha256:` and its digest in hex → the tenants that it stands for. Raises ConfigurationError for a
        tenant whose name is not safe in a path."""
        for tenant in {each for names in tenants.values() for each in names}:
            audio_key(tenant, "check")
        self._known = [(_digest(key), tuple(each)) for key, each in tenants.items()]

    def caller_of(self, key: bytes) -> Caller | None:
        digest = digest_of(key)
        matches = [tenants for known, tenants in self._known if hmac.compare_digest(known, digest)]
        return Caller(f"key:{digest[:12]}", matches[0]) if matches else None


def _digest(key: str) -> str:
    algorithm, _, digest = key.partition(":")
    return digest if algorithm == "sha256" and re.fullmatch("[0-9a-f]{64}", digest) else digest_of(key.encode())


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket permits: reading one memory."""

    tenant: str
    memory_id: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """The use case. Only `by_configured_key` never waits for the database."""

    configured: ConfiguredKeys
    store: CallerStore
    tokens: Tokens

    def by_configured_key(self, key: bytes) -> Caller | None:
        """None for a key that the database may have. Raises NotAuthenticated."""
        found = self.configured.caller_of(key)
        if found is None and not _FROM_THE_DATABASE.fullmatch(key):
            raise NotAuthenticated("The API key is unknown.")
        return found

    def by_key(self, key: bytes) -> Caller:
        """Raises NotAuthenticated, DatabaseUnavailable."""
        found = self.store.key_of(digest_of(key))
        if found is None or found.revoked_at is not None:
            raise NotAuthenticated("The API key is unknown.")
        return Caller(f"key:{found.id}", found.tenants)

    def token_of(self, user: User) -> str:
        """Raises DatabaseUnavailable."""
        return self.tokens.issue(API, user.name, TOKEN_VALID_FOR)

    def by_token(self, token: str) -> Caller:
        """Raises NotAuthenticated, DatabaseUnavailable."""
        claims = self.tokens.claims_of(token, API)
        user = self.store.user(claims["sub"])
        if user is None or user.disabled_at is not None:
            raise NotAuthenticated("The user of this token may not log in any more.")
        return Caller(user.name, user.tenants)

    def ticket(self, caller: Caller, ticket: Ticket) -> str:
        """Raises DatabaseUnavailable."""
        return self.tokens.issue(TICKETS, caller.name, TICKET_VALID_FOR, tenant=ticket.tenant, memory=ticket.memory_id)

    def by_ticket(self, ticket: str) -> Ticket:
        """Raises NotAuthenticated, DatabaseUnavailable."""
        claims = self.tokens.claims_of(ticket, TICKETS)
        return Ticket(str(claims.get("tenant")), str(claims.get("memory")))
