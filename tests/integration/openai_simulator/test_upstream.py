"""A simulator in front of another server of OpenAI's API: that one answers, faults and the record stay."""

import httpx
import openai
import pytest

from sim import faults, recordings
from sim.openai_simulator.client import OpenAIServer, Space
from sim.openai_simulator.process import OpenAIServerProcess
from sim.openai_simulator.upstream import Upstream, tokens_in, upstream_of, upstream_variables

UPSTREAM_KEY = "sk-of-the-real-one"
SOUP = recordings.by_name("lentil-soup")


@pytest.fixture
def upstream(simulator) -> Space:
    """It stands for OpenAI."""
    opened = simulator.server.space("upstream", api_key=UPSTREAM_KEY)
    opened.reset()
    opened.set_api_key(UPSTREAM_KEY)
    return opened


@pytest.fixture
def front(upstream, tmp_path):
    variables = upstream_variables(UPSTREAM_KEY, upstream.base_url)
    with OpenAIServerProcess(tmp_path / "openai.jsonl", tmp_path / "openai.log", variables=variables) as process:
        yield OpenAIServer(process.url).space("front", api_key="sk-front")


@pytest.fixture
def sdk(front):
    with openai.OpenAI(base_url=front.base_url, api_key=front.api_key, max_retries=0) as client:
        yield client


def transcribe(sdk) -> str:
    audio = (SOUP.file_name, SOUP.data)
    return sdk.audio.transcriptions.create(model="gpt-4o-mini-transcribe", file=audio).text


def chat(sdk):
    messages = [{"role": "user", "content": "Say something."}]
    return sdk.chat.completions.create(model="gpt-4o-mini", messages=messages)


def test_the_upstream_answers_and_both_keep_a_record(sdk, front, upstream):
    assert transcribe(sdk) == SOUP.transcript

    (record,), (original,) = front.journal(), upstream.journal()
    assert (record["outcome"], record["status_code"]) == ("answered", 200)
    assert record["billed_seconds"] == original["billed_seconds"] > 0
    assert record["recording"] == "lentil-soup"
    assert record["request_id"] == original["request_id"]


def test_tokens_are_those_that_the_upstream_bills(sdk, front, upstream):
    chat(sdk)

    (record,), (original,) = front.journal(), upstream.journal()
    for name in ("billed_prompt_tokens", "billed_completion_tokens"):
        assert record[name] == original[name] > 0


def test_its_errors_are_passed_on(sdk, front, upstream):
    upstream.set_api_key("sk-another")

    with pytest.raises(openai.AuthenticationError):
        transcribe(sdk)

    assert front.journal()[0]["billed_seconds"] == 0


def test_who_has_no_key_of_the_simulator_does_not_reach_it(front, upstream):
    stranger = openai.OpenAI(base_url=front.base_url, api_key=UPSTREAM_KEY, max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        transcribe(stranger)

    assert upstream.journal() == []


@pytest.mark.parametrize("fault", [faults.openai.down(), faults.openai.quota_exhausted(), faults.openai.resets()])
def test_faults_apply(sdk, front, fault):
    front.add_fault(fault.to_rule())

    with pytest.raises(openai.OpenAIError):
        transcribe(sdk)


def test_what_a_fault_answers_costs_nothing(sdk, front, upstream):
    front.add_fault(faults.openai.bad_analysis("malformed").to_rule())

    chat(sdk)

    assert upstream.journal() == []


def test_an_upstream_that_does_not_answer_is_an_outage(tmp_path):
    variables = upstream_variables(UPSTREAM_KEY, "http://127.0.0.1:9/v1")
    with OpenAIServerProcess(tmp_path / "openai.jsonl", tmp_path / "openai.log", variables=variables) as process:
        front = OpenAIServer(process.url).space("front", api_key="sk-front")
        with (
            openai.OpenAI(base_url=front.base_url, api_key="sk-front", max_retries=0) as sdk,
            pytest.raises(openai.InternalServerError) as error,
        ):
            transcribe(sdk)
    assert error.value.status_code == 503


def test_the_key_is_in_no_file(sdk, tmp_path):
    transcribe(sdk)

    assert [file for file in tmp_path.iterdir() if UPSTREAM_KEY.encode() in file.read_bytes()] == []


def test_the_environment_names_the_upstream():
    assert upstream_of({}) is None
    assert upstream_of(upstream_variables("sk")) == Upstream("sk", "https://api.openai.com")
    assert upstream_of(upstream_variables("sk", "https://gateway.example/openai/v1/")) == Upstream(
        "sk", "https://gateway.example/openai"
    )
    assert "sk-secret" not in repr(Upstream("sk-secret"))


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"[]", b"{}", b'{"usage": 3}', b'{"usage": {"prompt_tokens": "x"}}']
)
def test_an_answer_without_usage_bills_nothing(body):
    from sim.openai_simulator.http.server import Answer

    assert tokens_in(Answer(200, body)) == (0, 0)


def test_other_paths_are_not_passed_on(front, upstream):
    answer = httpx.get(f"{front.base_url}/files", headers={"Authorization": f"Bearer {front.api_key}"})

    assert answer.status_code >= 400
    assert upstream.journal() == []
