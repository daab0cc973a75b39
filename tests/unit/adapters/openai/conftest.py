from collections.abc import Iterator

import pytest
import respx
from openai import OpenAI

from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber, make_client
from tests.unit.adapters.openai.responses import BASE_URL, KEY
from tests.unit.adapters.openai.respx_bridge import HTTPCORE2
from tests.unit.api.world import StandingClock


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(scope="session")
def client() -> OpenAI:
    """One for all tests: to read the trusted certificates takes longer than a test."""
    return make_client(KEY, BASE_URL, StandingClock())


@pytest.fixture
def transcriber(client: OpenAI, clock: StandingClock) -> OpenAITranscriber:
    return OpenAITranscriber(client, "gpt-transcribe", clock)


@pytest.fixture
def analyst(client: OpenAI, clock: StandingClock) -> OpenAIAnalyst:
    return OpenAIAnalyst(client, "gpt-small", clock)


@pytest.fixture
def openai() -> Iterator[respx.MockRouter]:
    """OpenAI with the responses that a test sets; any other call fails."""
    with respx.mock(base_url=BASE_URL, using=HTTPCORE2) as router:
        yield router
