"""Users, keys and attempts to log in: in memory and in Postgres."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from rawk.adapters.credentials.in_memory import InMemoryCallerStore
from rawk.adapters.postgres.callers import PostgresCallerStore
from rawk.adapters.postgres.connection_pool import make_engine
from rawk.domain.callers import ApiKey, SigningKey, User
from rawk.ports import CallerStore
from tests.contract.builders import NOON
from tests.contract.servers import CONNECTIONS, a_database, the_postgres

LATER = NOON + timedelta(minutes=1)
USER = User("ada@example.com", ("acme", "acme-2"), "$argon2id$…", NOON)
KEY = ApiKey("k1", "ab" * 32, ("acme",), NOON)


@pytest.fixture(params=["in_memory", "postgres"])
def callers(request: pytest.FixtureRequest) -> Iterator[CallerStore]:
    if request.param == "in_memory":
        yield InMemoryCallerStore()
        return
    with a_database(the_postgres(request.config)) as url:
        engine = make_engine(url, pool_size=CONNECTIONS)
        yield PostgresCallerStore(engine)
        engine.dispose()


def test_a_user_is_found_by_name(callers: CallerStore) -> None:
    assert callers.user(USER.name) is None
    assert callers.add_user(USER)

    assert callers.user(USER.name) == USER
    assert callers.user("ADA@example.com") is None


@pytest.mark.parametrize("name", ["", "\0", "ada\0", "x" * 5_000, "\ufffe", "👩‍⚕️", "'; --", "%00", "\x7f\n"])
def test_nobody_has_a_name_that_clients_make_up(callers: CallerStore, name: str) -> None:
    assert callers.add_user(USER)
    assert callers.user(name) is None


def test_a_name_is_taken_once(callers: CallerStore) -> None:
    assert callers.add_user(USER)
    assert not callers.add_user(replace(USER, tenants=("globex",)))

    assert callers.list_users() == [USER]


def test_users_are_listed_by_name(callers: CallerStore) -> None:
    for name in ("c", "a", "b"):
        callers.add_user(replace(USER, name=name))

    assert [user.name for user in callers.list_users()] == ["a", "b", "c"]


def test_a_disabled_user_stays_so_since_the_first_time(callers: CallerStore) -> None:
    callers.add_user(USER)
    callers.add_user(replace(USER, name="b"))

    assert callers.disable_user(USER.name, LATER)
    assert callers.disable_user(USER.name, LATER + timedelta(days=1))
    assert not callers.disable_user("nobody", LATER)

    assert [user.disabled_at for user in callers.list_users()] == [LATER, None]


def test_a_key_is_found_by_its_digest(callers: CallerStore) -> None:
    callers.add_key(KEY)
    callers.add_key(replace(KEY, id="k2", digest="cd" * 32, created_at=LATER))

    assert callers.key_of(KEY.digest) == KEY
    assert callers.key_of("ef" * 32) is None
    assert [key.id for key in callers.list_keys()] == ["k1", "k2"]


def test_a_revoked_key_stays_so_since_the_first_time(callers: CallerStore) -> None:
    callers.add_key(KEY)
    callers.add_key(replace(KEY, id="k2", digest="cd" * 32))

    assert callers.revoke_key("k1", LATER)
    assert callers.revoke_key("k1", LATER + timedelta(days=1))
    assert not callers.revoke_key("k3", LATER)

    assert [key.revoked_at for key in callers.list_keys()] == [LATER, None]
    found = callers.key_of(KEY.digest)
    assert found is not None
    assert found.revoked_at == LATER


def test_signing_keys_come_the_newest_first(callers: CallerStore) -> None:
    assert callers.signing_keys() == []
    old, new = SigningKey("b", b"\0old\xff", NOON), SigningKey("a", b"new", LATER)
    callers.add_signing_key(old)
    callers.add_signing_key(new)

    assert callers.signing_keys() == [new, old]


def test_a_signing_key_is_removed_once(callers: CallerStore) -> None:
    old, new = SigningKey("b", b"old", NOON), SigningKey("a", b"new", LATER)
    callers.add_signing_key(old)
    callers.add_signing_key(new)

    assert callers.remove_signing_key("b")
    assert not callers.remove_signing_key("b")
    assert callers.signing_keys() == [new]


def test_attempts_are_counted_in_their_window(callers: CallerStore) -> None:
    window = timedelta(minutes=5)
    counts = [
        callers.count_login("a", NOON + timedelta(minutes=minute), NOON + timedelta(minutes=minute) - window)
        for minute in (0, 1, 5, 6, 7)
    ]

    began = NOON + timedelta(minutes=6)
    assert counts == [(1, NOON), (2, NOON), (3, NOON), (1, began), (2, began)]


def test_each_subject_has_its_own_count(callers: CallerStore) -> None:
    assert callers.count_login("a", NOON, NOON)[0] == 1
    assert callers.count_login("b", NOON, NOON)[0] == 1
    callers.forget_logins("a")

    assert callers.count_login("a", NOON, NOON)[0] == 1
    assert callers.count_login("b", NOON, NOON)[0] == 2


def test_attempts_at_the_same_moment_are_all_counted(callers: CallerStore) -> None:
    with ThreadPoolExecutor(4) as executor:
        counts = list(executor.map(lambda _: callers.count_login("a", NOON, NOON)[0], range(20)))

    if not isinstance(callers, InMemoryCallerStore):  # which is for one thread
        assert sorted(counts) == list(range(1, 21))


def test_windows_that_are_over_are_forgotten(callers: CallerStore) -> None:
    for number in range(10):
        callers.count_login(f"name {number}", NOON, NOON)

    callers.count_login("another", NOON + timedelta(hours=1), NOON + timedelta(minutes=55))

    assert _subjects(callers) == {"another"}


def _subjects(callers: CallerStore) -> set[str]:
    if isinstance(callers, InMemoryCallerStore):
        return set(callers.logins)
    assert isinstance(callers, PostgresCallerStore)
    from sqlalchemy import select

    from rawk.adapters.postgres.tables import logins

    return {row.subject for row in callers._read(select(logins))}


# the end of a tenant


def test_the_end_of_a_tenant_ends_who_stands_for_it_only(callers: CallerStore) -> None:
    alone, both = replace(USER, name="alone", tenants=("acme",)), replace(USER, name="both")
    for user in (alone, both, replace(USER, name="other", tenants=("acme-2",))):
        callers.add_user(user)
    other_key = replace(KEY, id="k2", digest="cd" * 32, tenants=("acme-2", "acme", "globex"))
    for key in (KEY, other_key):
        callers.add_key(key)

    callers.end_tenant("acme", LATER)

    assert [(user.name, user.tenants, user.disabled_at) for user in callers.list_users()] == [
        ("alone", (), LATER),
        ("both", ("acme-2",), None),
        ("other", ("acme-2",), None),
    ]
    assert [(key.id, key.tenants, key.revoked_at) for key in callers.list_keys()] == [
        ("k1", (), LATER),
        ("k2", ("acme-2", "globex"), None),
    ]


def test_the_end_of_a_tenant_keeps_when_a_caller_was_ended_before(callers: CallerStore) -> None:
    callers.add_user(replace(USER, tenants=("acme",), disabled_at=NOON))
    callers.add_key(replace(KEY, revoked_at=NOON))

    callers.end_tenant("acme", LATER)
    callers.end_tenant("acme", LATER + timedelta(days=1))

    assert [(user.tenants, user.disabled_at) for user in callers.list_users()] == [((), NOON)]
    assert [(key.tenants, key.revoked_at) for key in callers.list_keys()] == [((), NOON)]


@pytest.mark.parametrize("tenant", ["", "ACME", "acm", "acme-", "acme-22", "%", "acm_", "'; --", "acme,acme-2"])
def test_the_end_of_a_tenant_that_nobody_stands_for_changes_nothing(callers: CallerStore, tenant: str) -> None:
    callers.add_user(USER)
    callers.add_key(KEY)

    callers.end_tenant(tenant, LATER)

    assert (callers.list_users(), callers.list_keys()) == ([USER], [KEY])
