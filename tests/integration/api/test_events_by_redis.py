"""Many clients follow their memories through one server and one Redis, and disconnect."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
import redis

from rawk.adapters.redis.notifications import CHANNEL
from tests.contract.servers import the_redis
from tests.integration.api.conftest import TIMEOUT_SECONDS, listening_server
from tests.unit.api.forms import wav

MEMORIES = "/api/v1/memories"
FOLLOWERS = 30


@pytest.fixture
def log_path(tmp_path):
    return tmp_path / "server.log"


@pytest.fixture
def client(request, log_path) -> Iterator[httpx2.Client]:
    """It polls by itself only long after a test has failed."""
    environment = {"REDIS_URL": the_redis(request.config).url, "POLL_SECONDS": "600"}
    with (
        listening_server("tests.integration.api.server:create_app", environment, log_path) as (port, _),
        httpx2.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"X-API-Key": "key-of-acme"},
            timeout=TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=FOLLOWERS + 10),
            trust_env=False,
        ) as client,
    ):
        yield client


@pytest.fixture
def subscribers(request):
    """Wait until this many connections are subscribed; gives the number."""

    def become(count: int) -> None:
        end = time.monotonic() + TIMEOUT_SECONDS
        with redis.Redis.from_url(the_redis(request.config).url) as server:
            while (now := server.pubsub_numsub(CHANNEL)[0][1]) != count:
                assert time.monotonic() < end, f"still {now}"
                time.sleep(0.02)

    return become


def recorded(client: httpx2.Client) -> str:
    memory_id: str = client.post(MEMORIES, files={"audio": ("memo.wav", wav(2_000))}).json()["id"]
    return memory_id


def event_names(stream: httpx2.Response) -> Iterator[str]:
    return (line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith("event: "))


def complaints(log_path: Path) -> list[str]:
    return [line for line in log_path.read_text().splitlines() if not line.startswith("INFO:")]


def test_all_streams_share_one_connection_which_closes_with_the_last(client, subscribers, log_path):
    with ExitStack() as streams:
        followed = {}
        for memory_id in [recorded(client) for _ in range(FOLLOWERS)]:
            stream = streams.enter_context(client.stream("GET", f"{MEMORIES}/{memory_id}/events"))
            followed[memory_id] = event_names(stream)
            assert next(followed[memory_id]) == "status"
        subscribers(1)

        *removed, last = followed
        with ThreadPoolExecutor(4) as threads:
            for answer in threads.map(lambda memory_id: client.delete(f"{MEMORIES}/{memory_id}"), removed):
                assert answer.status_code == 204
        assert [list(followed[memory_id]) for memory_id in removed] == [["deleted"]] * len(removed)
        subscribers(1)
        client.delete(f"{MEMORIES}/{last}")
        assert list(followed[last]) == ["deleted"]

    subscribers(0)
    assert complaints(log_path) == []


def test_clients_that_disconnect_are_unsubscribed(client, subscribers, log_path):
    memory_id = recorded(client)
    with ExitStack() as streams:
        followed = []
        for _ in range(FOLLOWERS):
            stream = streams.enter_context(client.stream("GET", f"{MEMORIES}/{memory_id}/events"))
            followed.append(event_names(stream))
            assert next(followed[-1]) == "status"
        subscribers(1)

    subscribers(0)
    assert complaints(log_path) == []
