"""Logging in, tokens, and what is no token."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta

import jwt
import pytest
from starlette.testclient import TestClient

from rawk.api.app import create_app
from rawk.api.callers import login
from rawk.domain.errors import DatabaseUnavailable
from tests.unit.api.forms import wav

MEMORIES, TOKEN, ME = "/api/v1/memories", "/api/v1/auth/token", "/api/v1/auth/me"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def ada(world):
    world.caller_operations().add_user("ada@example.com", ["acme"], PASSWORD)
    world.caller_operations().add_user("grace@example.com", ["acme", "globex"], PASSWORD)


@pytest.fixture
def nobody(app):
    with TestClient(app) as client:
        yield client


def log_in(client, name="ada@example.com", password=PASSWORD, path=TOKEN, **more):
    return client.post(path, data={"username": name, "password": password, **more})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def token(nobody):
    return log_in(nobody).json()["access_token"]


@pytest.mark.parametrize("version", ["/api/v1", "/api"])
def test_a_user_logs_in_and_is_who_the_token_says(nobody, version):
    answer = log_in(nobody, path=f"{version}/auth/token", grant_type="password")

    assert answer.status_code == 200
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
    assert answer.headers["Cache-Control"] == "no-store"
    me = nobody.get(f"{version}/auth/me", headers=bearer(answer.json()["access_token"]))
    assert (me.status_code, me.json()) == (200, {"name": "ada@example.com", "tenants": ["acme"]})


def test_a_key_is_a_caller_too(client):
    me = client.get(ME).json()

    assert me["tenants"] == ["acme"]
    assert me["name"] == f"key:{hashlib.sha256(b'key-of-acme').hexdigest()[:12]}"


def test_a_token_does_what_the_key_of_its_tenant_does(nobody, client, token):
    answer = nobody.post(MEMORIES, files={"audio": wav()}, headers=bearer(token))

    assert answer.status_code == 202
    assert client.get(answer.headers["Location"]).status_code == 200
    assert nobody.get(answer.headers["Location"], headers=bearer(token)).status_code == 200
    assert nobody.get(answer.headers["Location"], headers={"X-API-Key": "key-of-globex"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada@example.com", "wrong"),
        ("ada@example.com", PASSWORD + " "),
        ("ada@example.com", PASSWORD.upper()),
        ("ADA@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("ada@example.com", "x" * 3000),
        ("ada@example.com\0", PASSWORD),
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(nobody, name, password):
    answer = log_in(nobody, name, password)

    assert (answer.status_code, answer.json()["detail"]) == (401, "The name or the password is wrong.")
    assert "WWW-Authenticate" in answer.headers


def test_the_password_of_an_unknown_name_is_hashed_as_well(nobody, world, monkeypatch):
    verified = []
    verify = world.passwords.verify
    monkeypatch.setattr(world.passwords, "verify", lambda *given: verified.append(given) or verify(*given))

    log_in(nobody, "nobody@example.com")
    log_in(nobody, password="wrong")

    assert len(verified) == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"username=a",
        b"password=b",
        b"username=&password=b",
        b"username=a&password=",
        b"username=a&username=b&password=c",
        b"username=a&password=b&grant_type=client_credentials",
        b"username=%ff&password=b",
        b"\xff\xfe",
        b"nonsense",
        b'{"username": "a", "password": "b"}',
        b"&",
    ],
)
def test_what_is_no_login_form_is_refused(nobody, body):
    answer = nobody.post(TOKEN, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:rawk:problem:malformed-login")


def test_a_long_login_form_is_refused(nobody):
    answer = nobody.post(TOKEN, content=b"x" * (login.LOGIN_BYTES + 1))

    assert (answer.status_code, answer.json()["type"]) == (413, "urn:rawk:problem:request-too-large")


def test_a_password_may_be_composed_in_either_way(nobody, world):
    world.caller_operations().add_user("noel", ["acme"], "caf\u00e9 caf\u00e9 caf\u00e9")

    assert log_in(nobody, "noel", "cafe\u0301 cafe\u0301 cafe\u0301").status_code == 200


# what is no token


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims, secret, header):
    text = f"{part(header)}.{part(claims)}"
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


@pytest.fixture
def forge(world, token):
    """Changes claims or header of a valid token and signs it with our own key, or another one."""
    key = world.callers.signing_keys()[0]
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)

    def forged(*, secret=key.secret, without=(), head=None, **changes):
        changed = {name: value for name, value in (claims | changes).items() if name not in without}
        return signed(changed, secret, header | (head or {}))

    return forged


def refused(client, token):
    answer = client.get(MEMORIES, headers=bearer(token))
    return answer.status_code, answer.json().get("type")


NOT_AUTHENTICATED = (401, "urn:rawk:problem:not-authenticated")


def test_the_forge_makes_valid_tokens(nobody, forge):
    assert nobody.get(MEMORIES, headers=bearer(forge())).status_code == 200


def test_a_token_with_another_signature_is_refused(nobody, forge, token):
    head, claims, _ = token.split(".")

    for each in (forge(secret=b"x" * 32), f"{head}.{claims}.", f"{head}.{claims}", f"{head}.{claims}.AAAA"):
        assert refused(nobody, each) == NOT_AUTHENTICATED


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "", None, 7])
def test_the_tokens_own_algorithm_is_never_obeyed(nobody, forge, algorithm):
    token = forge(head={"alg": algorithm})

    assert refused(nobody, token) == NOT_AUTHENTICATED
    assert refused(nobody, token.rpartition(".")[0] + ".") == NOT_AUTHENTICATED


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "rawk-ticket"},
        {"aud": "another-api"},
        {"aud": ["another-api"]},
        {"iss": "another-issuer"},
        {"sub": "nobody@example.com"},
        {"sub": 7},
        {"sub": None},
        {"exp": "tomorrow"},
        {"exp": None},
        {"exp": True},
        {"iat": "today"},
        {"iat": None},
        *({"without": (name,)} for name in ("exp", "iat", "sub", "aud", "iss")),
    ],
    ids=str,
)
def test_a_token_with_other_claims_is_refused(nobody, forge, changes):
    assert refused(nobody, forge(**changes)) == NOT_AUTHENTICATED


@pytest.mark.parametrize("head", [{"kid": None}, {"kid": "another"}, {"kid": ["x"]}, {"kid": "../../etc/passwd"}])
def test_a_token_of_an_unknown_key_is_refused(nobody, forge, head):
    assert refused(nobody, forge(head=head)) == NOT_AUTHENTICATED


@pytest.mark.parametrize(
    "text", ["x", "a.b.c", "....", "é", "null", "eyJhbGciOiJIUzI1NiJ9..", "e30.e30.e30", "[" * 1000, "x" * 5000]
)
def test_a_text_that_is_no_token_is_refused(nobody, text):
    assert nobody.get(MEMORIES, headers=[(b"Authorization", b"Bearer " + text.encode())]).status_code == 401


def test_a_deeply_nested_token_is_refused(nobody):
    deep = base64.urlsafe_b64encode(b"[" * 6000).decode().rstrip("=")

    assert refused(nobody, f"{deep}.{deep}.AAAA") == NOT_AUTHENTICATED


@pytest.mark.parametrize("scheme", ["Basic", "ApiKey", "", "Token"])
def test_another_scheme_is_no_token(nobody, token, scheme):
    assert nobody.get(MEMORIES, headers={"Authorization": f"{scheme} {token}"}).status_code == 401


def test_a_token_expires_after_fifteen_minutes_and_a_clock_skew(nobody, world, token):
    world.pass_time(timedelta(minutes=15, seconds=29))
    assert nobody.get(MEMORIES, headers=bearer(token)).status_code == 200

    world.pass_time(timedelta(seconds=1))
    assert refused(nobody, token) == NOT_AUTHENTICATED


def test_a_machine_whose_clock_is_a_little_behind_takes_the_token(nobody, world, token):
    world.pass_time(timedelta(seconds=-30))
    assert nobody.get(MEMORIES, headers=bearer(token)).status_code == 200

    world.pass_time(timedelta(seconds=-1))
    assert refused(nobody, token) == NOT_AUTHENTICATED


def test_a_disabled_users_tokens_and_logins_are_refused_at_once(nobody, world, token):
    world.caller_operations().disable_user("ada@example.com")

    assert refused(nobody, token) == NOT_AUTHENTICATED
    assert log_in(nobody).status_code == 401


def test_a_signing_key_is_made_once_and_read_rarely(nobody, world, token):
    reads = world.faults.calls.count("callers.signing_keys")
    for _ in range(50):
        nobody.get(MEMORIES, headers=bearer(token))
        refused(nobody, "e30.e30.e30")

    assert len(world.callers.signing_keys()) == 1
    assert world.faults.calls.count("callers.signing_keys") == reads


def test_another_process_knows_a_new_signing_key(world, token):
    other = create_app(world.services({}))
    with TestClient(other) as client:
        assert client.get(MEMORIES, headers=bearer(token)).status_code == 200
    assert len(world.callers.signing_keys()) == 1


@pytest.mark.parametrize("call", ["callers.count_login", "callers.user", "callers.signing_keys"])
def test_without_the_database_nobody_logs_in(nobody, world, call):
    world.faults.add(call, DatabaseUnavailable("down"))

    answer = log_in(nobody)

    assert (answer.status_code, answer.json()["part"]) == (503, "database")


def test_neither_password_nor_token_reaches_a_log(nobody, caplog):
    caplog.set_level("DEBUG", "rawk")
    token = log_in(nobody).json()["access_token"]
    nobody.get(MEMORIES, headers=bearer(token))
    log_in(nobody, password="a wrong password")

    written = " ".join(str(record.__dict__) for record in caplog.records)
    for secret in (PASSWORD, "a wrong password", token, token.split(".")[2], "ada@example.com"):
        assert secret not in written
    assert "logged_in" in written
    assert "login_refused" in written


# how often


def test_after_ten_attempts_a_name_has_to_wait(nobody, world):
    for _ in range(10):
        assert log_in(nobody, password="wrong").status_code == 401
    world.pass_time(timedelta(minutes=2))

    answer = log_in(nobody)

    assert (answer.status_code, answer.json()["type"]) == (429, "urn:rawk:problem:too-many-requests")
    assert answer.headers["Retry-After"] == "180"
    assert log_in(nobody, "grace@example.com").status_code == 200
    world.pass_time(timedelta(minutes=3, seconds=1))
    assert log_in(nobody).status_code == 200


def test_an_unknown_name_has_to_wait_as_well(nobody):
    answers = [log_in(nobody, "nobody@example.com").status_code for _ in range(11)]

    assert answers == [401] * 10 + [429]


def test_a_login_ends_the_count(nobody):
    for _ in range(3):
        for _ in range(9):
            assert log_in(nobody, password="wrong").status_code == 401
        assert log_in(nobody).status_code == 200
