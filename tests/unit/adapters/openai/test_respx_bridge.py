"""respx answers for OpenAI only through our bridge."""

import httpx
import pytest
import respx

from tests.unit.adapters.openai.responses import BASE_URL, CALL, answer
from tests.unit.adapters.openai.respx_bridge import HTTPCORE2


def test_bridged_calls_do_not_reach_the_network(transcriber):
    with respx.mock(base_url=BASE_URL, using=HTTPCORE2) as openai:
        route = openai.post("/audio/transcriptions").mock(return_value=answer({"text": "hello"}))

        assert transcriber.transcribe(b"audio", "a.wav", CALL).text == "hello"

    assert route.call_count == 1


@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_without_the_bridge_respx_does_not_see_the_call(transcriber, using):
    """Once this fails, respx supports httpx2 and the bridge can be removed."""
    with respx.mock(base_url=BASE_URL, using=using, assert_all_called=False) as openai:
        route = openai.post("/audio/transcriptions").mock(return_value=httpx.Response(200, json={"text": "hello"}))

        with pytest.raises(pytest.fail.Exception, match="looked up a host name"):
            transcriber.transcribe(b"audio", "a.wav", CALL)

    assert not route.called


def test_a_call_that_no_route_expects_is_an_error(transcriber):
    with (
        respx.mock(base_url=BASE_URL, using=HTTPCORE2),
        pytest.raises(AssertionError, match="not mocked"),
    ):
        transcriber.transcribe(b"audio", "a.wav", CALL)
