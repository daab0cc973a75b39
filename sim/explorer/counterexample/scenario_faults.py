"""The faults of a counterexample as faults of `sim`: which call sites and kinds have an equivalent, which have none.

The explorer injects a fault into one call of one actor; a scenario injects it outside of the product, at the first call
of its kind. So a fault has an equivalent only where both are the same call.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sim.explorer.plan.call_sites import FaultKind
from sim.explorer.plan.plan import SECOND_MS, CallName, Outage

type SiteName = str
F = FaultKind

OUTAGES: Mapping[tuple[str, FaultKind], str] = {
    ("openai", F.ERROR): "faults.openai.down()",
    ("openai", F.QUOTA): "faults.openai.quota_exhausted()",
    ("openai", F.MISCONFIGURED): "faults.openai.wrong_key()",
    ("openai", F.UNEXPLAINED): "faults.openai.refuses()",
    ("openai", F.RATE_LIMITED): "faults.openai.rate_limited(retry_after_seconds=20)",
    ("openai.analyse", F.ERROR): 'faults.openai.down(endpoint="chat")',
    ("openai.analyse", F.MALFORMED): 'faults.openai.bad_analysis("malformed")',
    ("openai.analyse", F.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", F.TRUNCATED): 'faults.openai.bad_analysis("length")',
    ("openai.transcribe", F.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.transcribe", F.MALFORMED): 'faults.openai.empty_object(endpoint="transcription")',
    ("openai.transcribe", F.ERROR): 'faults.openai.down(endpoint="transcription")',
    ("s3.get_object", F.ERROR): "faults.storage.get_fails()",
    ("s3", F.ERROR): "faults.storage.down()",
    ("memories", F.ERROR): "faults.database.down()",
    ("sqs", F.ERROR): "faults.queue.down_for_all()",
}
"""By port or call site, for as long as the outage lasts."""
_WITHOUT_WINDOW = frozenset({"memories"})
"""Ports whose outage begins with the scenario: `faults.database.down` has no `during`."""

_COMMITS = {"memories.claim": "claim", "memories.save_transcript": "transcript", "memories.save_analysis": "analysis"}
_WORKER_STEPS = {**_COMMITS, "s3.get_object": "fetch", "sqs.change_message_visibility": "return"}

CALL_FAULTS: Mapping[tuple[str, SiteName, FaultKind], str] = {
    **{
        ("worker", site, F.KILLED_BEFORE): f'faults.worker.killed_before("{step}")'
        for site, step in _WORKER_STEPS.items()
    },
    **{
        ("worker", site, F.KILLED_AFTER): f'faults.worker.killed_after("{step}")'
        for site, step in _WORKER_STEPS.items()
    },
    **{("worker", site, F.LOST): f'faults.database.commit_response_lost("{each}")' for site, each in _COMMITS.items()},
    **{("worker", site, F.ERROR): f'faults.database.commit_lost("{each}")' for site, each in _COMMITS.items()},
    ("worker", "memories.fail", F.LOST): 'faults.database.commit_response_lost("failure")',
    ("worker", "openai.transcribe", F.KILLED_BEFORE): 'faults.worker.killed_during("transcription")',
    ("worker", "openai.analyse", F.KILLED_BEFORE): 'faults.worker.killed_during("analysis")',
    ("worker", "sqs.change_message_visibility", F.ERROR): "faults.queue.visibility_change_fails().first(2)",
    ("worker", "s3.get_object", F.ERROR): "faults.storage.get_fails().first(2)",
    ("worker", "sqs.acknowledge", F.ERROR): "faults.queue.delivered_twice().first(1)",
    ("client", "memories.accept", F.LOST): 'faults.database.commit_response_lost("accept")',
    ("client", "memories.accept", F.ERROR): 'faults.database.commit_lost("accept")',
    ("client", "sqs.send_message", F.ERROR): "faults.queue.down()",
    ("client", "sqs.send_message", F.LOST): "faults.queue.send_response_lost().first(2)",
}
"""By who calls, call site and kind, at the first call of its kind. boto3 sends a request that fails twice."""
OPENAI_FAULTS: Mapping[tuple[SiteName, FaultKind], str] = {
    ("openai.transcribe", F.REJECTED): "faults.openai.unreadable_audio()",
    ("openai.transcribe", F.ERROR): 'faults.openai.errors(500, endpoint="transcription")',
    ("openai.transcribe", F.BILLED_AND_LOST): 'faults.openai.resets(endpoint="transcription")',
    ("openai.transcribe", F.QUOTA): 'faults.openai.quota_exhausted(endpoint="transcription")',
    ("openai.transcribe", F.MISCONFIGURED): 'faults.openai.wrong_key(endpoint="transcription")',
    ("openai.transcribe", F.UNEXPLAINED): 'faults.openai.refuses(endpoint="transcription")',
    ("openai.transcribe", F.MALFORMED): 'faults.openai.empty_object(endpoint="transcription")',
    ("openai.analyse", F.UNEXPLAINED): 'faults.openai.refuses(endpoint="chat")',
    ("openai.analyse", F.ERROR): 'faults.openai.errors(500, endpoint="chat")',
    ("openai.analyse", F.QUOTA): 'faults.openai.quota_exhausted(endpoint="chat")',
    ("openai.analyse", F.MISCONFIGURED): 'faults.openai.wrong_key(endpoint="chat")',
    ("openai.analyse", F.MALFORMED): 'faults.openai.bad_analysis("malformed")',
    ("openai.analyse", F.REFUSED): 'faults.openai.bad_analysis("refusal")',
    ("openai.analyse", F.FILTERED): 'faults.openai.bad_analysis("content_filter")',
    ("openai.analyse", F.TRUNCATED): 'faults.openai.bad_analysis("length")',
}
"""For the first calls of one endpoint; `first` says for how many."""
_ACTOR = re.compile(r"(?P<role>\w+)( on (?P<message>.+), receive (?P<receive>\d+))?.*")


@dataclass(frozen=True, slots=True)
class TriggeredFault:
    """The call site, the kind and the duration of a fault that was injected."""

    site: SiteName
    kind: FaultKind
    ms: int = 0


def translated(
    outages: Iterable[Outage], triggered: Mapping[CallName, TriggeredFault], recordings: int
) -> tuple[list[str], list[str]]:
    """The faults of `sim`, and in words what a scenario cannot do."""
    faults: list[str] = []
    obstacles: list[str] = []
    for outage in outages:
        fault = OUTAGES.get((outage.port, outage.kind))
        if fault is None or (outage.port in _WITHOUT_WINDOW and outage.begins_ms):
            obstacles.append(f"an outage of {outage.port} ({outage.kind}) from {_seconds(outage.begins_ms)} s on")
        else:
            faults.append(fault + _window(outage))
    for (site, kind), calls in _openai_calls(triggered).items():
        fault = OPENAI_FAULTS.get((site, kind))
        if kind is F.RATE_LIMITED:
            wait = _seconds(max(each.ms for each in triggered.values() if each.kind is kind))
            endpoint = "transcription" if site == "openai.transcribe" else "chat"
            fault = f'faults.openai.rate_limited(retry_after_seconds={wait}, endpoint="{endpoint}")'
        if fault is None or recordings > 1 or not _are_the_first(calls):
            obstacles += [f"{actor}, {site}, call {number}: {kind}" for actor, number in calls]
        else:
            faults.append(f"{fault}.first({len(calls)})")
    for (actor, site, number), each in triggered.items():
        if (each.site, each.kind) in OPENAI_FAULTS or each.kind is F.RATE_LIMITED:
            continue
        fault = CALL_FAULTS.get((actor.partition(" ")[0], site, each.kind))
        if fault is None or recordings > 1 or not _are_the_first([(actor, number)]):
            obstacles.append(f"{actor}, {site}, call {number}: {each.kind}")
        else:
            faults.append(fault)
    return list(dict.fromkeys(faults)), obstacles


def _window(outage: Outage) -> str:
    if outage.port in _WITHOUT_WINDOW:
        return ""
    after = f", after=seconds({_seconds(outage.begins_ms)})" if outage.begins_ms else ""
    return f".during(lasting=seconds({_seconds(outage.ends_ms - outage.begins_ms)}){after})"


def _seconds(ms: int) -> int:
    return max(1, -(-ms // SECOND_MS)) if ms else 0


def _openai_calls(
    triggered: Mapping[CallName, TriggeredFault],
) -> dict[tuple[SiteName, FaultKind], list[tuple[str, int]]]:
    calls: dict[tuple[SiteName, FaultKind], list[tuple[str, int]]] = {}
    for (actor, site, number), each in triggered.items():
        if (site, each.kind) in OPENAI_FAULTS or each.kind is F.RATE_LIMITED:
            calls.setdefault((site, each.kind), []).append((actor, number))
    return calls


def _are_the_first(calls: list[tuple[str, int]]) -> bool:
    """Whether these are the first calls of their kind: 1, 2, … of each receive of the first message, from the first."""
    receives: dict[int, list[int]] = {}
    for actor, number in calls:
        found = _ACTOR.fullmatch(actor)
        if found is None or not re.fullmatch(r"[A-Z]?", found["message"] or ""):
            return False
        receives.setdefault(int(found["receive"] or 1), []).append(number)
    in_order = sorted(receives) == list(range(1, len(receives) + 1))
    return in_order and all(sorted(each) == list(range(1, len(each) + 1)) for each in receives.values())
