"""What a script asserts: what the violated invariant says, where the invariants of every scenario see less."""

from sim.explorer.invariants import names
from sim.explorer.runtime.policies import policies

UNSEEN = {
    names.IN_TIME: "seeing with which timeout the product calls OpenAI",
    names.ECONOMY: "counting every call of the product",
    names.OUTBOX_SENT_IN_TIME: "measuring how long a row stays in the outbox",
}
"""Invariants that nothing in a scenario shows, and what it would have to do."""

_CALLS_OF_MEMORY = [
    "for memory in Memories(sim.api, sim.api.accepted).fetch():",
    '    calls = [each for each in sim.openai.all_calls() if each["memory_id"] == memory["id"]]',
]


def at_rest(invariant: str) -> list[str]:
    """Once everything is done, before the redrive."""
    limits, retry = policies().limits, policies().processing.retry
    match invariant:
        case names.TITLE_KEPT:
            return ["assert Memories(sim.api, sim.api.accepted).all_have_their_titles()"]
        case names.COMPLETENESS:
            return ["assert Memories(sim.api, sim.api.accepted).all_have_analyses_of_the_whole()"]
        case names.COST_RECORDED:
            return [
                *_CALLS_OF_MEMORY,
                '    assert memory["openai_calls"] <= len(calls)',
                '    assert memory["billed_seconds"] <= sum(each["billed_seconds"] for each in calls)',
                '    assert memory["transcript"] is None or memory["billed_seconds"] > 0',
            ]
        case names.ONE_WORKER:
            return [
                *_CALLS_OF_MEMORY,
                '    ends = [each["time"] + (each["duration_seconds"] or 0.0) for each in calls]',
                '    assert all(end <= later["time"] for end, later in zip(ends, calls[1:], strict=False))',
            ]
        case names.BUDGET:
            return [
                *_CALLS_OF_MEMORY,
                '    transcriptions = [each for each in calls if each["endpoint"] == "transcription"]',
                f'    assert len(transcriptions) <= {retry.tries} * memory["attempts"]',
            ]
        case names.TRUE_REASON:
            return [
                "for memory in Memories(sim.api, sim.api.accepted).fetch():",
                '    reason = (memory["failure"] or {}).get("reason")',
                '    assert reason != "audio_missing"',
                '    if memory["status"] == "failed" and reason != "configuration":',
                f'        assert memory["attempts"] >= {limits.max_receive_count}',
            ]
        case _:
            return []


def long_wait(duration: str) -> list[str]:
    """A day or more. While the relay is off, nothing is due every minute; afterwards it does what is due by then."""
    return [
        "with sim.fault(faults.queue.relay_off()):",
        f"    sim.run_for({duration})",
        "sim.run_for(hours(2))",
    ]


def at_the_end(invariant: str, details: str) -> list[str]:
    """After the faults, the redrive and its processing. The details are those of the violation."""
    match invariant:
        case names.DRAINS if "audio" in details:
            owned = "sum(len(sim.api.list_memories(each)) for each in sim.api.tenants)"
            return [
                *long_wait("hours(24)"),
                "# The sweep has removed by its age what belongs to no memory.",
                f"assert len(sim.stored_audio()) == {owned}",
            ]
        case names.DRAINS:
            return [
                "accepted = Memories(sim.api, sim.api.accepted)",
                'assert "failed" not in accepted.statuses',
                'assert "pending" not in accepted.analysis_states',
            ]
        case names.TOMBSTONES_FORGOTTEN:
            return ["assert sim.remembers_no_deletion()"]
        case _:
            return []


def of_first_upload(invariant: str, answer: str) -> list[str]:
    """No other tenant's key can be in the way."""
    return [f"assert {answer}.status_code != 409"] if invariant == names.TENANT_ISOLATION else []


def of_repeated_upload(invariant: str, answer: str, first: str) -> list[str]:
    """The same recording under the same key."""
    if invariant not in (names.IDEMPOTENCY, names.NOTHING_LOST):
        return []
    return [f'assert {answer}.status_code == 503 or {answer}.json()["id"] == {first}.json()["id"]']


def of_other_upload(invariant: str, answer: str) -> list[str]:
    """Another recording under a key that was used before."""
    return [f"assert {answer}.status_code in (409, 503)"] if invariant == names.IDEMPOTENCY else []
