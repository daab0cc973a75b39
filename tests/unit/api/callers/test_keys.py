"""API keys: for several tenants, two at a time, revoked, as digests; and how much one caller may ask."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.domain.errors import ConfigurationError, DatabaseUnavailable, RawkError
from tests.unit.api.forms import wav

MEMORIES, ME = "/api/v1/memories", "/api/v1/auth/me"


@pytest.fixture
def nobody(app):
    with TestClient(app) as client:
        yield client


def status_of(client, key, **headers):
    return client.get(MEMORIES, headers={"X-API-Key": key, **headers}).status_code


# several tenants


@pytest.fixture
def of_two(world):
    with TestClient(create_app(world.services({"key-of-two": ["acme", "globex"], "key-of-acme": "acme"}))) as client:
        yield client


def two(tenant=None):
    return {"X-API-Key": "key-of-two"} | ({} if tenant is None else {"X-Tenant": tenant})


def test_a_key_of_several_tenants_acts_for_the_one_that_it_names(of_two):
    accepted = of_two.post(MEMORIES, files={"audio": wav()}, headers=two("globex"))
    where = accepted.headers["Location"]

    assert accepted.status_code == 202
    assert of_two.get(where, headers=two("globex")).status_code == 200
    assert of_two.get(where, headers=two("acme")).status_code == 404
    assert [len(of_two.get(MEMORIES, headers=two(t)).json()["memories"]) for t in ("acme", "globex")] == [0, 1]
    assert of_two.get(ME, headers=two()).json()["tenants"] == ["acme", "globex"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_of_several_tenants_must_name_one(of_two, world, method):
    answer = of_two.request(method, MEMORIES, headers=two())

    assert (answer.status_code, answer.json()["type"]) == (400, "urn:rawk:problem:tenant-missing")
    assert world.faults.calls == []


@pytest.mark.parametrize("tenant", ["initech", "", "ACME", "acme,globex", "acme ", "../acme", "x" * 5000])
def test_a_key_acts_for_none_of_the_others(of_two, world, tenant):
    for key in ("key-of-two", "key-of-acme"):
        answer = of_two.get(MEMORIES, headers={"X-API-Key": key, "X-Tenant": tenant})
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:rawk:problem:tenant-forbidden")
    assert world.faults.calls == []


def test_a_key_of_one_tenant_may_name_it(of_two):
    assert status_of(of_two, "key-of-acme") == 200
    assert status_of(of_two, "key-of-acme", **{"X-Tenant": "acme"}) == 200
    assert status_of(of_two, "key-of-acme", **{"X-Tenant": "globex"}) == 403


def test_a_key_may_be_configured_by_its_digest(world):
    digest = hashlib.sha256(b"the key itself").hexdigest()
    with TestClient(create_app(world.services({f"sha256:{digest}": "acme"}))) as client:
        assert status_of(client, "the key itself") == 200
        assert status_of(client, f"sha256:{digest}") == 401
        assert status_of(client, digest) == 401


@pytest.mark.parametrize("key", ["sha256:abc", "md5:" + "a" * 64, "sha256:" + "A" * 64])
def test_another_text_with_a_colon_is_a_key_itself(world, key):
    with TestClient(create_app(world.services({key: "acme"}))) as client:
        assert status_of(client, key) == 200


# keys of the database


def test_a_new_key_works_beside_the_old_one_until_that_is_revoked(nobody, world):
    operations = world.caller_operations()
    old, old_secret = operations.new_key(["acme"])
    new, new_secret = operations.new_key(["acme"])
    assert [status_of(nobody, each) for each in (old_secret, new_secret)] == [200, 200]

    operations.revoke_key(old.id)

    assert [status_of(nobody, each) for each in (old_secret, new_secret)] == [401, 200]
    assert [key.revoked_at is not None for key in operations.list_keys()] == [True, False]
    assert nobody.get(ME, headers={"X-API-Key": new_secret}).json() == {"name": f"key:{new.id}", "tenants": ["acme"]}


def test_a_key_is_stored_as_its_digest(world):
    key, secret = world.caller_operations().new_key(["acme", "globex", "acme"])

    assert key.tenants == ("acme", "globex")
    assert len(secret) == 69
    assert secret not in str(world.callers.list_keys())
    assert key.digest == hashlib.sha256(secret.encode()).hexdigest()


def test_keys_are_different(world):
    assert len({world.caller_operations().new_key(["acme"])[1] for _ in range(20)}) == 20


@pytest.mark.parametrize("key", ["rawk_" + "0" * 63, "rawk_" + "g" * 64, "RAWK_" + "0" * 64, "rawk_" + "0" * 65, "x"])
def test_a_text_that_can_be_no_key_costs_the_database_nothing(nobody, world, key):
    assert status_of(nobody, key) == 401
    assert world.faults.calls == []


def test_a_key_that_nobody_created_is_refused(nobody, world):
    assert status_of(nobody, "rawk_" + "0" * 64) == 401
    assert world.faults.calls == ["callers.key_of"]


def test_keys_of_the_configuration_do_not_need_the_database_to_be_known(nobody, world):
    world.faults.add("callers.key_of", DatabaseUnavailable("down"), times=9)

    assert nobody.get(ME, headers={"X-API-Key": "key-of-acme"}).status_code == 200
    assert status_of(nobody, "rawk_" + "0" * 64) == 503


@pytest.mark.parametrize("tenant", ["", "../acme", "a b", "x" * 65])
def test_a_tenant_whose_name_is_not_safe_in_a_path_gets_nothing(world, tenant):
    for act in (
        lambda: world.caller_operations().new_key([tenant]),
        lambda: world.caller_operations().add_user("ada", [tenant], "correct horse battery"),
    ):
        with pytest.raises(ConfigurationError):
            act()
    assert (world.callers.list_keys(), world.callers.list_users()) == ([], [])


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "a\nb", "é", "x" * 129, "a/b"])
def test_a_name_that_is_hard_to_type_is_refused(world, name):
    with pytest.raises(RawkError, match="name"):
        world.caller_operations().add_user(name, ["acme"], "correct horse battery")


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257])
def test_a_short_password_is_refused(world, password):
    with pytest.raises(RawkError, match="12 to 256"):
        world.caller_operations().add_user("ada", ["acme"], password)


def test_a_name_is_never_given_twice(world):
    operations = world.caller_operations()
    operations.add_user("ada", ["acme"], "correct horse battery")
    operations.disable_user("ada")

    with pytest.raises(RawkError, match="already"):
        operations.add_user("ada", ["globex"], "correct horse battery")
    with pytest.raises(RawkError, match="no user"):
        operations.disable_user("bob")
    with pytest.raises(RawkError, match="no key"):
        operations.revoke_key("k")


# how much one caller may ask


@pytest.fixture
def limited(world):
    services = replace(world.services({"key-of-acme": "acme", "key-of-globex": "globex"}), requests_per_second=2)
    with TestClient(create_app(services)) as client:
        yield client


def test_a_caller_over_the_limit_has_to_wait_and_others_have_not(limited, world):
    assert [status_of(limited, "key-of-acme") for _ in range(10)] == [200] * 10

    answer = limited.get(MEMORIES, headers={"X-API-Key": "key-of-acme"})

    assert (answer.status_code, answer.json()["type"]) == (429, "urn:rawk:problem:too-many-requests")
    assert answer.headers["Retry-After"] == "1"
    assert status_of(limited, "key-of-globex") == 200
    world.pass_time(timedelta(seconds=1))
    assert [status_of(limited, "key-of-acme") for _ in range(3)] == [200, 200, 429]


def test_a_quiet_caller_saves_five_seconds_worth(limited, world):
    status_of(limited, "key-of-acme")
    world.pass_time(timedelta(hours=1))

    assert [status_of(limited, "key-of-acme") for _ in range(11)] == [200] * 10 + [429]


def test_a_clock_that_is_set_back_gives_and_takes_nothing(limited, world):
    for _ in range(10):
        status_of(limited, "key-of-acme")
    world.pass_time(timedelta(hours=-1))

    assert status_of(limited, "key-of-acme") == 429
    world.pass_time(timedelta(seconds=1))
    assert status_of(limited, "key-of-acme") == 200


def test_a_refused_upload_is_not_read(limited, world):
    for _ in range(10):
        status_of(limited, "key-of-acme")
    world.faults.calls.clear()

    answer = limited.post(MEMORIES, files={"audio": wav()}, headers={"X-API-Key": "key-of-acme"})

    assert answer.status_code == 429
    assert world.faults.calls == []
