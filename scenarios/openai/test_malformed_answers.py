"""The model answers an analysis once with malformed content.

Claim: When the first analysis violates the schema, is empty, or is not JSON, the worker requests it again at the same
attempt, and takes the next answer.
"""

import pytest

from sim import Simulation, faults, minutes


@pytest.mark.parametrize("kind", ["schema_breaking", "empty", "html", "empty_object"])
def test_malformed_analysis_is_requested_again(sim: Simulation, kind: faults.openai.BadAnalysis) -> None:
    # Given the first analysis is malformed.
    with sim.fault(faults.openai.bad_analysis(kind).first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_complete, within=minutes(5))

    # Then the next answer is taken at the same attempt.
    assert memories.one["attempts"] == 1
    assert memories.one["openai_calls"] == 3
