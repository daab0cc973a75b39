from collections.abc import Iterator

import pytest
import respx

from rawk.adapters.openai.client import OpenAIAnalyst, OpenAITranscriber, make_client
from tests.unit.adapters.openai.responses import BASE_URL, KEY
from tests.unit.adapters.openai.respx_bridge import HTTPCORE2
from tests.unit.api.world import StandingClock


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def transcriber(clock: StandingClock) -> OpenAITranscriber:
    return OpenAITranscriber(make_client(KEY, BASE_URL, clock), "gpt-transcribe", clock)


@pytest.fixture
def analyst(clock: StandingClock) -> OpenAIAnalyst:
    return OpenAIAnalyst(make_client(KEY, BASE_URL, clock), "gpt-small", clock)


@pytest.fixture
def openai() -> Iterator[respx.MockRouter]:
    """OpenAI with the responses that a test sets; any other call fails."""
    with respx.mock(base_url=BASE_URL, using=HTTPCORE2) as router:
        yield router
