"""How many uploads and event streams there may be at once; the next client learns when to come back."""

from contextlib import ExitStack

import httpx
import pytest

from rawk.api.capacity.places import Places
from rawk.domain.errors import Overloaded, TooManyAtOnce
from tests.unit.api.asgi_driver import Exchange
from tests.unit.api.forms import audio, form, wav
from tests.unit.api.test_memories import MEMORIES, upload


def test_a_tenant_and_all_together_have_places_which_come_back():
    places = Places("things", 3, 2)
    with ExitStack() as held:
        held.enter_context(places.one("a"))
        with places.one("a"):
            with pytest.raises(TooManyAtOnce, match="You have 2 things in progress"), places.one("a"):
                pass
            held.enter_context(places.one("b"))
            with pytest.raises(Overloaded, match="too many things"), places.one("c"):
                pass
        held.enter_context(places.one("c"))
        assert places.taken == 3
    assert places.taken == 0
    assert not places._taken


@pytest.mark.parametrize("ends", ["refused", "raises"])
def test_a_place_comes_back_however_its_holder_ends(ends):
    places = Places("things", 1, 1)

    def hold() -> None:
        with places.one("a"):
            if ends == "raises":
                raise ValueError
            places.one("a").__enter__()

    with pytest.raises(ValueError if ends == "raises" else TooManyAtOnce):
        hold()
    with places.one("a"):
        assert places.taken == 1


@pytest.mark.parametrize(
    ("in_all", "status", "kind"), [(9, 429, "too-many-at-once"), (1, 503, "overloaded")], ids=["tenant", "all"]
)
@pytest.mark.parametrize("what", ["uploads", "streams"])
def test_a_client_without_a_place_learns_when_to_come_back(app, client, world, what, in_all, status, kind):
    memory_id = upload(client).json()["id"]
    world.faults.calls.clear()
    places = app.state.streams if what == "streams" else app.state.uploads._places
    places._in_all, places._per_tenant = in_all, 1
    with places.one("acme" if in_all > 1 else "globex"):
        if what == "uploads":
            answer = client.post(MEMORIES, files={"audio": wav()})
        else:
            answer = client.get(f"{MEMORIES}/{memory_id}/events")

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:rawk:problem:{kind}")
    assert answer.headers["Retry-After"] == "5"
    assert world.faults.calls == []
    if what == "uploads":
        assert client.post(MEMORIES, files={"audio": wav()}).status_code == 202


def test_a_refused_upload_is_not_read(app):
    app.state.uploads._places._per_tenant = 0
    exchange = Exchange([form(audio(wav()))] * 3, content_length=10**6)

    assert exchange.run(app).status == 429
    assert exchange.consumed_bytes_at_answer == 0


def test_a_stream_holds_its_place_to_its_end(app, client, world):
    memory_id = upload(client).json()["id"]
    taken: list[int] = []

    class Looking:
        async def changed(self, _: float) -> bool:
            taken.append(app.state.streams.taken)
            world.memories.delete("acme", memory_id, world.clock.now())  # which ends the stream
            return True

    class Notifications:
        def subscribe(self, _: str) -> "Notifications":
            return self

        async def __aenter__(self) -> Looking:
            return Looking()

        async def __aexit__(self, *_: object) -> None: ...

    object.__setattr__(app.state.services, "notifications", Notifications())

    answer: httpx.Response = client.get(f"{MEMORIES}/{memory_id}/events")

    assert answer.status_code == 200
    assert taken == [1]
    assert app.state.streams.taken == 0
