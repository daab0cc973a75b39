"""SQS answers with status 200 and something that is no success.

Claim: While SQS answers 200 with nonsense or without a message id, uploads are accepted, no answer is taken for a sent
job, and all recordings complete once SQS answers properly.
"""

import pytest

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time

ANSWERS = {
    "empty": faults.queue.answers("empty"),
    "html": faults.queue.answers("html"),
    "other_json": faults.queue.answers("other_json"),
    "error_body": faults.queue.answers("error_body"),
    "truncated": faults.queue.answers("truncated"),
    "partial": faults.queue.answers("partial"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_sqs_answers_nonsense(sim: Simulation, kind: str) -> None:
    # Given SQS whose every answer over HTTP is no success.
    with sim.fault(ANSWERS[kind]):
        # When clients upload, then the API accepts, and the relay cannot send the jobs either.
        memories = sim.api.record(2)
        sim.run_for(minutes(3))

    # And afterwards all complete, each paid for once.
    sim.run_until(memories.all_complete, within=hours(2))
    assert [memory["openai_calls"] for memory in memories.fetch()] == [2, 2]
