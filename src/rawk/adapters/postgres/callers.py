"""Users, API keys, signing keys and attempts to log in, in Postgres."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Select, Table, any_, case, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from rawk.adapters.postgres.tables import api_keys, logins, signing_keys, users
from rawk.adapters.postgres.transactions import transaction
from rawk.domain.callers import ApiKey, SigningKey, User


class PostgresCallerStore:
    """`ports.CallerStore`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def user(self, name: str) -> User | None:
        if "\0" in name:  # Postgres refuses such text as a parameter, and no user can have it as a name
            return None
        rows = self._read(select(users).where(users.c.name == name))
        return _to_user(rows[0]) if rows else None

    def list_users(self) -> list[User]:
        return [_to_user(row) for row in self._read(select(users).order_by(users.c.name))]

    def add_user(self, user: User) -> bool:
        values = {
            "name": user.name,
            "tenants": list(user.tenants),
            "password_hash": user.password_hash,
            "created_at": user.created_at,
            "disabled_at": user.disabled_at,
        }
        adding = insert(users).values(**values).on_conflict_do_nothing().returning(users.c.name)
        with transaction(self._engine) as tx:
            return tx.execute(adding).first() is not None

    def disable_user(self, name: str, now: datetime) -> bool:
        return self._end(users, users.c.name == name, "disabled_at", now)

    def key_of(self, digest: str) -> ApiKey | None:
        rows = self._read(select(api_keys).where(api_keys.c.digest == digest))
        return _to_key(rows[0]) if rows else None

    def list_keys(self) -> list[ApiKey]:
        return [_to_key(row) for row in self._read(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))]

    def add_key(self, key: ApiKey) -> None:
        values = {
            "id": key.id,
            "digest": key.digest,
            "tenants": list(key.tenants),
            "created_at": key.created_at,
            "revoked_at": key.revoked_at,
        }
        with transaction(self._engine) as tx:
            tx.execute(insert(api_keys).values(**values))

    def revoke_key(self, key_id: str, now: datetime) -> bool:
        return self._end(api_keys, api_keys.c.id == key_id, "revoked_at", now)

    def end_tenant(self, tenant: str, now: datetime) -> None:
        with transaction(self._engine) as tx:
            for table, column in ((users, "disabled_at"), (api_keys, "revoked_at")):
                rest, ended_at = func.array_remove(table.c.tenants, tenant), table.c[column]
                ending = case((func.cardinality(rest) == 0, func.coalesce(ended_at, now)), else_=ended_at)
                its_callers = update(table).where(literal(tenant) == any_(table.c.tenants))
                tx.execute(its_callers.values({"tenants": rest, column: ending}))

    def signing_keys(self) -> list[SigningKey]:
        query = select(signing_keys).order_by(signing_keys.c.created_at.desc(), signing_keys.c.id)
        return [SigningKey(row.id, bytes(row.secret), row.created_at) for row in self._read(query)]

    def add_signing_key(self, key: SigningKey) -> None:
        with transaction(self._engine) as tx:
            tx.execute(insert(signing_keys).values(id=key.id, secret=key.secret, created_at=key.created_at))

    def remove_signing_key(self, key_id: str) -> bool:
        with transaction(self._engine) as tx:
            return tx.execute(delete(signing_keys).where(signing_keys.c.id == key_id)).rowcount > 0

    def count_login(self, subject: str, now: datetime, since: datetime) -> tuple[int, datetime]:
        over = logins.c.began_at < since
        first = insert(logins).values(subject=subject, began_at=now, attempts=1)
        counted = first.on_conflict_do_update(
            index_elements=[logins.c.subject],
            set_={
                "attempts": case((over, 1), else_=logins.c.attempts + 1),
                "began_at": case((over, now), else_=logins.c.began_at),
            },
        ).returning(logins.c.attempts, logins.c.began_at)
        with transaction(self._engine) as tx:
            row = tx.execute(counted).one()
            # Those that another transaction counts at this moment are left to a later one: no deadlock, no wait.
            rest = select(logins.c.subject).where(over, logins.c.subject != subject).with_for_update(skip_locked=True)
            tx.execute(delete(logins).where(logins.c.subject.in_(rest)))
        return row.attempts, row.began_at

    def forget_logins(self, subject: str) -> None:
        with transaction(self._engine) as tx:
            tx.execute(delete(logins).where(logins.c.subject == subject))

    def _read(self, query: Select[Any]) -> list[Row[Any]]:
        with transaction(self._engine) as tx:
            return list(tx.execute(query).all())

    def _end(self, table: Table, its_own: Any, column: str, now: datetime) -> bool:
        ending = update(table).where(its_own).values({column: func.coalesce(table.c[column], now)})
        with transaction(self._engine) as tx:
            return tx.execute(ending).rowcount > 0


def _to_user(row: Row[Any]) -> User:
    return User(row.name, tuple(row.tenants), row.password_hash, row.created_at, row.disabled_at)


def _to_key(row: Row[Any]) -> ApiKey:
    return ApiKey(row.id, row.digest, tuple(row.tenants), row.created_at, row.revoked_at)
