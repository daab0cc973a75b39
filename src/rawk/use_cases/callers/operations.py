"""What an operator does about callers: add, disable and list users; create, revoke and list API keys."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rawk.domain.audio_keys import audio_key
from rawk.domain.callers import ApiKey, SigningKey, User, digest_of
from rawk.domain.errors import RawkError
from rawk.ports import CallerStore, Clock, PasswordHasher, Randomness
from rawk.use_cases.callers.authentication import new_key
from rawk.use_cases.callers.login import LONGEST_PASSWORD_CHARACTERS, as_typed
from rawk.use_cases.callers.tokens import new_signing_key

SHORTEST_PASSWORD_CHARACTERS = 12
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")


@dataclass(frozen=True, slots=True)
class CallerOperations:
    """Every method raises DatabaseUnavailable, and RawkError with a sentence for an operator."""

    store: CallerStore
    passwords: PasswordHasher
    clock: Clock
    randomness: Randomness

    def add_user(self, name: str, tenants: Sequence[str], password: str) -> None:
        if not _NAME.fullmatch(name):
            raise RawkError("a user's name has 1 to 128 letters, digits and . _ @ + -, with a letter or digit first")
        if not SHORTEST_PASSWORD_CHARACTERS <= len(password) <= LONGEST_PASSWORD_CHARACTERS:
            raise RawkError(
                f"a password has {SHORTEST_PASSWORD_CHARACTERS} to {LONGEST_PASSWORD_CHARACTERS} characters"
            )
        user = User(name, _checked(tenants), self.passwords.hash(as_typed(password)), self.clock.now())
        if not self.store.add_user(user):
            raise RawkError(f"there is a user {name} already; names are never used again")

    def disable_user(self, name: str) -> None:
        if not self.store.disable_user(name, self.clock.now()):
            raise RawkError(f"there is no user {name}; `rawk user list` shows all")

    def list_users(self) -> list[User]:
        return self.store.list_users()

    def new_key(self, tenants: Sequence[str]) -> tuple[ApiKey, str]:
        """The key as it is stored, and the key itself, which nobody can show again."""
        secret = new_key((self.randomness.new_id() + self.randomness.new_id()).replace("-", ""))
        key = ApiKey(self.randomness.new_id(), digest_of(secret.encode()), _checked(tenants), self.clock.now())
        self.store.add_key(key)
        return key, secret

    def revoke_key(self, key_id: str) -> None:
        if not self.store.revoke_key(key_id, self.clock.now()):
            raise RawkError(f"there is no key {key_id}; `rawk key list` shows all")

    def list_keys(self) -> list[ApiKey]:
        return self.store.list_keys()

    def new_signing_key(self) -> SigningKey:
        """It signs tokens from the age of `SIGNS_AFTER` on; tokens that older keys have signed stay valid."""
        key = new_signing_key(self.randomness, self.clock.now())
        self.store.add_signing_key(key)
        return key

    def remove_signing_key(self, key_id: str) -> None:
        """Processes of the API refuse its tokens once they read the keys again, within `KEYS_FRESH_FOR`."""
        ids = [key.id for key in self.store.signing_keys()]
        if ids == [key_id]:
            raise RawkError("this is the only signing key: make a new one first, by `rawk signing-key new`")
        if not self.store.remove_signing_key(key_id):
            raise RawkError(f"there is no signing key {key_id}; `rawk signing-key list` shows all")

    def list_signing_keys(self) -> list[SigningKey]:
        """The newest first."""
        return self.store.signing_keys()


def _checked(tenants: Sequence[str]) -> tuple[str, ...]:
    """Each once. Raises ConfigurationError for a name that is not safe in a path."""
    for tenant in tenants:
        audio_key(tenant, "check")
    return tuple(dict.fromkeys(tenants))
