"""Each port twice: the in-memory adapter and the real one, under the same tests."""

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest

from rawk.adapters.postgres.connection_pool import make_engine
from rawk.adapters.postgres.in_memory import InMemoryMemoryStore
from rawk.adapters.postgres.store import PostgresMemoryStore
from rawk.adapters.redis.in_memory import InMemoryStatusNotifications
from rawk.adapters.redis.notifications import RedisStatusNotifications
from rawk.adapters.redis.publishing_store import PublishingMemoryStore
from rawk.adapters.s3.in_memory import InMemoryAudioStore
from rawk.adapters.s3.store import S3AudioStore
from rawk.ports import AudioStore, MemoryStore
from tests.contract.clock import SteppingClock
from tests.contract.notifications import NotificationEnds
from tests.contract.queues import InMemoryQueues, Queues, SqsQueues
from tests.contract.servers import (
    CONNECTIONS,
    a_database,
    aws_client,
    the_localstack,
    the_pooler,
    the_postgres,
    the_redis,
)


@pytest.fixture(params=["in_memory", "publishing", "postgres", "pooler"])
def store(request: pytest.FixtureRequest) -> Iterator[MemoryStore]:
    if request.param == "in_memory":
        yield InMemoryMemoryStore()
        return
    if request.param == "publishing":
        yield PublishingMemoryStore(InMemoryMemoryStore(), InMemoryStatusNotifications())
        return
    with a_database(the_postgres(request.config)) as url:
        if request.param == "pooler":
            url = the_pooler(request.config).url(url)
        engine = make_engine(url, pool_size=CONNECTIONS)
        yield PostgresMemoryStore(engine)
        engine.dispose()


@pytest.fixture(params=["in_memory", "redis"])
def ends(request: pytest.FixtureRequest) -> Iterator[NotificationEnds]:
    if request.param == "in_memory":
        notifications = InMemoryStatusNotifications()
        yield NotificationEnds(worker=notifications, api=notifications)
        return
    url = the_redis(request.config).url
    with closing(RedisStatusNotifications(url)) as worker, closing(RedisStatusNotifications(url)) as api:
        yield NotificationEnds(worker, api)


@pytest.fixture(params=["in_memory", "s3"])
def audio(request: pytest.FixtureRequest) -> AudioStore:
    if request.param == "in_memory":
        return InMemoryAudioStore(SteppingClock())
    client = aws_client("s3", the_localstack(request.config).endpoint_url)
    bucket = f"audio-{uuid4()}"
    client.create_bucket(Bucket=bucket)
    return S3AudioStore(client, bucket)


@pytest.fixture(params=["in_memory", "sqs"])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "in_memory":
        return InMemoryQueues()
    return SqsQueues(aws_client("sqs", the_localstack(request.config).endpoint_url))
