"""What the simulator refuses of a request is our configuration, never the recording's or the transcript's fault."""

from datetime import UTC, datetime

import httpx2
import pytest

from rawk.adapters.openai.judgement import judge_analysis, judge_transcription
from rawk.domain.errors import AIMisconfigured
from sim.openai_simulator import errors
from sim.openai_simulator.errors import Refusal
from sim.openai_simulator.parameters import chat, transcription

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WRONG = [[None], {"x": [None]}, 10**9, "\n"]
CALLS = {
    **{f"chat {name}": (judge_analysis, name, kind) for name, kind in chat.PARAMETERS.items()},
    **{f"audio {name}": (judge_transcription, name, kind) for name, kind in transcription.PARAMETERS.items()},
}


def refusals_of(name, kind):
    for value in WRONG:
        try:
            kind.check(name, value)
        except Refusal as refusal:
            yield refusal.answer


@pytest.mark.parametrize("call", CALLS)
def test_a_parameter_of_the_wrong_kind(call):
    judge, name, kind = CALLS[call]
    answers = list(refusals_of(name, kind))

    judged = [judge(httpx2.Response(answer.status, content=answer.body), NOW) for answer in answers]

    assert judged
    assert {type(error) for error in judged} == {AIMisconfigured}, [answer.body for answer in answers]


@pytest.mark.parametrize("judge", [judge_analysis, judge_transcription])
@pytest.mark.parametrize(
    "answer",
    [
        errors.unknown_parameter("x"),
        errors.unrecognised(["x"]),
        errors.unrecognised(["x", "y"]),
        errors.unsupported_parameter("x"),
        errors.unsupported_value("x", 5),
        errors.unsupported_content_type("text/plain", "multipart/form-data"),
        errors.not_a_chat_model(),
        errors.not_offered("GET", "/v1/audio/speech"),
        errors.missing("model"),
    ],
    ids=lambda value: value.body.decode()[:60] if hasattr(value, "body") else "",
)
def test_a_request_that_is_refused_as_a_whole(judge, answer):
    assert isinstance(judge(httpx2.Response(answer.status, content=answer.body), NOW), AIMisconfigured)
