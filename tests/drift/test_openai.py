"""The simulator's answers and refusals beside those of the real service: `tox -e drift`, with OPENAI_API_KEY."""

import os
from collections.abc import Iterator

import openai
import pytest

from tests.drift.comparison import compare_answers, compare_refusals
from tests.drift.requests import ANSWERS, REFUSALS
from tests.integration.openai_simulator.helpers import client_of, running_simulator

pytestmark = pytest.mark.drift


@pytest.fixture(scope="module")
def real() -> Iterator[openai.OpenAI]:
    key = os.environ.get("OPENAI_API_KEY")
    if not key:
        # One sentence, not one failure for each request: nothing can be compared.
        pytest.exit("OPENAI_API_KEY is not set: there is no service to compare with", pytest.ExitCode.USAGE_ERROR)
    with openai.OpenAI(api_key=key, max_retries=2, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[openai.OpenAI]:
    with (
        running_simulator(tmp_path_factory.mktemp("openai")) as running,
        client_of(running.server.space("drift")) as client,
    ):
        yield client


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_has_openais_shape(real: openai.OpenAI, ours: openai.OpenAI, name: str) -> None:
    assert compare_answers(ANSWERS[name], real, ours) == []


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_openais(real: openai.OpenAI, ours: openai.OpenAI, name: str) -> None:
    assert compare_refusals(REFUSALS[name], real, ours) == []
