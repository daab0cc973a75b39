"""OpenAI's address answers with a redirect to another host.

Claim: When OpenAI's address redirects a transcription to another host, the worker sends neither audio nor key there,
the recording fails with the reason configuration, and one redrive completes it at the configured address.
"""

import pytest

from sim import Simulation, faults, hours, minutes


@pytest.mark.parametrize("status", [307, 308])
def test_redirect_is_not_followed(sim: Simulation, status: int) -> None:
    # Given the first call is redirected.
    with sim.fault(faults.openai.redirects(status).first(1)):
        memories = sim.api.record(1)
        sim.run_until(memories.all_failed, within=minutes(1))
        sim.run_until(sim.queue.is_empty, within=minutes(1))

        # Then no call arrived at the other host, which would be recorded as well.
        assert [call["status_code"] for call in sim.openai.all_calls()] == [status]
    assert memories.failure_reasons == {"configuration": 1}

    # When the address is right again and the operator redrives, then it completes.
    sim.operator.redrive("configuration")
    sim.run_until(memories.all_complete, within=hours(1))
