"""Users log in with a name and a password, and use a token instead of an API key."""

import base64
import json

import httpx

from sim import Simulation, minutes, needs, seconds

pytestmark = needs.virtual_time

PASSWORD = "correct horse battery staple"
MEMORIES, ME = "/api/v1/memories", "/api/v1/auth/me"


def test_token_of_a_user(sim: Simulation) -> None:
    """A user logs in, and others try tokens that are not theirs.

    Claim: A user whom an operator has added logs in and sees the tenant's memories with a token, which expires after
    15 minutes and a clock skew of 30 s; forged, altered and unsigned tokens are refused; a disabled user's token is
    refused at once.
    """
    # Given a user of acme, and a recording of each of two tenants.
    sim.operator.add_user("ada@example.com", PASSWORD, "acme")
    ours, theirs = sim.api.record(1, tenant="acme"), sim.api.record(1, tenant="acme-2")

    # When the user logs in, the token shows the memories of acme alone.
    token = log_in(sim)
    assert with_token(sim, token, ME).json() == {"name": "ada@example.com", "tenants": ["acme"]}
    listed = with_token(sim, token, MEMORIES).json()["memories"]
    assert [memory["id"] for memory in listed] == ours.ids
    assert with_token(sim, token, f"{MEMORIES}/{theirs.ids[0]}").status_code == 404
    assert with_token(sim, token, MEMORIES, {"X-Tenant": "acme-2"}).status_code == 403

    # And tokens that the API has not signed like this are refused.
    for name, forged in forgeries(token).items():
        assert with_token(sim, forged, MEMORIES).status_code == 401, name

    # Then the token is valid for as long as clocks may be apart beyond its time, and no longer.
    sim.run_for(minutes(15))
    assert with_token(sim, token, MEMORIES).status_code == 200
    sim.run_for(seconds(31))
    assert with_token(sim, token, MEMORIES).status_code == 401

    # And once the operator has disabled the user, neither token nor password is of use.
    token = log_in(sim)
    sim.operator.rawk("user", "disable", "ada@example.com")
    assert with_token(sim, token, MEMORIES).status_code == 401
    assert attempt(sim).status_code == 401
    sim.run_until(sim.everything_is_complete, within=minutes(5))


def test_password_guessed(sim: Simulation) -> None:
    """A client guesses the password of a user.

    Claim: After ten attempts with a user's name the API answers 429 and says when to come back, also to the right
    password; tokens and other users are not affected; five minutes later the user logs in again.
    """
    # Given two users, one of them logged in.
    sim.operator.add_user("ada@example.com", PASSWORD, "acme")
    sim.operator.add_user("grace@example.com", PASSWORD, "acme-2")
    token = log_in(sim)

    # When a client guesses ten times.
    assert [attempt(sim, password=f"guess number {n}").status_code for n in range(10)] == [401] * 10

    # Then even the right password has to wait.
    refused = attempt(sim)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert with_token(sim, token, MEMORIES).status_code == 200
    assert attempt(sim, "grace@example.com").status_code == 200

    # And it is right again when the time is over.
    sim.run_for(seconds(int(refused.headers["Retry-After"]) + 1))
    assert attempt(sim).status_code == 200


def test_key_rotated(sim: Simulation) -> None:
    """An operator replaces an API key while a client goes on.

    Claim: A tenant's new API key is valid beside the old one until the operator revokes that, and a key of two tenants
    acts for the one that the request names.
    """
    # Given a key from the database, and a second one for two tenants.
    old = sim.operator.new_key("acme")
    (listed,) = sim.operator.keys()
    new = sim.operator.new_key("acme", "acme-2")
    recorded = sim.api.record(1, tenant="acme-2")
    assert [with_key(sim, key, "acme").status_code for key in (old, new)] == [200, 200]

    # When the operator revokes the first.
    sim.operator.rawk("key", "revoke", listed["name"])

    # Then only the second is valid, for the tenant that is named.
    assert [with_key(sim, key, "acme").status_code for key in (old, new)] == [401, 200]
    assert with_key(sim, new, "acme").json()["memories"] == []
    assert [memory["id"] for memory in with_key(sim, new, "acme-2").json()["memories"]] == recorded.ids
    assert with_key(sim, new, "acme.x").status_code == 403
    assert with_key(sim, new, None).status_code == 400
    sim.run_until(sim.everything_is_complete, within=minutes(5))


def test_stream_opened_by_a_ticket(sim: Simulation) -> None:
    """A page follows a memory by an EventSource, which sends no headers.

    Claim: A ticket in the address opens the event stream and the audio of its own memory for a minute, and no other
    endpoint and no other memory.
    """
    # Given two complete memories, and a ticket for one of them.
    ids = sim.api.record(2).ids
    sim.run_until(sim.everything_is_complete, within=minutes(5))
    answer = sim.api.request("POST", f"{MEMORIES}/{ids[0]}/ticket", tenant="acme")
    assert answer.status_code == 201
    ticket = f"?ticket={answer.json()['ticket']}"

    # When a page opens its stream and its audio, it gets both.
    stream = sim.api.request("GET", f"{MEMORIES}/{ids[0]}/events{ticket}")
    assert "complete" in stream.text
    assert sim.api.request("GET", f"{MEMORIES}/{ids[0]}/audio{ticket}").status_code == 307

    # Then it gets nothing else, and after a minute nothing at all.
    for path in (f"{MEMORIES}/{ids[1]}/events", f"{MEMORIES}/{ids[1]}/audio", f"{MEMORIES}/{ids[0]}", MEMORIES):
        assert sim.api.request("GET", f"{path}{ticket}").status_code == 401
    sim.run_for(seconds(91))
    assert sim.api.request("GET", f"{MEMORIES}/{ids[0]}/events{ticket}").status_code == 401


def test_signing_key_rotated(sim: Simulation) -> None:
    """An operator replaces the key that signs tokens while a user is logged in.

    Claim: Tokens of the old signing key are valid beside those of the new one until the operator removes it, and a
    minute later are refused.
    """
    # Given a user who is logged in.
    sim.operator.add_user("ada@example.com", PASSWORD, "acme")
    before = log_in(sim)
    (old,) = signing_keys(sim)

    # When the operator makes a new key, and every process has had the time to read it.
    sim.operator.rawk("signing-key", "new")
    sim.run_for(minutes(3))
    after = log_in(sim)

    # Then tokens of both are valid.
    assert [with_token(sim, token, ME).status_code for token in (before, after)] == [200, 200]
    assert decoded(before.split(".")[0])["kid"] == old != decoded(after.split(".")[0])["kid"]

    # And once the old key is removed, only the new one's.
    sim.operator.rawk("signing-key", "remove", old)
    sim.run_for(minutes(1))
    assert [with_token(sim, token, ME).status_code for token in (before, after)] == [401, 200]


def signing_keys(sim: Simulation) -> list[str]:
    listed = sim.operator.rawk("signing-key", "list", "--json").splitlines()
    return [json.loads(line)["name"] for line in listed if line.startswith("{")]


def attempt(sim: Simulation, name: str = "ada@example.com", password: str = PASSWORD) -> httpx.Response:
    return sim.api.request("POST", "/api/v1/auth/token", data={"username": name, "password": password})


def log_in(sim: Simulation) -> str:
    return str(attempt(sim).json()["access_token"])


def with_token(sim: Simulation, token: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return sim.api.request("GET", path, headers={"Authorization": f"Bearer {token}", **(headers or {})})


def with_key(sim: Simulation, key: str, tenant: str | None) -> httpx.Response:
    named = {} if tenant is None else {"X-Tenant": tenant}
    return sim.api.request("GET", MEMORIES, headers={"X-API-Key": key, **named})


def forgeries(token: str) -> dict[str, str]:
    head, claims, signature = token.split(".")
    for_another, unsigned = dict(decoded(claims), sub="root"), dict(decoded(head), alg="none")
    return {
        "another user": f"{head}.{encoded(for_another)}.{signature}",
        "no signature": f"{head}.{claims}.",
        "alg: none": f"{encoded(unsigned)}.{claims}.",
        "alg: none, signed": f"{encoded(unsigned)}.{claims}.{signature}",
        "another audience": f"{head}.{encoded(dict(decoded(claims), aud='rawk-ticket'))}.{signature}",
        "a later expiry": f"{head}.{encoded(dict(decoded(claims), exp=4_000_000_000))}.{signature}",
        "no token": "nonsense",
    }


def decoded(part: str) -> dict[str, object]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def encoded(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
