"""Who may call the API: where users and keys are kept, how passwords are hashed and tokens are signed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from rawk.domain.callers import ApiKey, SigningKey, User


class CallerStore(Protocol):
    """Every call is one transaction and raises DatabaseUnavailable."""

    def user(self, name: str) -> User | None: ...

    def list_users(self) -> list[User]:
        """By name."""

    def add_user(self, user: User) -> bool:
        """False when the name is taken."""

    def disable_user(self, name: str, now: datetime) -> bool:
        """False for an unknown name. A user who is disabled stays so since the first time."""

    def key_of(self, digest: str) -> ApiKey | None:
        """The key with this digest, a revoked one too."""

    def list_keys(self) -> list[ApiKey]:
        """By the time of their creation."""

    def add_key(self, key: ApiKey) -> None: ...

    def revoke_key(self, key_id: str, now: datetime) -> bool:
        """False for an unknown id. A key that is revoked stays so since the first time."""

    def end_tenant(self, tenant: str, now: datetime) -> None:
        """Remove the tenant from all users and keys. Who stood for no other one is disabled or revoked, as by
        `disable_user` and `revoke_key`."""

    def signing_keys(self) -> list[SigningKey]:
        """The newest first."""

    def add_signing_key(self, key: SigningKey) -> None: ...

    def remove_signing_key(self, key_id: str) -> bool:
        """False for an unknown id."""

    def count_login(self, subject: str, now: datetime, since: datetime) -> tuple[int, datetime]:
        """Count one more attempt to log in: how many there are in the window, this one included, and when the window
        began. A window that began before `since` is over, and a new one begins now; other windows that are over are
        forgotten."""

    def forget_logins(self, subject: str) -> None: ...


class PasswordHasher(Protocol):
    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str) -> bool: ...


class TokenSigner(Protocol):
    """JSON Web Tokens (RFC 7519), signed with HMAC-SHA256."""

    def sign(self, claims: Mapping[str, Any], key: SigningKey) -> str: ...

    def key_id(self, token: str) -> str | None:
        """The id of the key that the token names, unverified; None when it names none."""

    def verified(self, token: str, key: SigningKey, audience: str) -> Mapping[str, Any] | None:
        """The claims; None unless signature, algorithm, audience and issuer are right. Times are not looked at."""
