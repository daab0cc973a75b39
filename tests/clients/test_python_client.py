"""The client that openapi-python-client generates logs in, uploads, polls, lists and deletes."""

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sim import recordings
from tests.fuzz.api import PASSWORD, USER, Api

from .generated import python_package

PROCESSING_SECONDS = 60
PACKAGE = "generated_rawk_client"


@pytest.fixture
def generated(document: Path, tmp_path: Path) -> Iterator[Callable[[str], Any]]:
    """Imports modules of the generated package."""
    python_package(document, tmp_path / PACKAGE)
    sys.path.insert(0, str(tmp_path))
    try:
        yield lambda module: import_module(f"{PACKAGE}{module}")
    finally:
        sys.path.remove(str(tmp_path))
        for name in [each for each in sys.modules if each.split(".")[0] == PACKAGE]:
            del sys.modules[name]


def polled(read: Callable[[], Any]) -> Any:
    """The memory once it is final."""
    give_up_at = time.monotonic() + PROCESSING_SECONDS
    while (memory := read()).status not in ("complete", "failed"):
        assert time.monotonic() < give_up_at, memory
        time.sleep(0.1)
    return memory


def test_the_python_client_does_what_a_user_does(api: Api, generated: Callable[[str], Any]) -> None:
    models, callers = generated(".models"), generated(".api.callers.log_in")

    with generated("").Client(base_url=api.url) as anonymous:
        token = callers.sync(client=anonymous, body=models.LogInBody(username=USER, password=PASSWORD))
    with generated("").AuthenticatedClient(base_url=api.url, token=token.access_token) as client:
        use(client, generated)


def use(client: Any, generated: Callable[[str], Any]) -> None:
    models, types, listing = generated(".models"), generated(".types"), generated(".api.memories.list_memories")
    call = {name: generated(f".api.memories.{name}") for name in ("upload_recording", "get_memory", "delete_memory")}

    # Upload, and poll.
    recording = recordings.all()[0]
    body = models.UploadRecordingBody(
        audio=types.File(BytesIO(recordings.variant(recording, 1)), recording.file_name),
        title="Über Python 👩‍⚕️",
        recorded_at=datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
    )
    accepted = call["upload_recording"].sync(client=client, body=body)
    assert isinstance(accepted, models.AcceptedView), accepted
    memory = polled(lambda: call["get_memory"].sync(accepted.id, client=client))
    assert memory.status == models.Status.COMPLETE, memory.failure
    assert (memory.title, memory.recorded_at) == (body.title, body.recorded_at)
    assert memory.transcript == recordings.variant_transcript(recording, 1)

    # List, be refused, and delete.
    page = listing.sync(client=client, status=models.Status.COMPLETE, limit=5)
    assert accepted.id in [each.id for each in page.memories]
    refused = listing.sync(client=client, limit=1000)
    assert [fault.field for fault in refused.errors] == ["query.limit"]
    assert call["delete_memory"].sync_detailed(accepted.id, client=client).status_code == 204
    assert call["get_memory"].sync(accepted.id, client=client).type_ == "urn:rawk:problem:memory-not-found"
