"""The model babbles once: another shape, nothing, a proxy's page, an empty object.

Claim: garbage of every kind is worth another try in the same invocation, and the next answer is taken.
"""

import pytest

from sim import Simulation, faults, minutes


@pytest.mark.parametrize("kind", ["schema_breaking", "empty", "html", "empty_object"])
def test_garbage_of_every_kind_is_worth_another_try(sim: Simulation, kind: faults.openai.BadAnalysis) -> None:
    # Given the first analysis is garbage.
    with sim.fault(faults.openai.bad_analysis(kind).first(1)):
        memo = sim.api.record(1)
        sim.run_until(memo.all_complete, within=minutes(5))

    # Then the next answer is taken.
    assert memo.one["attempts"] == 1
    assert memo.one["openai_calls"] == 3
