"""Signed tokens of a short life: for users who have logged in, and for what a browser puts into an address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from rawk.domain.callers import SigningKey
from rawk.domain.errors import NotAuthenticated
from rawk.ports import CallerStore, Clock, Randomness, TokenSigner

CLOCK_SKEW = timedelta(seconds=30)
"""How far the clocks of two machines of the API may be apart."""

KEYS_FRESH_FOR = timedelta(seconds=60)
"""How long a process uses signing keys that it has read. A token with an unknown key makes it read them again, but not
more often than every UNKNOWN_KEYS_AFTER: a client that invents keys must not make the database work."""
UNKNOWN_KEYS_AFTER = timedelta(seconds=5)
SIGNS_AFTER = KEYS_FRESH_FOR + CLOCK_SKEW
"""From this age on a key signs: by then every process has read it."""


def new_signing_key(randomness: Randomness, now: datetime) -> SigningKey:
    text = (randomness.new_id() + randomness.new_id()).replace("-", "")
    return SigningKey(randomness.new_id(), bytes.fromhex(text), now)


@dataclass(slots=True)
class Tokens:
    """Signs tokens and reads them again. The signing key is made at the first need. Thread-safe."""

    store: CallerStore
    signer: TokenSigner
    clock: Clock
    randomness: Randomness
    _keys: list[SigningKey] = field(default_factory=list)
    _read_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def issue(self, audience: str, subject: str, valid_for: timedelta, **claims: Any) -> str:
        """Raises DatabaseUnavailable."""
        now = self.clock.now()
        times = {"iat": int(now.timestamp()), "exp": int((now + valid_for).timestamp())}
        return self.signer.sign({**claims, "aud": audience, "sub": subject, **times}, self._signing_key(now))

    def claims_of(self, token: str, audience: str) -> Mapping[str, Any]:
        """The claims of a token of ours for this audience that is valid now. Raises NotAuthenticated,
        DatabaseUnavailable."""
        now = self.clock.now()
        key = self._key_with_id(self.signer.key_id(token), now)
        claims = None if key is None else self.signer.verified(token, key, audience)
        if claims is None:
            raise NotAuthenticated("The token is not one of ours, or is not for this use.")
        if not _is_valid_at(now.timestamp(), claims):
            raise NotAuthenticated("The token has expired, or is not valid yet.")
        return claims

    def _signing_key(self, now: datetime) -> SigningKey:
        with self._lock:
            if not self._known(now, KEYS_FRESH_FOR):
                # Two processes may make one each at the same moment: both keys are valid.
                self.store.add_signing_key(new_signing_key(self.randomness, now))
                self._keys, self._read_at = self.store.signing_keys(), now
            of_age = [key for key in self._keys if now - key.created_at >= SIGNS_AFTER]
            return of_age[0] if of_age else self._keys[-1]

    def _key_with_id(self, key_id: str | None, now: datetime) -> SigningKey | None:
        with self._lock:
            for fresh_for in (KEYS_FRESH_FOR, UNKNOWN_KEYS_AFTER):
                found = next((key for key in self._known(now, fresh_for) if key.id == key_id), None)
                if found is not None or key_id is None:
                    return found
            return None

    def _known(self, now: datetime, fresh_for: timedelta) -> list[SigningKey]:
        if self._read_at is None or now - self._read_at >= fresh_for:
            self._keys, self._read_at = self.store.signing_keys(), now
        return self._keys


def _is_valid_at(now: float, claims: Mapping[str, Any]) -> bool:
    skew_seconds = CLOCK_SKEW.total_seconds()
    issued_at, expires_at = claims["iat"], claims["exp"]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in (issued_at, expires_at)):
        return False
    return bool(issued_at <= now + skew_seconds and now < expires_at + skew_seconds)
