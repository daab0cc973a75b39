"""An operator follows one recording whose job was retried.

Claim: When a job is retried after a failure, an operator's trace of its recording shows both attempts in order, with
its ids and durations, from the logs of API and worker and from the database, and nothing of another recording.
"""

from sim import Simulation, faults, hours, minutes, needs

pytestmark = needs.virtual_time


def test_a_trace_follows_one_recording_across_a_retry(sim: Simulation) -> None:
    # Given two recordings, and OpenAI is down at their first attempt.
    with sim.fault(faults.openai.down()):
        memories = sim.api.record(2)
        sim.run_until(lambda: all(memory["attempts"] == 1 for memory in memories.fetch()), within=minutes(10))
        sim.run_for(minutes(10))
    sim.run_until(memories.all_complete, within=hours(2))

    # When the operator traces one of them.
    followed, other = memories.ids
    entries = sim.operator.trace(followed)

    # Then both attempts are in it, in the order of time, between the acceptance and the completion.
    happened = [(entry["where"], entry["what"]) for entry in entries]
    assert [entry["attempt"] for entry in entries if entry["what"] == "job_claimed"] == [1, 2]
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    steps = [("api", "memory_accepted"), ("worker", "job_returned"), ("worker", "analysis_saved")]
    assert [happened.index(step) for step in steps] == sorted(happened.index(step) for step in steps)
    assert ("database", "status complete") in happened

    # And every attempt says how long it took, and no line is about the other recording.
    ended = [entry for entry in entries if entry["what"] == "job_ended"]
    assert len(ended) == 2
    assert all(entry["took_ms"] > 0 for entry in ended)
    assert {entry.get("memory_id", followed) for entry in entries} == {followed}
    assert other not in str(entries)

    # And the job's message leads to the same lines.
    message_id = ended[0]["message_id"]
    assert {entry["what"] for entry in sim.operator.trace(message_id)} >= {"memory_accepted", "analysis_saved"}
