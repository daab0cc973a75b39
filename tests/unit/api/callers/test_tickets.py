"""Tickets: one memory, for reading, for a minute, instead of a key in an address."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from rawk.api import events
from tests.unit.api.conftest import ACME, GLOBEX
from tests.unit.api.test_events import Life, parsed
from tests.unit.api.test_memories import upload

MEMORIES = "/api/v1/memories"


@pytest.fixture(autouse=True)
def short_streams(monkeypatch):
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.0)


@pytest.fixture
def memory(client):
    return upload(client).headers["Location"]


@pytest.fixture
def browser(app, client):
    """Sends no headers of its own, as an EventSource."""
    browser = TestClient(app, follow_redirects=False)
    browser.portal = client.portal
    return browser


def ticket_for(client, memory, **more):
    answer = client.post(f"{memory}/ticket", **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["ticket"]


def test_a_ticket_opens_a_stream_and_the_audio(client, browser, memory):
    answer = client.post(f"{memory}/ticket")
    ticket = {"ticket": answer.json()["ticket"]}

    assert answer.json()["expires_at"] == "2026-11-20T12:01:00Z"
    assert answer.headers["Cache-Control"] == "no-store"
    stream = browser.get(f"{memory}/events", params=ticket)
    assert stream.status_code == 200
    assert "event: status" in stream.text
    assert browser.get(f"{memory}/audio", params=ticket).status_code == 307
    assert browser.head(f"{memory}/events", params=ticket).status_code == 200


def test_a_stream_reconnects_with_its_ticket_and_a_new_one_begins_where_the_old_one_ended(client, world, browser):
    life = Life(client, world)
    memory = f"{MEMORIES}/{life.id}"
    ticket = ticket_for(client, memory)
    life.taken_up()

    def numbers(headers=None, **parameters):
        text = browser.get(f"{memory}/events", params={"ticket": ticket} | parameters, headers=headers).text
        return [parsed(block)[1] for block in text.split("\n\n")[1:] if block]

    assert numbers() == ["1", "2"]
    assert numbers({"Last-Event-ID": "1"}) == ["2"]
    assert numbers(last_event_id="1") == ["2"]
    assert numbers({"Last-Event-ID": "2"}, last_event_id="1") == []


def test_a_ticket_expires_after_a_minute_and_a_clock_skew(client, world, browser, memory):
    ticket = {"ticket": ticket_for(client, memory)}

    world.pass_time(timedelta(seconds=89))
    assert browser.get(f"{memory}/events", params=ticket).status_code == 200
    world.pass_time(timedelta(seconds=1))
    assert browser.get(f"{memory}/events", params=ticket).status_code == 401


def test_a_ticket_is_for_one_memory(client, browser, memory):
    other = upload(client).headers["Location"]
    ticket = {"ticket": ticket_for(client, other)}

    for path in (f"{memory}/events", f"{memory}/audio"):
        answer = browser.get(path, params=ticket)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:rawk:problem:not-authenticated")


def test_a_ticket_permits_nothing_but_stream_and_audio(client, browser, memory):
    ticket = ticket_for(client, memory)

    for method, path in [
        ("GET", memory),
        ("GET", MEMORIES),
        ("DELETE", memory),
        ("POST", f"{memory}/ticket"),
        ("POST", f"{memory}/retry"),
        ("GET", "/api/v1/auth/me"),
    ]:
        assert browser.request(method, path, params={"ticket": ticket}).status_code == 401, path
        bearer = {"Authorization": f"Bearer {ticket}"}
        assert browser.request(method, path, headers=bearer).status_code == 401, path


def test_a_token_is_no_ticket(browser, world, memory):
    world.caller_operations().add_user("ada", ["acme"], "correct horse battery")
    login = {"username": "ada", "password": "correct horse battery"}
    token = browser.post("/api/v1/auth/token", data=login).json()["access_token"]

    assert browser.get(f"{memory}/events", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert browser.get(f"{memory}/events", params={"ticket": token}).status_code == 401


@pytest.mark.parametrize("ticket", ["", "x", "a.b.c", "key-of-acme", "é", "x" * 3000])
def test_what_is_no_ticket_is_refused(browser, memory, ticket):
    assert browser.get(f"{memory}/events", params={"ticket": ticket}).status_code == 401


def test_a_wrong_ticket_is_refused_although_a_key_comes_with_it(browser, memory):
    assert browser.get(f"{memory}/events", params={"ticket": "x"}, headers=ACME).status_code == 401


def test_nobody_gets_a_ticket_for_a_memory_of_another_tenant(client, browser, memory):
    assert client.post(f"{memory}/ticket", headers=GLOBEX).status_code == 404
    assert browser.post(f"{memory}/ticket").status_code == 401
    assert client.post(f"{MEMORIES}/nonsense/ticket").status_code == 404


def test_a_ticket_does_not_bring_a_deleted_memory_back(client, browser, memory):
    ticket = {"ticket": ticket_for(client, memory)}
    client.delete(memory)

    assert browser.get(f"{memory}/events", params=ticket).status_code == 404
    assert browser.get(f"{memory}/audio", params=ticket).status_code == 404


def test_no_ticket_reaches_a_log(client, browser, memory, caplog):
    caplog.set_level("DEBUG", "rawk")
    ticket = ticket_for(client, memory)
    browser.get(f"{memory}/events", params={"ticket": ticket})
    browser.get(f"{memory}/audio", params={"ticket": ticket + "x"})

    assert caplog.records
    assert ticket not in " ".join(str(record.__dict__) for record in caplog.records)
