"""Users, API keys, signing keys and attempts to log in, in memory."""

from dataclasses import replace
from datetime import datetime

from rawk.domain.callers import ApiKey, SigningKey, User


class InMemoryCallerStore:
    """`ports.CallerStore`."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._keys: dict[str, ApiKey] = {}
        self._signing_keys: list[SigningKey] = []
        self.logins: dict[str, tuple[int, datetime]] = {}

    def user(self, name: str) -> User | None:
        return self._users.get(name)

    def list_users(self) -> list[User]:
        return sorted(self._users.values(), key=lambda user: user.name)

    def add_user(self, user: User) -> bool:
        return self._users.setdefault(user.name, user) is user

    def disable_user(self, name: str, now: datetime) -> bool:
        user = self._users.get(name)
        if user is None:
            return False
        self._users[name] = replace(user, disabled_at=user.disabled_at or now)
        return True

    def key_of(self, digest: str) -> ApiKey | None:
        return next((key for key in self._keys.values() if key.digest == digest), None)

    def list_keys(self) -> list[ApiKey]:
        return sorted(self._keys.values(), key=lambda key: (key.created_at, key.id))

    def add_key(self, key: ApiKey) -> None:
        self._keys[key.id] = key

    def revoke_key(self, key_id: str, now: datetime) -> bool:
        key = self._keys.get(key_id)
        if key is None:
            return False
        self._keys[key_id] = replace(key, revoked_at=key.revoked_at or now)
        return True

    def end_tenant(self, tenant: str, now: datetime) -> None:
        for user in [each for each in self._users.values() if tenant in each.tenants]:
            rest = tuple(each for each in user.tenants if each != tenant)
            self._users[user.name] = replace(user, tenants=rest)
            if not rest:
                self.disable_user(user.name, now)
        for key in [each for each in self._keys.values() if tenant in each.tenants]:
            rest = tuple(each for each in key.tenants if each != tenant)
            self._keys[key.id] = replace(key, tenants=rest)
            if not rest:
                self.revoke_key(key.id, now)

    def signing_keys(self) -> list[SigningKey]:
        newest_first = sorted(self._signing_keys, key=lambda key: key.id)
        return sorted(newest_first, key=lambda key: key.created_at, reverse=True)

    def add_signing_key(self, key: SigningKey) -> None:
        self._signing_keys.append(key)

    def remove_signing_key(self, key_id: str) -> bool:
        before = len(self._signing_keys)
        self._signing_keys = [key for key in self._signing_keys if key.id != key_id]
        return len(self._signing_keys) < before

    def count_login(self, subject: str, now: datetime, since: datetime) -> tuple[int, datetime]:
        self.logins = {each: (n, at) for each, (n, at) in self.logins.items() if at >= since}
        attempts, began_at = self.logins.get(subject, (0, now))
        self.logins[subject] = attempts + 1, began_at
        return self.logins[subject]

    def forget_logins(self, subject: str) -> None:
        self.logins.pop(subject, None)
