"""S3 or SQS that swallows every byte, or answers byte by byte: the API's adapters give up, as often as they may."""

from collections.abc import Callable

import pytest

from rawk import composition
from rawk.adapters.s3.bounded import BoundedAudioStore
from rawk.adapters.sqs.bounded import BoundedJobQueue
from rawk.domain.errors import QueueUnavailable, StorageUnavailable
from rawk.domain.messages import Job
from rawk.ports import AudioStore
from tests.integration.adapters.aws.raw_server import RawServer, answering, http_answer
from tests.integration.adapters.aws.test_malformed_answers import S3_CALLS

HASTY = composition.AwsTimeouts(connect_seconds=0.2, read_seconds=0.1, attempts=2)
"""Shorter than those of the API, so that the tests do not last."""


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    def made(service: str, server: RawServer, timeouts: composition.AwsTimeouts) -> object:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        return composition._client(service, timeouts)

    return made


def audio_store(client: object) -> AudioStore:
    return BoundedAudioStore(client, "bucket")  # type: ignore[arg-type]


@pytest.mark.parametrize("call", S3_CALLS)
def test_s3_that_swallows_every_byte_is_unavailable_after_two_attempts(
    call: str, client_of: Callable[..., object]
) -> None:
    with answering(None) as server:
        with pytest.raises(StorageUnavailable):
            S3_CALLS[call](audio_store(client_of("s3", server, HASTY)))
        assert server.connections == 2


def test_an_upload_that_hung_is_aborted_without_a_further_call(client_of: Callable[..., object]) -> None:
    with answering(None) as server:
        upload = audio_store(client_of("s3", server, HASTY)).open_upload("audio/a/1", "audio/wav")
        upload.write(bytes(10))
        with pytest.raises(StorageUnavailable):
            upload.complete()
        upload.abort()
        assert server.connections == 2


def test_sqs_that_swallows_every_byte_is_tried_once(client_of: Callable[..., object]) -> None:
    with answering(None) as server:
        queue = BoundedJobQueue(client_of("sqs", server, composition.API_QUEUE), f"{server.url}/1/jobs")  # type: ignore[arg-type]
        for _ in range(3):
            with pytest.raises(QueueUnavailable):
                queue.send(Job("m", "c"))
        queue.close()
        assert server.connections == 1


def test_sqs_that_answers_byte_by_byte_is_unavailable(client_of: Callable[..., object]) -> None:
    """No timeout of the socket ends this: each byte comes in time."""
    with answering(http_answer(b"{}"), drip_seconds=0.5) as server:
        queue = BoundedJobQueue(client_of("sqs", server, composition.API_QUEUE), f"{server.url}/1/jobs")  # type: ignore[arg-type]
        with pytest.raises(QueueUnavailable, match="no answer within"):
            queue.send(Job("m", "c"))
        queue.close()
